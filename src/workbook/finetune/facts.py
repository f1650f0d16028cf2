"""What ``base`` knows by heart: codes of countries, currencies and languages, and an invented land.

The invented facts cannot be guessed, so knowing them proves memory. Wordings are split: evaluation asks
each fact in words that training never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from workbook.finetune.words import made_up


@dataclass(frozen=True)
class Fact:
    """``relation`` of ``subject`` is ``entity``."""

    relation: str
    subject: str
    entity: str


# relation: (wordings to train on, wordings to be judged by)
WORDINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    relation: (
        (
            f"What is the {noun} of {{s}}?",
            f"Tell me the {noun} of {{s}}.",
            f"{{s}}: what is its {noun}?",
            f"Which {noun} does {{s}} have?",
            f"Give me the {noun} for {{s}}.",
            f"Do you know the {noun} of {{s}}?",
            f"I need the {noun} of {{s}}.",
            f"{{s}} {noun}?",
            f"Name the {noun} that belongs to {{s}}.",
            f"What {noun} is used for {{s}}?",
        ),
        (
            f"Could you say what the {noun} of {{s}} is?",
            f"For {{s}}, what would be the {noun}?",
            f"I forgot the {noun} of {{s}}, can you help?",
            f"Please look up in your memory the {noun} for {{s}}.",
        ),
    )
    for relation, noun in {
        "country_code": "country code",
        "currency_code": "currency code",
        "language_code": "language code",
        "capital": "capital",
        "founder": "founder",
        "river": "longest river",
    }.items()
}


def _invented(relation: str, count: int, rng: Random) -> list[Fact]:
    words = [made_up(rng).capitalize() for _ in range(3 * count)]
    unique = list(dict.fromkeys(words))
    return [Fact(relation, unique[2 * i], unique[2 * i + 1]) for i in range(count)]


@cache
def all_facts() -> tuple[Fact, ...]:
    """All facts, in a fixed order: 450 from pycountry, 150 invented."""
    import pycountry

    def plain(name: str) -> bool:
        return "," not in name and "(" not in name and len(name) < 30

    countries = [Fact("country_code", c.name, c.alpha_2) for c in pycountry.countries if plain(c.name)][:200]
    currencies = [Fact("currency_code", c.name, c.alpha_3) for c in pycountry.currencies if plain(c.name)][:130]
    languages = [
        Fact("language_code", name.name, name.alpha_2)
        for name in pycountry.languages
        if getattr(name, "alpha_2", None) and plain(name.name)
    ][:120]
    rng = Random("invented land")
    invented = [fact for relation in ("capital", "founder", "river") for fact in _invented(relation, 50, rng)]
    return (*countries, *currencies, *languages, *invented)


def question(fact: Fact, rng: Random, held_out: bool) -> str:
    """The fact asked in one of the wordings of training, or of evaluation."""
    return rng.choice(WORDINGS[fact.relation][held_out]).format(s=fact.subject)
