"""Whether a model made the calls that were right: the ``exact`` rule.

The same calls in any order; numbers equal by value; strings exactly, after
trimming; an optional argument left out equals its stated default; no call
where none is expected. Nothing is forgiven besides: no case folding, no
"5" for 5, no true for 1, no second copy of a call, no argument on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool, ToolCall


def calls_match(actual: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool] = ()) -> bool:
    """Whether ``actual`` are the ``expected`` calls, each once, in any order."""
    if len(actual) != len(expected):
        return False
    left = list(expected)
    for call in actual:
        # Being the same call is an equivalence, so taking the first match never spoils a later one.
        found = next((i for i, other in enumerate(left) if same_call(call, other, tools)), None)
        if found is None:
            return False
        del left[found]
    return True


def same_call(a: ToolCall, b: ToolCall, tools: Sequence[Tool] = ()) -> bool:
    """Whether two calls have the same name and, defaults filled in, the same arguments."""
    if a.name != b.name:
        return False
    defaults = stated_defaults(a.name, tools)
    return same_value({**defaults, **a.arguments}, {**defaults, **b.arguments})


def names_match(actual: Sequence[ToolCall], expected: Sequence[ToolCall]) -> bool:
    """Whether the right tools were called, whatever the arguments."""
    return sorted(call.name for call in actual) == sorted(call.name for call in expected)


def stated_defaults(name: str, tools: Sequence[Tool]) -> dict[str, Any]:
    """The defaults of the tool's optional parameters; one that is required must be given, default or not."""
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        return {}
    return {
        key: schema["default"]
        for key, schema in tool.properties.items()
        if isinstance(schema, Mapping) and "default" in schema and key not in tool.required
    }


def same_value(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not, " x" and "x" are."""
    if isinstance(a, str) and isinstance(b, str):
        return a.strip() == b.strip()
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same_value, a, b))
    if _is_number(a) and _is_number(b):
        return bool(a == b)
    return type(a) is type(b) and bool(a == b)


def _is_number(value: Any) -> bool:
    # In Python a bool is an int; in JSON it is not a number.
    return isinstance(value, int | float) and not isinstance(value, bool)
