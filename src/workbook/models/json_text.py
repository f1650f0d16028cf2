"""Reading JSON that a model wrote: strict where meaning is at stake, and never raising.

Python's ``json`` reads ``NaN``, forgets the first of two equal keys, and fails in
several ways on hostile input. Here each of these is a problem with a name.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from workbook.core.chat import ToolCall

BLANK = " \t\r\n"


class _JsonProblem(ValueError):
    """A value that JSON does not have, or that has two readings."""


def _refuse_constant(name: str) -> NoReturn:
    raise _JsonProblem(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [key for key, _ in pairs]
        raise _JsonProblem(f"key {next(key for key in names if names.count(key) > 1)!r} stands twice")
    return result


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def read_json(text: str, start: int = 0) -> tuple[Any, int, str]:
    """Read one JSON value at ``start``: the value, where it ends, and a problem or ``""``.

    On a problem the value is None and the end is ``start``.
    """
    while start < len(text) and text[start] in BLANK:
        start += 1
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return None, start, f"not JSON: {error.msg} at character {error.pos - start}"
    except _JsonProblem as error:
        return None, start, str(error)
    except RecursionError:
        return None, start, "nested too deeply"
    except ValueError as error:  # an integer with thousands of digits
        return None, start, f"not readable: {error}"
    return value, end, ""


def call_from_json(value: Any) -> tuple[ToolCall | None, str]:
    """A call from ``{"name", "arguments"}`` (or OpenAI's ``function`` around it), or the problem with it."""
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict):
        return None, f"a call is an object, not {type(value).__name__}"
    if not isinstance(value.get("name"), str):
        return None, "the call has no name"
    arguments = value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):  # OpenAI's wire format holds the arguments as a string of JSON
        arguments, _, problem = read_json(arguments)
        if problem:
            return None, f"arguments: {problem}"
    if not isinstance(arguments, dict):
        return None, "the call has no object of arguments"
    return ToolCall(value["name"], arguments), ""


def dumps(value: Any) -> str:
    """The one spelling of JSON that the workbook's models write and its grammars admit."""
    return json.dumps(value, ensure_ascii=False)
