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
from workbook.models.nested_calls import NestedCall, all_calls

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

    A call that another one refers to is no tree of its own.
    """
    trees: list[NestedCall] = []
    used: set[int] = set()
    problems: list[str] = []
    for place, call in enumerate(calls, 1):
        found = _references(call.arguments)
        problems += [f"{call.name}: ${number} is no call before it" for number in found if number >= place]
        used |= set(found)
        trees.append(NestedCall(call.name, _with_calls(call.arguments, trees)))
    return tuple(tree for place, tree in enumerate(trees, 1) if place not in used), tuple(problems)


def plain(tree: NestedCall) -> ToolCall:
    """The tree as a call whose inner calls are objects: two trees are the same call where these are."""
    return ToolCall(tree.name, {name: _as_object(value) for name, value in tree.arguments.items()})


def _with_references(value: Any, places: Mapping[int, int]) -> Any:
    if isinstance(value, NestedCall):
        return f"${places[id(value)]}"
    if isinstance(value, Mapping):
        return {name: _with_references(inner, places) for name, inner in value.items()}
    return [_with_references(inner, places) for inner in value] if isinstance(value, list) else value


def _with_calls(value: Any, trees: Sequence[NestedCall]) -> Any:
    if isinstance(value, str) and (found := REFERENCE.fullmatch(value)) and int(found[1]) <= len(trees):
        return trees[int(found[1]) - 1]
    if isinstance(value, Mapping):
        return {name: _with_calls(inner, trees) for name, inner in value.items()}
    return [_with_calls(inner, trees) for inner in value] if isinstance(value, list) else value


def _references(value: Any) -> list[int]:
    if isinstance(value, str):
        found = REFERENCE.fullmatch(value)
        return [int(found[1])] if found else []
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [number for inner in inside for number in _references(inner)]


def _as_object(value: Any) -> Any:
    if isinstance(value, NestedCall):
        return {"call": value.name, "arguments": _as_object(value.arguments)}
    if isinstance(value, Mapping):
        return {name: _as_object(inner) for name, inner in value.items()}
    return [_as_object(inner) for inner in value] if isinstance(value, list) else value
