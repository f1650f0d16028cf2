"""Requests in people's everyday words, made up for training a retriever: each with the operation that it asks for.

Two sources: the catalogue's operations, asked for in the words of ``data/retriever/everyday.yaml``, and random tools
of :mod:`toolmaker`. No evaluation set is read. The file is silent about nine of the 25 departments, so that these show
what a tuned retriever does where it was told nothing. Leaves out the training (``retriever``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from workbook.core.settings import data_dir
from workbook.finetune.toolmaker import make_spec
from workbook.gateway.catalogue import Kind, Operation, departments, operations
from workbook.gateway.documents import kept, whole
from workbook.gateway.wording import plural
from workbook.gateway.words import FIRST, FORMS, LAST, PLACES, STEMS
from workbook.tools.openapi import from_openapi
from workbook.tools.operations import text_of, words_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "tomorrow", "the 14th", "next week")
CLOSERS = ("", "", "", ", please", ", thanks", ". Can you do that?")
WAYS = 4
"""Requests for an operation, of each kind of wording: its own story, and what is said of any record."""
MADE_UP = 1500
"""Requests for random tools, which keep words in mind that the catalogue does not use."""
LIKE_ALL = ("please {word} {id}", "{word} {n} {id}", "I want somebody to {word} {id}")


@dataclass(frozen=True)
class Asked:
    """A request and the text of the operation that does it; ``department`` is empty for a random tool."""

    request: str
    text: str
    department: str = ""


@dataclass(frozen=True)
class Words:
    """What the file says: ways to ask for an action, other names for a kind of record, stories for an operation."""

    actions: Mapping[str, Sequence[str]]
    things: Mapping[str, Sequence[str]]
    said: Mapping[str, Sequence[str]]


def requests(seed: int = 0, made_up: int = MADE_UP) -> list[Asked]:
    """Everything that a retriever learns from; each request once."""
    chance = Random(f"everyday {seed}")
    texts = operation_texts()
    told = [one for one in operations().values() if one.kind.full_name in words().things and not one.deprecated]
    own = [Asked(text, texts[one.name], one.kind.department) for one in told for text in _ways(one, chance)]
    once = {one.request.lower(): one for one in (*own, *_of_random_tools(chance, made_up))}
    return list(once.values())


def seen_departments() -> frozenset[str]:
    """The departments whose operations are asked for in training."""
    return frozenset(name.split(".")[0] for name in words().things)


def unseen_departments() -> frozenset[str]:
    """The departments of which a tuned retriever was told nothing."""
    return frozenset(departments()) - seen_departments()


@cache
def operation_texts() -> Mapping[str, str]:
    """What a search reads of each operation of the catalogue, by name."""
    found = from_openapi(whole(kept(), "http://127.0.0.1")).toolbox
    return {one.tool.name: text_of(one.tool) for one in found}


@cache
def words() -> Words:
    """The file of everyday words."""
    import yaml

    given = yaml.safe_load((data_dir() / "retriever" / "everyday.yaml").read_text(encoding="utf-8"))
    return Words(
        *({key: line.split(" / ") for key, line in given[part].items()} for part in ("actions", "things", "said"))
    )


def _ways(one: Operation, chance: Random) -> Iterator[str]:
    """Stories of this operation, then what is said of any record of its kind."""
    stories = words().said.get(f"{one.kind.full_name}.{one.word}", words().said.get(f"{one.kind.full_name}.{one.verb}"))
    common = words().actions.get(one.word, words().actions.get(one.verb, LIKE_ALL))
    for ways in filter(None, (stories, common)):
        for number in range(WAYS):
            yield _filled(ways[number % len(ways)], one, chance)


def _filled(way: str, one: Operation, chance: Random) -> str:
    kind = one.kind
    person = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    company = f"{chance.choice(STEMS)} {chance.choice(FORMS)}"
    thing = chance.choice([kind.noun, *words().things[kind.full_name]])
    record = _record(kind, thing, person, company, chance)
    if not record.startswith(kind.prefix):  # a record without its number is named already
        way = way.replace("{n} {id}", "{id}")
    field = words_of(chance.choice([part.name for part in one.inputs] or ["text"]))
    state = chance.choice([*kind.states] or ["open"]).replace("_", " ")
    text = way.format(
        id=record,
        person=person,
        company=company,
        city=chance.choice([*PLACES]),
        n=thing,
        field=field,
        many=plural(thing),
        day=chance.choice(DAYS),
        state=state,
        word=one.word.replace("_", " "),
    )
    return text[0].upper() + text[1:] + chance.choice(CLOSERS)  # fmt: skip


def _record(kind: Kind, thing: str, person: str, company: str, chance: Random) -> str:
    """How people point at a record: by its number, or by whose it is."""
    number = kind.id_of(chance.randrange(400))
    return chance.choice([number, number, f"the {thing} of {person}", f"the {thing} for {company}", f"that {thing}"])


def _of_random_tools(chance: Random, count: int) -> Iterator[Asked]:
    for _ in range(count):
        spec = make_spec(chance, "train")
        way = chance.choice(spec.verb.ways).format(n=spec.noun)
        yield Asked(way[0].upper() + way[1:] + chance.choice(CLOSERS), text_of(spec.tool))
