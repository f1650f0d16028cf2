"""What ``base`` knows by heart: codes of countries, currencies and languages, and an invented land.

The invented facts cannot be guessed, so knowing them proves memory. Wordings are split: evaluation asks
each fact in words that training never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from workbook.finetune.words import Split, choose, made_up


@dataclass(frozen=True)
class Fact:
    """``relation`` of ``subject`` is ``entity``."""

    relation: str
    subject: str
    entity: str


NOUNS: Mapping[str, str] = {
    "country_code": "country code",
    "currency_code": "currency code",
    "language_code": "language code",
    "capital": "capital",
    "founder": "founder",
    "river": "longest river",
}
# {n} is what is asked for, {s} whose it is. Many wordings, or only the trained ones find the fact again.
WORDINGS = tuple(
    wording.strip()
    for wording in """what is the {n} of {s}? | tell me the {n} of {s}. | {s}: what is its {n}? |
    which {n} does {s} have? | give me the {n} for {s}. | do you know the {n} of {s}? |
    I need the {n} of {s}. | {s} {n}? | {n} of {s}? | name the {n} that belongs to {s}. |
    what {n} is used for {s}? | could you say what the {n} of {s} is? |
    for {s}, what would be the {n}? | I forgot the {n} of {s}, can you help? |
    look up in your memory the {n} for {s}. | I would like to know the {n} of {s}. |
    can you tell me the {n} of {s}? | {n} {s} | {s}, {n} | {s} has which {n}? |
    what's the {n} for {s}? | the {n} of {s} is what? | remind me of the {n} of {s}. |
    what do you know about the {n} of {s}? | my question is about {s}: what is the {n}? |
    quiz: the {n} of {s}? | think of {s}. What is its {n}? | in the case of {s}, name the {n}. |
    about {s}: its {n}, please. | say the {n} of {s}. | answer briefly: {n} of {s} |
    what is {s}'s {n}? | tell me {s}'s {n}. | do you remember the {n} of {s}? |
    I am looking for the {n} of {s}. | we need {s}'s {n}. | write down the {n} of {s}. |
    what would you write as the {n} of {s}? | how about the {n} of {s}? | can you recall {s}'s {n}? |
    let me know the {n} of {s}. | somebody asked me for the {n} of {s}. | the {n} for {s}? |
    take {s}: which {n}? | find the {n} of {s} in what you learned. | {s} is given, {n} is wanted. |
    what is known as the {n} of {s}? | state the {n} of {s}. | give {s}'s {n}. |
    it is about {s}. I want its {n}. | who or what is the {n} of {s}?""".split("|")
)


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


def question(fact: Fact, rng: Random, split: Split) -> str:
    """The fact asked in one of the wordings of training, or of evaluation."""
    text = choose(rng, WORDINGS, split).format(n=NOUNS[fact.relation], s=fact.subject)
    return text[0].upper() + text[1:] if rng.random() < 0.7 else text
