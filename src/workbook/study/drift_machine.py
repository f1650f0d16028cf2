"""The drift time machine: one call, written from version 1 of an API, sent to each version that came after.

In a live notebook it is a slider over the versions (arrow keys move it); everywhere else it leaves a still picture of
the first version that takes the call in silence. Leaves out real servers and models (``workbook.lab.drift``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbook.agent.trace import shown_call
from workbook.agent.trace_drawing import fit
from workbook.core.chat import Tool, ToolCall
from workbook.core.errors import UsageError
from workbook.core.matching import calls_match
from workbook.core.validation import call_errors
from workbook.study import svg
from workbook.study.walk import bundle, walk
from workbook.suites.tasks import Task

WIDTH, LINE, COLUMNS = 720, 20, 88
SIGN, GIVEN, TAKEN = 162, 252, 432
"""Where the columns begin: what becomes of an argument, its value, and what the version expects."""
LETTERS = (19, 11, 22, 36)
"""What the four columns have room for."""
FIRST = "as it was"
SIGNS = {"right": "✓", "silent": "!", "refused": "✗"}
"""``silent``: the version takes the call, and it is wrong."""


def drift_machine(before: Task, versions: Mapping[str, Task]) -> DriftMachine:
    """The right call of ``before`` against the versions of its tool, by what changed in each.

    Raises ``UsageError`` unless ``before`` has one right call, and where there is no version.
    """
    if len(before.expected) != 1 or not versions:
        raise UsageError("there is nothing to travel to", "Give a task with one right call, and a version at least.")
    return DriftMachine(before, {FIRST: before, **versions})


@dataclass(frozen=True, repr=False)
class DriftMachine:
    """A call and the versions that it meets; a cell that returns it shows it."""

    before: Task
    versions: Mapping[str, Task]

    def __repr__(self) -> str:
        return self.still().words

    @property
    def call(self) -> ToolCall:
        """The call that version 1 takes and that is sent to all others unchanged."""
        return self.before.expected[0]

    def outcomes(self) -> list[str]:
        """What each version makes of the call: ``right``, ``silent`` or ``refused``."""
        return [outcome(self.call, version) for version in self.versions.values()]

    def still(self) -> svg.Picture:
        """The picture for paper and code hosts: the first silent break, or else the last version."""
        found = self.outcomes()
        return self.draw(found.index("silent") if "silent" in found else len(found) - 1)

    def draw(self, at: int) -> svg.Picture:
        """All versions with their outcomes, and the one ``at`` that place in full."""
        name, version = list(self.versions.items())[at]
        found = self.outcomes()
        parts = [svg.text(8, 20, "What becomes of a call that was written from version 1?", bold=True)]
        for number, (words, result) in enumerate(zip(self.versions, found, strict=True)):
            y = 20 + LINE * (number + 1)
            line = f"{SIGNS[result]} {result:8} version {number + 1}: {words}"
            parts.append(svg.text(26, y, line, mono=True, bold=number == at))
        parts.append(svg.rect(8, 27 + LINE * at, WIDTH - 16, LINE, stroke=svg.ORANGE))
        panel, bottom = self._panel(version, 34 + LINE * len(found))
        told = verdict(self.call, version)
        return svg.picture(WIDTH, bottom + 8, [*parts, *panel], f"Version {at + 1}, {name}: {told}")

    def _panel(self, version: Task, y: float) -> tuple[list[str], float]:
        """The request, each argument beside what the version expects, and how it ends."""
        parts = []
        for line in textwrap.wrap(f"“{version.messages[-1].content}”", COLUMNS):
            y += LINE
            parts.append(svg.text(8, y, line))
        y += LINE + 8
        heads = ((8, "argument"), (GIVEN, "in the call"), (TAKEN, f"what {self.call.name} expects"))
        parts += [svg.text(x, y, head, bold=True) for x, head in heads]
        for name, mark, given, expected in arguments(self.call, self.before, version):
            cells = zip((8, SIGN, GIVEN), (name, mark, given), LETTERS, strict=False)
            parts += [svg.text(x, y + LINE, fit(cell, letters), mono=True) for x, cell, letters in cells]
            for line in textwrap.wrap(expected, LETTERS[-1]):
                y += LINE
                parts.append(svg.text(TAKEN, y, line, mono=True))
        for line in textwrap.wrap(verdict(self.call, version), COLUMNS):
            y += LINE + 4
            parts.append(svg.text(8, y, line, bold=True))
        return parts, y

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self.still(), lambda: walk(self.draw, len(self.versions), 0, "Version", first=1))


def outcome(call: ToolCall, version: Task) -> str:
    """What a version makes of the call: ``refused``, ``right``, or taken in silence and wrong."""
    if call_errors(call, version.tools):
        return "refused"
    return "right" if calls_match([call], version.expected, version.tools) else "silent"


def verdict(call: ToolCall, version: Task) -> str:
    """The outcome in a sentence, with the error, or with what would have been right."""
    result = outcome(call, version)
    if result == "refused":
        return f"Refused: {call_errors(call, version.tools)[0]}."
    if result == "right":
        return "Taken, and right: nothing broke."
    right = " and ".join(shown_call(call) for call in version.expected) or "no call"
    return f"Taken in silence, and wrong. Right would be {right}."


def arguments(call: ToolCall, before: Task, version: Task) -> list[tuple[str, str, str, str]]:
    """A row for every argument or parameter: its name, a mark, the value in the call, and what is expected now."""
    old, new = (_tool(call.name, task) for task in (before, version))
    names = dict.fromkeys([*call.arguments, *(new.properties if new else ())])
    return [(name, _mark(name, call, new), _given(name, call), _expected(name, old, new)) for name in names]


def _tool(name: str, task: Task) -> Tool | None:
    return next((tool for tool in task.tools if tool.name == name), None)


def _mark(name: str, call: ToolCall, tool: Tool | None) -> str:
    if tool is None or name not in tool.properties:
        return "ignored" if tool else "no tool"
    if name not in call.arguments:
        return "missing" if name in tool.required else "not given"
    wrong = any(error.startswith(f"{name}:") for error in call_errors(call, [tool]))
    return "wrong type" if wrong else "fits"


def _given(name: str, call: ToolCall) -> str:
    return repr(call.arguments[name]) if name in call.arguments else ""


def _expected(name: str, old: Tool | None, new: Tool | None) -> str:
    """Type of a parameter, whether it must be there, and its description where that has changed."""
    if new is None:
        return "the tool is gone"
    if name not in new.properties:
        return "no such parameter"
    schema = new.properties[name]
    told = schema.get("description", "")
    changed = old is not None and told != old.properties.get(name, {}).get("description", "")
    kind = f"{schema.get('type', 'any')}{', required' if name in new.required else ''}"
    return f"{kind}: {told}" if changed and told else kind
