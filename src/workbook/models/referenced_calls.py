"""Calls inside calls, said by a flat list: ``"$1"`` stands for the result of the list's first call.

JSON calls have a name and literal arguments, so what is nested in Python is said by a reference in its place, in one
answer: the inner calls first. A reference is a string, so it fits a schema only where a string does. Leaves out how
such a list is run, and answers over several turns, in which a model reads each result before it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import ToolCall
from workbook.models.nested_calls import NestedCall, all_calls, replaced

REFERENCE = re.compile(r"\$([1-9]\d*)")


def flattened(trees: Sequence[NestedCall]) -> tuple[ToolCall, ...]:
    """The calls of all trees as one list, the innermost of each first, with references to those before them."""
    places: dict[int, int] = {}
    calls: list[ToolCall] = []
    for call in (call for tree in trees for call in all_calls(tree)):
        calls.append(ToolCall(call.name, _with_references(call.arguments, places)))
        places[id(call)] = len(calls)
    return tuple(calls)


def nested(calls: Sequence[ToolCall]) -> tuple[tuple[NestedCall, ...], tuple[str, ...]]:
    """The trees that a list of calls means, and what is wrong with its references.

    A call that a later one refers to is no tree of its own.
    """
    trees: list[NestedCall] = []
    used: set[int] = set()
    problems: list[str] = []
    for place, call in enumerate(calls, 1):
        found = _references(call.arguments)
        problems += [f"{call.name}: ${number} is no call before it" for number in found if number >= place]
        used |= {number for number in found if number < place}
        trees.append(NestedCall(call.name, _with_calls(call.arguments, trees)))
    return tuple(tree for place, tree in enumerate(trees, 1) if place not in used), tuple(problems)


def plain(tree: NestedCall) -> ToolCall:
    """The tree as a call whose inner calls are objects: two trees are the same call where these are."""
    return ToolCall(tree.name, {name: _as_object(value) for name, value in tree.arguments.items()})


def _with_references(value: Any, places: Mapping[int, int]) -> Any:
    return replaced(value, lambda part: f"${places[id(part)]}" if isinstance(part, NestedCall) else part)


def _with_calls(value: Any, trees: Sequence[NestedCall]) -> Any:
    def leaf(part: Any) -> Any:
        number = _number(part)
        return trees[number - 1] if number and number <= len(trees) else part

    return replaced(value, leaf)


def _references(value: Any) -> list[int]:
    if isinstance(value, Mapping | list):
        inside = value.values() if isinstance(value, Mapping) else value
        return [number for inner in inside for number in _references(inner)]
    return [number] if (number := _number(value)) else []


def _number(part: Any) -> int:
    """The place that a reference names, from 1 on; 0 for what is no reference."""
    found = REFERENCE.fullmatch(part) if isinstance(part, str) else None
    return int(found[1]) if found else 0


def _as_object(value: Any) -> Any:
    def leaf(part: Any) -> Any:
        return {"call": part.name, "arguments": _as_object(part.arguments)} if isinstance(part, NestedCall) else part

    return replaced(value, leaf)
