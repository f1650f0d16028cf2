"""Calls inside calls: ``book(city=nearest(to="Oslo"))``, a tree, and what a model of flat calls needs in its place.

A tree is run from the inside out: what stands inside is called first, and its result takes its place. Calls that wait
for nothing run in the same turn. Leaves out how trees are written and read (``python_calls``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.core.chat import ToolCall


@dataclass(frozen=True)
class NestedCall:
    """A call whose arguments may hold calls, in lists and objects too."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def flat(self) -> bool:
        """Whether no argument holds a call."""
        return next(inner_calls(self.arguments), None) is None

    @property
    def plain(self) -> ToolCall:
        """The call as it is run; its arguments hold no call any more."""
        return ToolCall(self.name, self.arguments)


def inner_calls(value: Any) -> Iterator[NestedCall]:
    """The calls that a value holds, not those inside of them."""
    if isinstance(value, NestedCall):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from inner_calls(inner)


def all_calls(call: NestedCall) -> Iterator[NestedCall]:
    """The call and every one inside it, the innermost first."""
    for inner in inner_calls(call.arguments):
        yield from all_calls(inner)
    yield call


def turns(call: NestedCall) -> int:
    """Turns of a model whose calls are flat: one for each level, since a call needs the results of those inside it."""
    return 1 + max((turns(inner) for inner in inner_calls(call.arguments)), default=0)


def run_nested(calls: Sequence[NestedCall], run: Callable[[ToolCall], Any]) -> list[Any]:
    """The result of each call, run from the inside out, one after the other; ``run`` calls one tool."""

    def result(part: Any) -> Any:
        return run(ToolCall(part.name, replaced(part.arguments, result))) if isinstance(part, NestedCall) else part

    return [result(call) for call in calls]


def replaced(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """The value with ``leaf`` applied to each part that is neither an object nor a list; a call is such a part."""
    if isinstance(value, Mapping):
        return {name: replaced(inner, leaf) for name, inner in value.items()}
    return [replaced(inner, leaf) for inner in value] if isinstance(value, list) else leaf(value)
