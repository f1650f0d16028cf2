"""Obscure APIs: services that nobody has heard of, and the rows that three models learn from.

A service has an invented name, a thing and a few operations on it that share their parameters, so that words alone
often find the wrong one. Half of the services are *known* (their requests are trained on), half are *unseen*; a search
has both before it, among others. Wordings and values to be asked with are never those of training. Leaves out the
training (``sft``) and what the models make of it (``workbook.lab.obscure``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.core.settings import unknown
from workbook.finetune.checks import Funnel
from workbook.finetune.conversations import Example
from workbook.finetune.phrasing import request
from workbook.finetune.rows import Row
from workbook.finetune.toolmaker import Parameter, Spec, make_parameter
from workbook.finetune.words import VERBS, Split, Verb, alike, made_up, thing
from workbook.finetune.written import reserved
from workbook.suites.tasks import Task
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Bm25

if TYPE_CHECKING:
    from workbook.tools.embedding import Vectors

SERVICES = {"known": 4, "unseen": 4, "other": 8}
"""How many services of each kind the pool holds."""
OPERATIONS = 6
"""Operations of a service: one thing, so many verbs."""
SHOWN = 2
"""Documents in a prompt."""
WORDINGS = 32
"""Requests for each known operation that are trained on; the generalist gets as many rows, of as many services."""
PLAIN = ("word", "code", "noun", "person", "city", "integer", "number", "date", "email")
"""What a parameter may hold: a tiny model learns the short ones."""


@dataclass(frozen=True)
class World:
    """The pool of all operations, and those of it that are asked for."""

    known: tuple[Spec, ...]
    unseen: tuple[Spec, ...]
    pool: tuple[Tool, ...]


@cache
def world(seed: int = 0) -> World:
    """The services of the shipped adapters, for ``seed=0``."""
    rng = Random(f"obscure {seed}")
    things: set[str] = set()
    specs = {kind: tuple(_services(rng, count, things)) for kind, count in SERVICES.items()}
    pool = [spec.tool for made in specs.values() for spec in made]
    return World(specs["known"], specs["unseen"], tuple(rng.sample(pool, len(pool))))


def tasks(specs: Sequence[Spec], count: int, seed: int = 0) -> list[Task]:
    """``count`` requests, services and operations in turn, in wordings and with values that no training row has."""
    each = -(-count // len(specs))
    made = [_requests(spec, "held_out", each, seed) for spec in specs]
    turns = sorted(
        (number, place % OPERATIONS, place) for place, found in enumerate(made) for number in range(len(found))
    )
    return [_task(specs[place], number, made[place][number]) for number, _, place in turns][:count]


def rows(learner: str, wordings: int = WORDINGS, seed: int = 0) -> list[Row]:
    """What the adapter of that name learned from: as many rows for each of them."""
    if learner not in LEARNERS:
        raise unknown("learner", learner, LEARNERS)
    funnel = Funnel(reserved())
    examples = list(LEARNERS[learner](world(), wordings, seed, funnel))
    Random(seed).shuffle(examples)
    return [_row(example) for example in examples]


def found_first(tools: Sequence[Tool], requests: Sequence[str], k: int = SHOWN) -> list[tuple[Tool, ...]]:
    """What BM25 returns for each request, best first."""
    named = {tool.name: tool for tool in tools}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        registry = Registry(folder, _Blind())
        registry.put("pool", [Operation(tool, "pool") for tool in tools])
        return [tuple(named[hit.name] for hit in hits) for hits in Bm25(registry).search(requests, k)]


class _Blind:
    """An encoder for a search by words alone: a registry wants vectors, and nobody looks at these."""

    name, dimensions = "blind", 8

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        return np.ones((len(texts), self.dimensions), np.float32)


def _task(spec: Spec, number: int, example: Example) -> Task:
    call = example.answer.tool_calls
    return Task(f"{spec.tool.name} {number + 1}", "call", example.messages[:1], (spec.tool,), call)


def _memorised(made: World, wordings: int, seed: int, funnel: Funnel) -> Iterator[Example]:
    """Requests for known operations, and no document."""
    for example in _known(made, wordings, seed, funnel):
        yield replace(example, tools=())


def _retrieved(made: World, wordings: int, seed: int, funnel: Funnel) -> Iterator[Example]:
    """The same requests, with what a search returned for them: now and then not what is needed."""
    examples = list(_known(made, wordings, seed, funnel))
    found = found_first(made.pool, [example.messages[0].content for example in examples])
    for example, shown in zip(examples, found, strict=True):
        yield replace(example, tools=shown)


def _generalist(made: World, wordings: int, seed: int, funnel: Funnel) -> Iterator[Example]:
    """Requests for services of their own, with the right document among others."""
    rng = Random(f"generalist {seed}")
    things = {spec.thing for spec in (*made.known, *made.unseen)}
    for _ in range(wordings * len(made.known) // OPERATIONS):
        service = list(_services(rng, 1, set(things)))
        for spec in service:
            for example in _requests(spec, "train", 1, seed, funnel):
                others = rng.sample([other.tool for other in service if other is not spec], SHOWN - 1)
                yield replace(example, tools=tuple(rng.sample([spec.tool, *others], SHOWN)))


Learner = Callable[[World, int, int, Funnel], Iterator[Example]]
LEARNERS: Mapping[str, Learner] = {
    "apis-generalist": _generalist, "apis-memorised": _memorised, "apis-retrieved": _retrieved,
}  # fmt: skip


def _known(made: World, wordings: int, seed: int, funnel: Funnel) -> Iterator[Example]:
    return (one for spec in made.known for one in _requests(spec, "train", wordings, seed, funnel))


def _services(rng: Random, count: int, things: set[str]) -> Iterator[Spec]:
    """The operations of ``count`` services, no two of one thing; ``things`` are taken, and grow."""
    for _ in range(count):
        about = next(drawn for drawn in iter(lambda: thing(rng, "train"), None) if drawn not in things)
        things.add(about)
        fields = _fields(rng, about)
        for verb in _verbs(rng):
            given = fields[: rng.choice([1, 2])]
            schema = {
                "type": "object",
                "properties": {p.name: p.schema() for p in given},
                "required": [p.name for p in given],
            }
            words = f"{verb.ways[0].format(n=about.replace('_', ' ')).capitalize()}."
            yield Spec(
                _in_own_words(verb), about, tuple(given), Tool(f"{verb.name}_{about}_{made_up(rng)}", words, schema)
            )


def _fields(rng: Random, about: str) -> list[Parameter]:
    """Two required parameters with names of their own."""
    drawn = iter(lambda: make_parameter(rng, "train", about.replace("_", " "), required=True), None)
    plain = (one for one in drawn if one.kind_name in PLAIN)
    first = next(plain)
    return [first, next(one for one in plain if one.noun not in (first.noun, first.name) and one.name != first.name)]


def _verbs(rng: Random) -> list[Verb]:
    """Verbs that nobody takes for one another."""
    chosen: list[Verb] = []
    for verb in rng.sample(VERBS, len(VERBS)):
        if _in_own_words(verb).ways and not any(alike(verb, other) for other in chosen):
            chosen.append(verb)
    return chosen[:OPERATIONS]


def _in_own_words(verb: Verb) -> Verb:
    """The verb with the ways to ask for it that do not echo the documentation."""
    return replace(verb, ways=tuple(way for way in verb.ways if verb.name not in way))


def _requests(spec: Spec, split: Split, count: int, seed: int, funnel: Funnel | None = None) -> list[Example]:
    """``count`` requests for an operation, none twice."""
    rng, checks = Random(f"{spec.tool.name} {split} {seed}"), funnel or Funnel()
    drawn = (_request(spec, split, rng) for _ in range(20 * count))
    return list(islice((example for example in drawn if checks.keep(example)), count))


def _request(spec: Spec, split: Split, rng: Random) -> Example:
    given = [(p, p.sample(rng, split)) for p in spec.parameters]
    call = ToolCall(spec.tool.name, {p.name: value.json for p, value in given})
    return Example("call", (user(request(rng, split, spec, given)), assistant("", call)), (spec.tool,))


def _row(example: Example) -> Row:
    turns = [message.to_dict() for message in example.messages]
    return {"messages": turns, "tools": [tool.to_dict() for tool in example.tools]}
