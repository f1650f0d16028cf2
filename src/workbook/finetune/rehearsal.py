"""A conversation played on simulated tools: calls that must run, wrong ones that must fail, and results that are used.

A schema says which arguments are legal, a function that runs is stricter: it takes no argument that it does not name,
and no date that the calendar lacks. The simulated tools stand for that. Leaves out what a result should say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.validation import validator_of
from workbook.finetune.conversations import Example
from workbook.tools.toolbox import ToolError

Simulated = Callable[[Mapping[str, Any]], str]


def simulated(tool: Tool) -> Simulated:
    """A function that stands for the tool: it raises :class:`ToolError` as a strict one would, else gives JSON."""
    validator = validator_of(dict(tool.parameters), formats=True)

    def run(arguments: Mapping[str, Any]) -> str:
        unexpected = [name for name in arguments if name not in tool.properties]
        if unexpected:
            raise ToolError(f"{tool.name} takes no argument {unexpected[0]!r}", "Leave it out.")
        error = next(validator.iter_errors(dict(arguments)), None)
        if error:
            raise ToolError(f"{tool.name}: {error.message}"[:160], "Mend the argument.")
        return json.dumps({"tool": tool.name, "status": "ok"})

    return run


def rehearse(example: Example) -> str | None:
    """Why the conversation cannot have gone that way, None when it can: ``fails``, ``unknown tool``, ``no error``."""
    running = {tool.name: simulated(tool) for tool in example.tools}
    for place, turn in enumerate(example.messages):
        refused = _error_follows(example.messages[place + 1 :])
        for call in turn.tool_calls:
            outcome = _outcome(call, running)
            if refused and outcome is None:
                return "no error"
            if not refused and outcome:
                return outcome
    return None


def _outcome(call: ToolCall, running: Mapping[str, Simulated]) -> str | None:
    if call.name not in running:
        return "unknown tool"
    try:
        running[call.name](call.arguments)
    except ToolError:
        return "fails"
    return None


def _error_follows(later: Sequence[Message]) -> bool:
    """Whether the next turn is a tool's that reports an error."""
    if not later or later[0].role != "tool":
        return False
    try:
        result = json.loads(later[0].content)
    except ValueError:
        return False
    return isinstance(result, Mapping) and set(result) == {"error"}
