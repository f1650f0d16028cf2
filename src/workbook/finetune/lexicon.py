"""The words that synthetic tools are made of: things, qualities, what a parameter can mean, what an enum can offer."""

from __future__ import annotations

from collections.abc import Mapping

NOUNS = tuple(
    """account address agenda aircraft alarm album alert apartment appointment article asset auction audit
    backup badge balance ballot bank_account basket battery benefit bicycle bill blog_post boat bond bookmark bottle
    branch bridge budget building bus business cabin cake calendar camera campaign canal car card cargo cart case
    castle catalog certificate chair channel charge chart chat cinema citation city_tour claim class claim_form
    clinic clock cloud_server club coin comment company complaint concert conference consultation contact container
    contest contract coupon course court crane credit crew crop cruise currency customer dashboard database deadline
    debt delivery deposit design desk device diet dinner discount dish disk doctor document domain donation door
    draft drill drone drug earthquake election elevator email employee engine equation essay event exam exchange_rate
    exhibition expense experiment factory farm fee ferry festival field file film fine firewall fitness_plan
    flight flower folder forecast forest form forum freight friend fuel fund furniture game garage garden gift
    glacier goal grade grant graph grocery group guest guide gym harvest heater highway hike hospital hotel house
    image incident index insurance interview inventory invoice island issue item job journal journey key kitchen
    label laboratory lake lamp land language lawyer lease lecture lesson letter library licence light loan locker
    log lottery luggage lunch machine magazine mail_list map market match meal medicine meeting member memory menu
    message meter migration milestone mine mission model module monitor mortgage motor mountain movie museum music
    network newsletter note novel nurse object offer office oil_price opera orchard outage package painting
    parcel park parking partner passport password patient payment pension permit phone photo phone_call pipeline
    planet plant playlist podcast poem policy poll pool portfolio position poster prescription price printer prize
    product profile program project promotion property proposal prototype puzzle quote race radio rain recipe record
    reminder rent repair report request reservation resort resource restaurant result ride ring river road robot
    room route salary sale sample satellite scene scholarship school score screen season seat seminar sensor
    server service session shape shelf shift ship shipment shop shuttle signal sketch song speaker species speech
    stadium stamp star station statue stock storage store storm story street student subscription subsidy
    subway supplier survey switch symphony system table talk target task tax taxi team telescope temperature
    tenant term test_run theater theme thermostat thread ticket tide timer timetable toll topic tour tournament
    tower track trade train training transaction transfer trial trip truck tunnel tutorial upgrade user vacation
    vaccine valve vault vehicle vendor venue video village visa visit voucher voyage wallet warehouse warranty
    watch water weather website wedding wind window wine workflow workout workshop yacht yard zone zoo""".split()
)

ADJECTIVES = tuple(
    """red blue green small large cold warm quiet fast slow bright dark heavy light fresh old young simple smart
    silver golden wooden plastic modern classic daily weekly urgent private public royal lucky gentle sharp
    soft round flat deep narrow wide early late main spare global local northern southern hidden open""".split()
)

# kind: names (a name after "=" is the noun that the description uses instead of the name's own words)
CONCEPTS: Mapping[str, str] = {
    "city": """city town location destination origin place departure_city=departure arrival_city=arrival
        city_name=city near""",
    "country": "country nation country_name=country region home_country market origin_country",
    "person": """name full_name=name customer customer_name=customer employee owner recipient guest author artist
        patient contact manager teacher driver tenant assignee reviewer sender speaker host organizer
        attendee member""",
    "first_name": "first_name nickname pet_name=pet player",
    "company": "company supplier vendor employer brand airline carrier bank sponsor manufacturer client",
    "street": "street address delivery_address=address pickup_point venue",
    "job": "job position role profession occupation",
    "code": """id order_id=order invoice_id=invoice user_id=user ticket_id=ticket account_id=account
        booking_id=booking product_code=product sku reference tracking_number serial_number
        flight_number=flight customer_id room_number=room postal_code=postcode licence_plate=plate
        device_id=device policy_number case_id=case""",
    "word": """tag label topic keyword category group project team channel server database table branch environment
        model codename alias ingredient species genre playlist key""",
    "noun": "item product title subject dish toy gift tool material course hobby theme",
    "phrase": """message text note comment query reason description body caption summary question feedback
        instructions content""",
    "username": "username login handle account_name=account user_name=username",
    "email": "email email_address=email to cc contact_email=email reply_to",
    "path": "path file filename folder source target output_file=output input_file=input attachment document",
    "url": "url link website webhook page homepage",
    "date": """date start_date=start end_date=end due_date=deadline check_in check_out departure_date=departure
        birthday day delivery_date=delivery expiry_date=expiry since until""",
    "time": """time start_time=start end_time=end pickup_time=pickup reminder_time=reminder opening_time
        closing_time""",
    "integer": """count quantity limit amount number_of_guests=guests seats nights days hours minutes page size age
        year rooms passengers copies priority_level=priority max_results=results timeout retries score port
        capacity distance floor""",
    "number": """price budget weight height width length temperature rate discount percentage latitude longitude
        speed threshold radius volume tip salary balance pressure""",
    "enum": """unit format size_class=size status color priority class sort_order=order mode type level season
        transport payment_method=payment language_level frequency visibility diet style quality direction
        fabric""",
    "boolean": """breakfast express insurance notifications gift_wrap=wrapping verbose recursive parking delivery
        public overwrite reminders wifi pets encryption backup tracking rounding newsletter dry_run""",
    "array": """tags items attendees cities names ingredients labels keywords files recipients ids colors guests
        products topics""",
    "object": "address customer location options passenger payment size range contact filter",
}

INNER: Mapping[str, Mapping[str, str]] = {
    "address": {"street": "street", "city": "city"},
    "customer": {"name": "person", "email": "email"},
    "location": {"city": "city", "country": "country"},
    "passenger": {"name": "person", "age": "integer"},
    "payment": {"amount": "number", "reference": "code"},
    "size": {"width": "integer", "height": "integer"},
    "range": {"from": "date", "to": "date"},
    "contact": {"name": "person", "username": "username"},
}

CHOICES = tuple(
    """low|normal|high;small|medium|large;draft|final|archived;red|green|blue;economy|business|first;
    celsius|fahrenheit|kelvin;metric|imperial;asc|desc;csv|json|xml;pdf|docx|txt;daily|weekly|monthly;
    open|closed|pending;public|private;standard|express|overnight;cash|card|transfer;email|sms|phone;
    vegan|vegetarian|meat;morning|afternoon|evening;left|right|center;north|south|east|west;
    beginner|intermediate|advanced;single|double|suite;new|used|refurbished;summary|full;
    debug|info|warning|error;light|dark|auto;spring|summer|autumn|winter;walking|driving|cycling|transit;
    km|miles;kg|lb;am|pm;indoor|outdoor;one_way|round_trip;full_time|part_time|contract;buy|sell|hold;
    linear|cubic|nearest;mean|median|mode;cotton|wool|silk|linen;hourly|yearly;percent|absolute;
    regular|premium|diesel;window|aisle|middle;gold|silver|bronze;mild|hot|extra_hot;staging|production|test;
    read|write|admin;square|circle|triangle;oak|pine|birch|maple;accepted|declined|tentative;
    manual|automatic|hybrid;major|minor|patch;adult|child|senior;solid|liquid|gas;ascending|descending""".replace(
        "\n", ""
    )
    .replace(" ", "")
    .split(";")
)

# What is asked for, beside the thing that it is of: "the depth of the canal".
QUANTITIES = tuple(
    """average balance capacity change cost count decay depth deviation difference distance dose duration energy
    error factor flow frequency gain growth heat index interest length level loss margin mean midpoint number offset
    output percentage power pressure product profit quota rank rate ratio return risk score share size slope speed
    spread sum surface tax time total traffic value variance volume wage weight width yield""".split()
)
# Measures that tell arguments apart by name, each with units that people say.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "width": ("meters", "m", "cm", "feet"),
    "length": ("meters", "m", "cm", "inches"),
    "height": ("meters", "cm", "m", "feet"),
    "depth": ("meters", "mm", "feet"),
    "radius": ("cm", "km", "units", "meters"),
    "mass": ("kg", "grams", "tons"),
    "speed": ("km/h", "m/s", "mph"),
    "time": ("seconds", "minutes", "hours"),
    "distance": ("km", "miles", "meters"),
    "temperature": ("degrees", "kelvin"),
    "price": ("dollars", "euros"),
    "budget": ("dollars", "euros", "pounds"),
    "rate": ("percent", "%"),
    "years": ("years",),
    "days": ("days",),
    "quantity": ("units", "pieces"),
    "voltage": ("volts", "V"),
    "power": ("watts", "kW"),
    "angle": ("degrees",),
    "volume": ("liters", "ml"),
}
# The same said without the measure's name; the unit tells which it is.
SPOKEN_MEASURES: Mapping[str, tuple[str, ...]] = {
    "width": ("{v} wide",),
    "length": ("{v} long",),
    "height": ("{v} tall", "{v} high"),
    "depth": ("{v} deep",),
    "mass": ("weighing {v}", "of {v}"),
    "speed": ("at {v}", "moving at {v}"),
    "time": ("for {v}", "in {v}", "during {v}"),
    "distance": ("over {v}", "{v} away"),
    "temperature": ("at {v}",),
    "price": ("at {v}", "costing {v}", "for {v}"),
    "budget": ("within {v}", "up to {v}"),
    "rate": ("at {v}",),
    "years": ("for {v}", "over {v}", "after {v}"),
    "days": ("for {v}", "within {v}"),
    "quantity": ("of {v}", "for {v}"),
    "voltage": ("at {v}",),
    "angle": ("at {v}",),
    "volume": ("holding {v}", "of {v}"),
}
POINTS = ("pointA pointB", "point_a point_b", "point1 point2", "start_point end_point", "coord1 coord2", "p1 p2")
RANGES = ("min max", "low high", "from to", "lower upper", "start end")
LETTERS = ("a b", "a b c", "x y", "x y z", "p q", "m n", "u v", "r s t", "n k", "h k", "x1 x2", "y1 y2 y3")
POLES = ("start end", "min max", "lower upper", "from to", "initial final", "first last", "old new", "begin finish")
ORDINALS = ("first", "second", "third")
OPTIONS = (
    "linear cubic spline",
    "fast exact",
    "simple compound",
    "short long",
    "table list",
    "mean median",
    "up down nearest",
    "daily monthly yearly",
    "summary full",
    "strict loose",
)

# Every single word of the lists above, for words and names that nobody has read before. A name that is held out is
# never trained on; the words in it must be, in other names, or the model could not write them.
WORDS = tuple(
    sorted(
        {
            word
            for entry in (*NOUNS, *ADJECTIVES, *" ".join(CONCEPTS.values()).replace("=", " ").split(), *CHOICES)
            for word in entry.replace("|", "_").split("_")
            if word.isalpha()
        }
    )
)
