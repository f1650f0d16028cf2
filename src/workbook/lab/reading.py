"""Reading calls out of raw text, in a model's chat format, from bare JSON or from bare Python.

A prompt may ask for bare JSON, and a schema grammar forces it; then the whole
text is one call or a list of calls. The same of calls as Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from workbook.core.chat import ToolCall
from workbook.core.validation import is_valid_json
from workbook.models.base import LanguageModel
from workbook.models.hermes import CLOSE, OPEN
from workbook.models.json_text import call_from_json, read_json
from workbook.models.python_calls import read_calls


@dataclass(frozen=True)
class Reading:
    """The calls in a text, whether all that claims to be JSON is JSON, and what was wrong."""

    calls: tuple[ToolCall, ...]
    parses: bool
    problems: tuple[str, ...] = ()


def read_reply(model: LanguageModel, text: str) -> Reading:
    """Read a text in the model's chat format; without any call it does not parse as one."""
    reply = model.parse(text)
    bodies = list(_bodies(text))
    parses = all(map(is_valid_json, bodies)) if bodies else bool(reply.calls) and not reply.problems
    return Reading(reply.calls, parses, reply.problems)


def read_json_calls(text: str) -> Reading:
    """Read a text that is nothing but JSON: one call ``{"name", "arguments"}`` or a list of them.

    JSON of another form parses and holds no call, which is a problem of its own.
    """
    if not is_valid_json(text):
        return Reading((), False, (f"not JSON: {text.strip()[:60]!r}",))
    value = json.loads(text)
    read = [call_from_json(item) for item in (value if isinstance(value, list) else [value])]
    problems = [problem for _, problem in read if problem] or ["an empty list holds no call"] * (not read)
    return Reading(tuple(call for call, _ in read if call), True, tuple(problems))


def read_python_calls(text: str) -> Reading:
    """Read a text that is nothing but Python: calls of named literals; one that holds another is a problem."""
    calls, problems = read_calls(text)
    nested = tuple(f"{call.name}: a call inside of it" for call in calls if not call.flat)
    return Reading(tuple(call.plain for call in calls if call.flat), not problems, (*problems, *nested))


def _bodies(text: str) -> Iterator[str]:
    """What stands between Hermes' tags; a closing tag inside a string of the JSON ends nothing."""
    close = 0
    while (start := text.find(OPEN, close)) >= 0:
        start += len(OPEN)
        _, end, _ = read_json(text, start)
        found = text.find(CLOSE, end)
        close = len(text) if found < 0 else found
        yield text[start:close]
