"""Argument values and how people say them.

A :class:`Kind` draws a JSON value, says it in words, and writes its JSON Schema. Entities come
from Faker and pycountry, the rest is made up. Every value can be read off the words: a
value that a model could only guess would teach guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from workbook.finetune.lexicon import ADJECTIVES, CHOICES, NOUNS
from workbook.finetune.words import Split, choose, draw, fresh_word

MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True)
class Value:
    """A JSON value and the words that say it."""

    json: Any
    words: str


@dataclass(frozen=True)
class Kind:
    """One sort of argument: its schema and a sampler of values that fit it."""

    schema: Mapping[str, Any]
    sample: Callable[[Random, Split], Value]


@cache
def entities(name: str) -> tuple[str, ...]:
    """A pool of real-looking entities from Faker (drawn once, fixed seed) or pycountry."""
    if name == "country":
        import pycountry

        return tuple(sorted(c.name for c in pycountry.countries if "," not in c.name and "(" not in c.name))
    from faker import Faker

    fake = Faker(["en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT"])
    fake.seed_instance(76)
    makers = {
        "person": lambda: f"{fake.first_name()} {fake.last_name()}",
        "first_name": fake.first_name,
        "city": fake.city,
        "company": lambda: fake.company().replace('"', ""),
        "street": fake.street_name,
        "job": fake.job,
        "domain": fake.domain_name,
    }
    return tuple(sorted({makers[name]() for _ in range(1500)}))


def _same(text: str) -> Value:
    return Value(text, text)


def _entity(name: str) -> Callable[[Random, Split], Value]:
    def sample(rng: Random, split: Split) -> Value:
        if rng.random() < 0.35:
            return _same(draw(lambda: fresh_word(rng).capitalize(), split))
        return _same(choose(rng, entities(name), split))

    return sample


def _text(make: Callable[[Random], str]) -> Callable[[Random, Split], Value]:
    return lambda rng, split: _same(draw(lambda: make(rng), split))


def _digits(rng: Random, low: int, high: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(rng.randint(low, high)))


def _code(rng: Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return rng.choice([f"{letters}-{_digits(rng, 3, 5)}", f"{letters}{_digits(rng, 3, 6)}", _digits(rng, 5, 8)])


def _phrase(rng: Random) -> str:
    words = [
        rng.choice([rng.choice(NOUNS).replace("_", " "), fresh_word(rng), rng.choice(ADJECTIVES)]) for _ in range(4)
    ]
    return " ".join(words[: rng.randint(2, 4)])


def _quoted(rng: Random, split: Split) -> Value:
    text = draw(lambda: _phrase(rng), split)
    quote = rng.choice(['"{}"', '"{}"', "'{}'", "{}"])
    return Value(text, quote.format(text))


def _email(rng: Random) -> str:
    return f"{fresh_word(rng)}@{rng.choice([fresh_word(rng) + '.com', fresh_word(rng) + '.org', 'mail.net'])}"


def _path(rng: Random) -> str:
    return f"{fresh_word(rng)}/{rng.choice(NOUNS)}.{rng.choice(['txt', 'csv', 'pdf', 'png', 'md'])}"


def _date(rng: Random, split: Split) -> Value:
    day = draw(lambda: date(2020, 1, 1) + timedelta(days=rng.randrange(3650)), split)
    spoken = [day.isoformat()] * 3 + [f"{day.day} {MONTHS[day.month - 1]} {day.year}"]
    return Value(day.isoformat(), rng.choice(spoken))


def _integer(rng: Random, split: Split) -> Value:
    top = rng.choice([20, 100, 1000, 100_000])
    number = draw(lambda: rng.randint(1, top), split)
    return Value(number, str(number))


def _number(rng: Random, split: Split) -> Value:
    text = draw(lambda: f"{rng.randint(0, 500)}.{rng.randint(1, 99)}".rstrip("0"), split)
    return Value(float(text), text)


STRING: Mapping[str, Any] = {"type": "string"}
KINDS: dict[str, Kind] = {
    **{
        name: Kind(STRING, _entity(name))
        for name in ("person", "first_name", "city", "company", "street", "job", "country")
    },
    "code": Kind(STRING, _text(_code)),
    "word": Kind(STRING, _text(lambda rng: fresh_word(rng))),
    "noun": Kind(STRING, _text(lambda rng: f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS).replace('_', ' ')}")),
    "phrase": Kind(STRING, _quoted),
    "username": Kind(
        STRING, _text(lambda rng: f"{fresh_word(rng)}{rng.choice(['', '_', '.'])}{_digits(rng, 0, 3)}".rstrip("_."))
    ),
    "email": Kind({"type": "string", "format": "email"}, _text(_email)),
    "path": Kind(STRING, _text(_path)),
    "url": Kind(
        {"type": "string", "format": "uri"}, _text(lambda rng: f"https://{fresh_word(rng)}.com/{fresh_word(rng)}")
    ),
    "date": Kind({"type": "string", "format": "date"}, _date),
    "time": Kind(STRING, _text(lambda rng: f"{rng.randrange(24):02d}:{rng.randrange(60):02d}")),
    "integer": Kind({"type": "integer"}, _integer),
    "number": Kind({"type": "number"}, _number),
}


def enum_kind(rng: Random, split: Split) -> Kind:
    """A choice among two to five words; half of the sets are made up."""
    if rng.random() < 0.5:
        options = choose(rng, CHOICES, split).split("|")
    else:
        options = [draw(lambda: fresh_word(rng), split) for _ in range(rng.randint(2, 5))]

    def sample(rng: Random, split: Split) -> Value:
        picked = rng.choice(options)
        return Value(picked, picked.replace("_", " ") if rng.random() < 0.3 else picked)

    return Kind({"type": "string", "enum": options}, sample)


def array_kind(name: str) -> Kind:
    """One to three values of the kind ``name``."""
    inner = KINDS[name]

    def sample(rng: Random, split: Split) -> Value:
        items = [inner.sample(rng, split) for _ in range(rng.randint(1, 3))]
        words = [item.words for item in items]
        spoken = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
        return Value([item.json for item in items], spoken)

    return Kind({"type": "array", "items": dict(inner.schema)}, sample)


def object_kind(fields: Mapping[str, str]) -> Kind:
    """An object whose fields (name to kind) are all required."""
    properties = {name: dict(KINDS[kind].schema) for name, kind in fields.items()}

    def sample(rng: Random, split: Split) -> Value:
        values = {name: KINDS[kind].sample(rng, split) for name, kind in fields.items()}
        spoken = ", ".join(f"{name.replace('_', ' ')} {value.words}" for name, value in values.items())
        return Value({name: value.json for name, value in values.items()}, f"({spoken})")

    return Kind({"type": "object", "properties": properties, "required": list(properties)}, sample)
