"""The same calls spelled as JSON and as Python: the rows that two adapters learn from, alike in all but the spelling.

The tools are those of a ``shelf``; the prompt shows those that are needed, and others. A request needs one call, two
beside each other, or calls inside of calls. JSON says the last by references (``models.referenced_calls``),
so only parameters that take strings hold calls. Wordings and values to be asked with are never those of training.
Leaves out the training (``sft``) and what the models make of it (``workbook.lab.spelled``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

from workbook.core.chat import Tool, assistant, user
from workbook.core.settings import unknown
from workbook.finetune.phrasing import OPENERS
from workbook.finetune.rows import Row
from workbook.finetune.shelf import ACTIONS, ASKING, LINKS, LOOKUPS, SHELF, Entry, givers, part
from workbook.finetune.values import KINDS
from workbook.finetune.words import Split, choose
from workbook.models.nested_calls import NestedCall, all_calls
from workbook.models.python_calls import written_call
from workbook.models.referenced_calls import flattened

Phrase = tuple[str, NestedCall]
"""Words, and the call that they mean."""
Kind = Literal["single", "parallel", "nested"]
CALL_KINDS: tuple[Kind, ...] = ("single", "parallel", "nested")
SPELLINGS = {"json": "calls-as-json", "python": "calls-as-python"}
"""The spellings, and the adapter that learned each."""
COUNT = 384
"""Rows that each of them learned."""
SHOWN = 3
"""Tools in a prompt."""
DEEPER = 0.3
"""How often the argument of an inner call is a call again, where one fits."""


@dataclass(frozen=True)
class Spoken:
    """A request of one kind, the calls that it needs, as trees, and the tools in the prompt."""

    kind: Kind
    text: str
    calls: tuple[NestedCall, ...]
    tools: tuple[Tool, ...] = ()


def rows(spelling: str, count: int = COUNT, seed: int = 0) -> list[Row]:
    """What the adapter of that spelling learned from; both have the same requests, in the same order."""
    if spelling not in SPELLINGS:
        raise unknown("spelling", spelling, SPELLINGS)
    return [_row(one, spelling) for one in spoken(count, "train", seed)]


def spoken(count: int, split: Split, seed: int = 0) -> list[Spoken]:
    """``count`` requests, the kinds in turn and none twice; ``held_out`` ones in wordings of their own."""
    rng = Random(f"spelled {split} {seed}")
    made: dict[str, Spoken] = {}
    while len(made) < count:
        one = MAKERS[CALL_KINDS[len(made) % len(CALL_KINDS)]](rng, split)
        made.setdefault(one.text, replace(one, tools=_tools(rng, one.calls)))
    return list(made.values())


def _tools(rng: Random, calls: Sequence[NestedCall]) -> tuple[Tool, ...]:
    """Those that are called, and others, in any order."""
    called = {inner.name for call in calls for inner in all_calls(call)}
    others = rng.sample([tool for tool in SHELF if tool.name not in called], SHOWN - len(called))
    return tuple(rng.sample([*(tool for tool in SHELF if tool.name in called), *others], SHOWN))


def _row(one: Spoken, spelling: str) -> Row:
    turn = assistant("", *flattened(one.calls)) if spelling == "json" else assistant(as_python(one.calls))
    return {"messages": [user(one.text).to_dict(), turn.to_dict()], "tools": [tool.to_dict() for tool in one.tools]}


def as_python(calls: tuple[NestedCall, ...]) -> str:
    """Calls as the grammar of Python calls spells them."""
    return "; ".join(map(written_call, calls))


def _single(rng: Random, split: Split) -> Spoken:
    text, call = _order(rng, split)
    return Spoken("single", _opened(rng, split, text), (call,))


def _parallel(rng: Random, split: Split) -> Spoken:
    (one, first), (other, second) = _order(rng, split), _order(rng, split)
    return Spoken("parallel", _opened(rng, split, one + rng.choice(LINKS) + other), (first, second))


def _nested(rng: Random, split: Split) -> Spoken:
    """An action, one of whose arguments is looked up."""
    action = rng.choice(ACTIONS)
    held = rng.choice([name for name, kind in action.takes.items() if givers(kind)])
    text, call = _said(rng, split, action, {held: _looked_up(rng, split, action.takes[held], DEEPER)})
    return Spoken("nested", _opened(rng, split, text), (call,))


MAKERS = {"single": _single, "parallel": _parallel, "nested": _nested}


def _order(rng: Random, split: Split) -> Phrase:
    """Something to do in one call: an action, or now and then a lookup."""
    if rng.random() < 0.3:
        text, call = _said(rng, split, rng.choice(LOOKUPS), {})
        return rng.choice(part(ASKING, split)).format(w=text), call
    return _said(rng, split, rng.choice(ACTIONS), {})


def _looked_up(rng: Random, split: Split, kind: str, deeper: float = 0.0) -> Phrase:
    """The words and the call that give a value of that kind; ``deeper`` is the chance of one more call inside."""
    lookup = rng.choice(givers(kind))
    [(name, inner)] = lookup.takes.items()
    held = {name: _looked_up(rng, split, inner)} if rng.random() < deeper and givers(inner) else {}
    return _said(rng, split, lookup, held)


def _said(rng: Random, split: Split, entry: Entry, held: Mapping[str, Phrase]) -> Phrase:
    """An entry in words and as a call; ``held`` are the arguments that are calls."""
    words: dict[str, str] = {}
    arguments: dict[str, Any] = {}
    for name, kind in entry.takes.items():
        value = KINDS[kind].sample(rng, split)
        words[name], arguments[name] = held.get(name, (value.words, value.json))
    return rng.choice(part(entry.ways, split)).format(**words), NestedCall(entry.name, arguments)


def _opened(rng: Random, split: Split, text: str) -> str:
    return choose(rng, OPENERS, split).format(w=text) + rng.choice((".", "", "."))
