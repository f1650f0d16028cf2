"""Tasks for an agent with 500 internal APIs, in the words of people who know none of them: the set ``enterprise``.

Six kinds: ``do`` changes something, ``answer`` looks something up, ``ask`` lacks what nobody but the speaker knows, and
three must end without an effect: ``conflict`` (a record's state forbids it), ``scope`` (the speaker's token does),
``absent`` (no API does such a thing). Each has the calls that solve it and the state that they leave. Leaves out the
company itself and how an outcome is judged (``workbook.gateway``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast, get_args

from workbook.core.chat import Message, ToolCall, system, user
from workbook.core.errors import UsageError, WorkbookError
from workbook.suites.tasks import set_lines, task_file

TODAY = date(2026, 3, 2)
"""The day on which all tasks play; a Monday."""
Kind = Literal["do", "answer", "ask", "conflict", "scope", "absent"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FROM = "$from"
"""In place of an argument: ``{"$from": [STEP, KEY, ...]}``, a value out of an earlier result."""
SMALL = frozenset(
    "a an and are as at be been but by can could do for from get give go had has have he her him his how i if "
    "in into is it its let me my no not of off on one or our out over please put she so some take that the "
    "their them there they this to too up us was we what when which who will with would you your".split()
)


@dataclass(frozen=True)
class Expected:
    """A row as it should be in the end: ``fields`` that have changed (all of a new row), or that it is gone.

    ``free`` names fields whose wording is the agent's own.
    """

    table: str
    id: str
    fields: Mapping[str, Any]
    free: tuple[str, ...] = ()
    removed: bool = False
    new: bool = False


@dataclass(frozen=True)
class EnterpriseTask:
    """One task. ``status`` is what the last call is answered with; ``accept`` are words of which a reply holds one."""

    id: str
    kind: Kind
    request: str
    speaker: str
    scopes: tuple[str, ...]
    calls: tuple[ToolCall, ...]
    state: tuple[Expected, ...]
    status: int
    accept: tuple[str, ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """What an agent is told: who speaks on which day, and the request."""
        told = f"Today is {TODAY:%A}, {TODAY.day} {TODAY:%B %Y}. The speaker is employee {self.speaker}."
        return system(told), user(self.request)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EnterpriseTask:
        """Read one line of the set; raises ``ValueError``, ``TypeError`` or ``KeyError`` with the reason."""
        if data["kind"] not in KINDS:
            raise ValueError(f"unknown kind {data['kind']!r}; kinds are {', '.join(KINDS)}")
        return cls(
            str(data["id"]),
            cast(Kind, data["kind"]),
            str(data["request"]),
            str(data["speaker"]),
            tuple(data["scopes"]),
            tuple(ToolCall.from_dict(call) for call in data["calls"]),
            tuple(Expected(**{**row, "free": tuple(row.get("free", ()))}) for row in data["state"]),
            int(data["status"]),
            tuple(data.get("accept", ())),
        )


def enterprise_tasks(source: str | Path = "enterprise", limit: int | None = None) -> list[EnterpriseTask]:
    """The tasks of the set, or of a file of the same form; at most ``limit``. Errors name file and line."""
    path = task_file(source)
    tasks = []
    for number, line in enumerate(islice(set_lines(path), limit), 1):
        try:
            tasks.append(EnterpriseTask.from_dict(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"missing {error}" if isinstance(error, KeyError) else str(error)
            raise WorkbookError(
                f"{path}, line {number}: {reason}",
                "Compare it with data/tasks/enterprise.jsonl.gz",
            ) from error
    return tasks


def filled(call: ToolCall, results: Sequence[Any]) -> ToolCall:
    """The call with values out of earlier results in their places; raises ``UsageError`` for one that is not there."""
    return ToolCall(call.name, {name: _value(one, results) for name, one in call.arguments.items()})


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, in lower case and without a plural's s; ids and numbers are none."""
    found = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ").lower())
    return frozenset(word.removesuffix("s") for word in found if len(word) > 2 and word not in SMALL)


def _value(given: Any, results: Sequence[Any]) -> Any:
    if not isinstance(given, Mapping) or FROM not in given:
        return given
    step, *path = given[FROM]
    try:
        found = results[step]
        for key in path:
            found = found[key]
    except (LookupError, TypeError) as error:
        raise UsageError(f"there is no {'.'.join(map(str, path))} in the result of call {step + 1}") from error
    return found
