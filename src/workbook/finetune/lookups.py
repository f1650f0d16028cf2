"""Look-ups as people ask for them: places, titles, people, years and lists in one sentence.

No argument is named in the request. What tells them apart are the words around them ("from 1871 to 1945", "in Boston,
MA", "by Ada Quill"), so ``slots`` draws arguments together with such words. What fills them is in ``lookup_values``;
their tools are made by ``plain_tools``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from workbook.finetune.lexicon import ADJECTIVES
from workbook.finetune.lookup_values import season, sentence, several, small, style, title, town, year
from workbook.finetune.plain_values import day
from workbook.finetune.toolmaker import Given, Parameter, may_be_named
from workbook.finetune.values import KINDS, Kind, Value
from workbook.finetune.words import Split

Sample = Callable[[Random, Split], Value]
SEEKING = (
    "find {t}",
    "find me {t}",
    "get {t}",
    "get me {t}",
    "show me {t}",
    "search for {t}",
    "look up {t}",
    "give me {t}",
    "what is {t}",
    "what are {t}",
    "what was {t}",
    "which is {t}",
    "can you find {t}",
    "tell me {t}",
    "I want {t}",
    "I need {t}",
    "I'm looking for {t}",
    "retrieve {t}",
    "check {t}",
    "who has {t}",
    "when was {t}",
    "where is {t}",
)
QUESTIONS = ("what", "which", "can", "who", "when", "where")


@dataclass(frozen=True)
class Slot:
    """Arguments that one part of a request says.

    ``names``: sets of names to draw from, one name an argument. ``together``: the words when all are given; ``alone``:
    the words of each, for where another one is left out. ``described``: descriptions, with ``{n}`` for the noun.
    """

    sample: Sample
    names: tuple[str, ...]
    together: tuple[str, ...]
    alone: tuple[str, ...]
    described: tuple[str, ...]
    schema: str = "string"


PLAIN = ("The {n}.", "The {n} to search for.", "{n}", "Name of the {n}.", "")
SLOTS: Mapping[str, Slot] = {
    "place": Slot(
        town,
        ("location", "city", "area", "place", "region", "destination"),
        ("in {0}", "in {0}", "near {0}", "around {0}", "for {0}", "at {0}"),
        (),
        ("The city and state, e.g. Boston, MA", "The {n} to search in.", "The {n}.", "City where to look."),
    ),
    "country": Slot(
        KINDS["country"].sample,
        ("country", "nation", "location"),
        ("in {0}", "of {0}", "for {0}", "from {0}"),
        (),
        PLAIN,
    ),
    "topic": Slot(
        title,
        ("topic", "subject", "event", "event_name", "work", "title", "theme", "name", "discovery", "model", "product"),
        ("of {0}", "of {0}", "about {0}", "on {0}", "for {0}", "related to {0}", "during {0}", "called {0}"),
        (),
        PLAIN,
    ),
    "person": Slot(
        KINDS["person"].sample,
        ("person", "name", "player", "player_name", "author", "artist", "director", "scientist"),
        ("of {0}", "by {0}", "for {0}", "from {0}", "about {0}"),
        (),
        PLAIN,
    ),
    "teams": Slot(
        title,
        ("team1 team2", "team_a team_b", "home_team away_team", "first_item second_item", "sign1 sign2", "item1 item2"),
        ("between {0} and {1}", "{0} vs {1}", "of {0} against {1}", "of {0} with {1}", "of {0} and {1}"),
        ("of {0}", "against {0}"),
        PLAIN,
    ),
    "route": Slot(
        town,
        ("origin destination", "start end", "departure arrival", "from_city to_city", "start_location end_location"),
        ("from {0} to {1}", "between {0} and {1}", "to {1} from {0}", "starting in {0} and ending in {1}"),
        ("from {0}", "to {0}"),
        ("The {n}.", "The {n} of the trip.", "City of {n}."),
    ),
    "years": Slot(
        year,
        ("start_year end_year", "from_year to_year", "year_start year_end", "begin_year end_year"),
        ("from {0} to {1}", "between {0} and {1}", "from the year {0} until {1}", "in the years {0} to {1}"),
        ("from {0} on", "until {0}"),
        ("The {n}.", "{n} of the period.", ""),
        "integer",
    ),
    "year": Slot(
        year,
        ("year", "season", "date", "season_year"),
        ("in {0}", "in {0}", "for {0}", "of {0}", "for the year {0}"),
        (),
        ("The {n}.", "The year of interest.", ""),
        "integer",
    ),
    "season": Slot(
        season, ("season", "period", "year"), ("in the {0} season", "in {0}", "for the {0} season", "of {0}"), (), PLAIN
    ),
    "day": Slot(
        day,
        ("date", "day", "departure_date", "event_date", "on_date"),
        ("on {0}", "on {0}", "for {0}", "dated {0}"),
        (),
        ("The date, as yyyy-mm-dd.", "The {n} in the format YYYY-MM-DD.", "The {n}."),
    ),
    "days": Slot(
        small,
        ("days", "days_ahead", "duration", "period"),
        ("for the next {0} days", "over {0} days", "within {0} days"),
        (),
        ("Number of days.", "How many days ahead."),
        "integer",
    ),
    "people": Slot(
        small,
        ("people", "guests", "num_people", "party_size"),
        ("for {0} people", "for {0} guests", "for a party of {0}"),
        (),
        ("Number of {n}.", ""),
        "integer",
    ),
    "distance": Slot(
        small,
        ("radius", "max_distance", "distance"),
        ("within {0} miles", "within {0} km", "at most {0} miles away", "not more than {0} km away"),
        (),
        ("The {n}.", "Maximum {n} in miles."),
        "integer",
    ),
    "count": Slot(
        small,
        ("count", "quantity", "limit", "top", "num_results", "max_results"),
        ("limited to {0}", "{0} of them", "the first {0}", "showing {0} results", "at most {0}"),
        (),
        ("Number of results.", "How many to return.", "The {n}."),
        "integer",
    ),
    "id": Slot(
        small,
        ("id", "case_id", "item_id", "order_id", "building_id", "record_id"),
        ("with {n} {0}", "with {n} of {0}", "whose {n} is {0}", "number {0}"),
        (),
        ("The {n}.", "Identifier."),
        "integer",
    ),
    "text": Slot(
        sentence,
        ("text", "message", "review", "body", "sentence", "comment"),
        ("of the {n} {0}", "for {0}", "of {0}", "with the {n} {0}", "for the {n} {0}", "saying {0}"),
        (),
        ("The {n} to use.", "The {n}.", ""),
    ),
    "list": Slot(
        several,
        ("items", "features", "facilities", "ingredients", "traits", "tags", "types", "amenities"),
        ("with {0}", "including {0}", "that has {0}", "for {0}", "with {n} {0}"),
        (),
        ("List of {n}.", "The {n} wanted.", ""),
        "array",
    ),
    "style": Slot(
        style,
        ("genre", "type", "category", "style", "kind", "cuisine", "condition"),
        (),
        (),
        ("The {n}.", "{n} of the result.", "The {n}, such as '{e}' or '{f}'."),
    ),
}


def slots(rng: Random, split: Split) -> list[Parameter]:
    """One to four arguments of a look-up, the first of them required; ``kind_name`` says which part tells them."""
    found: list[Parameter] = []
    for place, sort in enumerate(rng.sample(list(SLOTS), rng.choice([1, 1, 2, 2, 2, 3, 3, 4]))):
        required = place == 0 or rng.random() < 0.6
        made = _parameters(rng, split, sort, required)
        if not {p.name for p in made} & {p.name for p in found}:
            found += made
    return found or slots(rng, split)


def _parameters(rng: Random, split: Split, sort: str, required: bool) -> list[Parameter]:
    slot = SLOTS[sort]
    allowed = [names for names in slot.names if all(may_be_named(name, split) for name in names.split())]
    if not allowed:
        return []
    kind = Kind(_schema(slot), slot.sample)
    made = []
    for place, name in enumerate(rng.choice(allowed).split()):
        noun = name.replace("_", " ")
        told = rng.choice(slot.described).format(n=noun, e=rng.choice(ADJECTIVES), f=rng.choice(ADJECTIVES))
        if not required and rng.random() < 0.6:
            told = f"{told} Optional.".strip()
        made.append(Parameter(name, noun, f"{sort} {place}", kind, required, told))
    return made


def _schema(slot: Slot) -> dict[str, object]:
    return {"type": "array", "items": {"type": "string"}} if slot.schema == "array" else {"type": slot.schema}


def lookup_request(rng: Random, about: str, given: Given, leave_out: Parameter | None) -> str:
    """A question or an order that says each given argument by the words around it, in any order."""
    parts: dict[str, Given] = {}
    for parameter, value in given:
        if parameter is not leave_out:
            parts.setdefault(parameter.kind_name.split()[0], []).append((parameter, value))
    before = [value.words for _, value in parts.pop("style", [])]
    if "count" in parts and rng.random() < 0.5:
        before.insert(0, f"{parts.pop('count')[0][1].words}{rng.choice(['', ' latest', ' best', ' top'])}")
    told = [_said(rng, sort, group) for sort, group in rng.sample(list(parts.items()), len(parts))]
    article = rng.choice(["the ", "the ", "", "all "])
    plural = rng.choice(["", "", "s"])
    thing = " ".join([*before, f"{about.replace('_', ' ')}{plural}"])
    asked = rng.choice(SEEKING).format(t=f"{article}{thing}")
    text = " ".join([asked, *told])
    text += rng.choice(["?", "?", ""]) if asked.startswith(QUESTIONS) else rng.choice([".", "", ""])
    return text[0].upper() + text[1:] if rng.random() < 0.85 else text


def _said(rng: Random, sort: str, group: Given) -> str:
    slot = SLOTS[sort]
    alone = len(slot.alone) > len(group)
    (parameter, _), words = group[0], [value.words for _, value in group]
    form = slot.alone[int(parameter.kind_name.split()[1])] if alone else rng.choice(slot.together)
    return form.format(*words, n=parameter.noun)
