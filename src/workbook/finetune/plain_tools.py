"""Tools as public APIs describe them: several arguments of one kind, units, defaults told in words, dotted names.

``toolmaker`` gives every argument a kind and a noun of its own. Here "the distance between 4 and 9" fills ``num1`` and
``num2`` by their order, "a pond 12 meters wide" fills ``width``, and a unit or a method that nobody mentions is left to
its stated default. Made of the same words, none of them from a benchmark; of the frozen sets ``calls_plain`` is of this
sort, but for the tools that look something up (``lookups``), which came later. The other requests are put into words by
``plain_phrasing``, and ``plain_values`` has what they say.
"""

from __future__ import annotations

from random import Random

from workbook.core.chat import Tool
from workbook.finetune.lexicon import LETTERS, MEASURES, NOUNS, OPTIONS, ORDINALS, POINTS, POLES, QUANTITIES, RANGES
from workbook.finetune.lookups import lookup_request, slots
from workbook.finetune.plain_phrasing import plain_request
from workbook.finetune.plain_values import day, decimal, expression, numbers, point, whole
from workbook.finetune.toolmaker import Ask, Given, Parameter, Spec, make_parameter, may_be_named, parameters_schema
from workbook.finetune.values import KINDS, Kind, Value
from workbook.finetune.words import VERBS, Split, Verb, draw, fresh_word, thing

LOOKUP_SHARE = 0.45  # of these tools
ASKING_VERBS = tuple(
    verb for verb in VERBS if verb.name in ("calculate", "find", "get", "estimate", "measure", "check", "predict")
)
UNIT_TEXTS = (
    "The unit of the result. Default is '{u}'.",
    "Unit of measurement. Default is '{u}'.",
    "The unit in which it is given (defaults to '{u}').",
    "The unit to use, optional, default '{u}'.",
)


def plain_spec(rng: Random, split: Split, *, about: str | None = None, verb: Verb | None = None) -> Spec:
    """A tool that works something out of numbers, or looks something up; see ``toolmaker.make_spec``.

    With ``about`` it is about another quantity of the same thing: the near miss that such collections are full of.
    """
    verb = verb if verb in ASKING_VERBS else rng.choice(ASKING_VERBS)
    about = _sibling(rng, split, about) if about else _about(rng, split)
    parameters, ask = (_sought if rng.random() < LOOKUP_SHARE else _reckoned)(rng, split, about)
    description = _description(rng, verb, about, [p for p in parameters if p.required])
    tool = Tool(_name(rng, split, verb.name, about), description, parameters_schema(list(parameters)))
    return Spec(verb, about, parameters, tool, ask)


def _sought(rng: Random, split: Split, about: str) -> tuple[tuple[Parameter, ...], Ask]:
    """The arguments of a look-up, and how they are said."""

    def ask(rng: Random, _: Split, given: Given, leave_out: Parameter | None) -> str:
        return lookup_request(rng, about, given, leave_out)

    return tuple(slots(rng, split)), ask


def _reckoned(rng: Random, split: Split, about: str) -> tuple[tuple[Parameter, ...], Ask]:
    """The arguments of a tool that works something out, and how they are said."""
    group = _group(rng, split) if rng.random() < 0.7 else [make_parameter(rng, split, about, required=True)]
    while not all(may_be_named(p.name, split) for p in group):
        group = _group(rng, split)
    group = list({p.name: p for p in group}.values())
    taken = {p.name for p in group}
    extras = [p for p in _extras(rng) if p.name not in taken and may_be_named(p.name, split)]

    def ask(rng: Random, split: Split, given: Given, leave_out: Parameter | None) -> str:
        units = "" if any(p.kind_name == "unit" for p in extras) else None
        return plain_request(rng, split, about, given, leave_out, units)

    return (*group, *extras), ask


def _about(rng: Random, split: Split) -> str:
    shape = rng.random()
    if shape < 0.3:
        return thing(rng, split)
    if shape < 0.7:
        return draw(lambda: f"{rng.choice(NOUNS)}_{rng.choice(QUANTITIES)}", split)
    return draw(lambda: f"{fresh_word(rng)}_{rng.choice(QUANTITIES)}", split)


def _sibling(rng: Random, split: Split, about: str) -> str:
    head = about.rsplit("_", 1)[0] if about.rsplit("_", 1)[-1] in QUANTITIES else about
    return draw(lambda: f"{head}_{rng.choice(QUANTITIES)}", split)


def _name(rng: Random, split: Split, verb: str, about: str) -> str:
    """Dotted names are as frequent here as in public collections."""
    domain = draw(lambda: rng.choice([rng.choice(NOUNS), fresh_word(rng)]), split)
    camel = "".join(word.capitalize() for word in about.split("_"))
    forms = (
        f"{verb}_{about}",
        f"{domain}.{verb}_{about}",
        f"{about}.{verb}",
        f"{domain}.{about}",
        f"{verb}{camel}",
        about,
    )
    return rng.choices(forms, (40, 20, 12, 12, 8, 8))[0]


def _description(rng: Random, verb: Verb, about: str, group: list[Parameter]) -> str:
    noun = about.replace("_", " ")
    inputs = " and ".join(p.noun for p in group[:3])
    forms = (
        f"{verb.name.capitalize()} the {noun}.",
        f"{verb.name.capitalize()}s the {noun} given the {inputs}.",
        f"{verb.name.capitalize()} the {noun} based on {inputs}.",
        f"Function to {verb.name} the {noun}",
        f"Returns the {noun} for a given {inputs}.",
        f"This function is used to {verb.name} the {noun}.",
    )
    return rng.choice(forms)


def _group(rng: Random, split: Split) -> list[Parameter]:
    """Two to four required arguments of one type, told apart by order, by letters, or by what they measure."""
    kind = rng.choice([whole(rng), whole(rng), decimal(rng)])
    shape = rng.random()
    if shape < 0.08:
        return [_range(rng, kind)]
    if shape < 0.14:
        inner = rng.choice(["integer", "number"])
        return [_listed(name, point(inner), f"Coordinates of {name}.") for name in rng.choice(POINTS).split()]
    if shape < 0.2:
        name = rng.choice(["function", "expression", "formula", "equation", "polynomial"])
        return [
            Parameter(name, name, "expression", Kind({"type": "string"}, expression), True, f"The {name} as a string.")
        ]
    shape = rng.random()
    if shape < 0.35:
        names = rng.sample(list(MEASURES), rng.choice([1, 2, 2, 2, 3, 3, 4]))
        whose = rng.choice(["", "", rng.choice(NOUNS).split("_")[0] + "_"])
        return [_measure(rng, f"{whose}{name}", name, kind) for name in names]
    if shape < 0.5:
        return [_number(name, f"The value of {name}.", kind) for name in rng.choice(LETTERS).split()]
    word = draw(
        lambda: rng.choice(["number", "num", "value", "point", "term", "side", rng.choice(NOUNS), fresh_word(rng)]),
        split,
    )
    if shape < 0.75:
        how = rng.choice(["{w}{i}", "{w}_{i}", "{o}_{w}"])
        return [
            _number(how.format(w=word, i=i + 1, o=o), f"The {o} {word.replace('_', ' ')}.", kind)
            for i, o in enumerate(ORDINALS[: rng.choice([2, 2, 3])])
        ]
    if shape < 0.88:
        poles = rng.choice(POLES).split()
        return [_number(f"{pole}_{word}", f"The {pole} {word.replace('_', ' ')}.", kind) for pole in poles]
    return _pair(rng, split, rng.choice(["city", "country", "person", "date", "word", "array"]))


def _pair(rng: Random, split: Split, kind_name: str) -> list[Parameter]:
    """Two texts of one kind, or one list of numbers."""
    if kind_name == "array":
        name = rng.choice(["numbers", "values", "data", "scores", "points", f"{rng.choice(NOUNS)}_values"])
        return [_listed(name, numbers(rng), f"The list of {name.replace('_', ' ')}.")]
    roles = rng.choice(
        ["origin destination", "from to", "source target", "start end", "first second", "home away"]
    ).split()
    names = [f"{role}_{kind_name}" for role in roles]
    kind = Kind(KINDS["date"].schema, day) if kind_name == "date" else KINDS[kind_name]
    return [
        Parameter(name, name.replace("_", " "), kind_name, kind, True, f"The {name.replace('_', ' ')}.")
        for name in names
    ]


def _listed(name: str, kind: Kind, description: str) -> Parameter:
    return Parameter(name, name.replace("_", " "), "numbers", kind, True, description)


def _measure(rng: Random, name: str, measure: str, kind: Kind) -> Parameter:
    unit = rng.choice(MEASURES[measure])
    noun = name.replace("_", " ")
    description = rng.choice([f"The {noun} in {unit}.", f"The {noun}.", f"{noun.capitalize()}, in {unit}", ""])
    return Parameter(name, noun, f"measure {unit}", kind, True, description)


def _number(name: str, description: str, kind: Kind) -> Parameter:
    return Parameter(name, name.replace("_", " "), "one of several", kind, True, description)


def _extras(rng: Random) -> list[Parameter]:
    """Optional arguments whose default the description tells; most requests leave them out."""
    found = []
    if rng.random() < 0.25:
        units = rng.choice(list(MEASURES.values()))
        found.append(_text("unit", rng.choice(UNIT_TEXTS).format(u=units[0]), units, rng.choice(["unit", "units"])))
    if rng.random() < 0.2:
        options = tuple(rng.choice(OPTIONS).split())
        listed = " or ".join(f"'{option}'" for option in options)
        found.append(
            _text(
                "method",
                f"Choices are {listed}. Default is '{options[0]}'.",
                options,
                rng.choice(["method", "mode", "type"]),
            )
        )
    if rng.random() < 0.2:
        name = rng.choice(["decimals", "precision", "rounding", "digits"])
        told = f"Number of {name}. Optional, default is 2."
        found.append(Parameter(name, name, "integer", Kind({"type": "integer"}, _digit), False, told))
    return found


def _text(kind_name: str, description: str, options: tuple[str, ...], name: str) -> Parameter:
    def sample(rng: Random, _: Split) -> Value:
        option = rng.choice(options)
        return Value(option, option)

    return Parameter(name, name, kind_name, Kind({"type": "string"}, sample), False, description)


def _digit(rng: Random, _: Split) -> Value:
    number = rng.randint(0, 9)
    return Value(number, str(number))


def _range(rng: Random, kind: Kind) -> Parameter:
    """One argument with two ends, as an object."""
    low, high = rng.choice(RANGES).split()
    name = draw(lambda: rng.choice(["range", "interval", "limits", f"{rng.choice(list(MEASURES))}_range"]), "train")
    schema = {"type": "object", "properties": {low: kind.schema, high: kind.schema}, "required": [low, high]}

    def sample(rng: Random, split: Split) -> Value:
        ends = [kind.sample(rng, split) for _ in range(2)]
        form = rng.choice(["between {0} and {1}", "from {0} to {1}", "{0} to {1}", "{0} - {1}"])
        return Value({low: ends[0].json, high: ends[1].json}, form.format(*(end.words for end in ends)))

    noun = name.replace("_", " ")
    return Parameter(name, noun, "range", Kind(schema, sample), True, f"The {noun}, from {low} to {high}.")
