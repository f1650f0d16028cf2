"""What guards and approval see of a run: the conversation, the tools, and what became of the calls so far."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.agent.trace import CallRecord, Step
from workbook.core.chat import Message, ToolCall
from workbook.tools.toolbox import Risk, Toolbox


@dataclass
class State:
    """A run so far. ``pending``: calls of this turn that were let through before the one that is looked at.

    ``memory`` is for guards that remember within one run, by their name; a guard itself holds nothing of a run.
    """

    toolbox: Toolbox
    given: tuple[Message, ...]
    steps: list[Step] = field(default_factory=list)
    pending: list[ToolCall] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        """The conversation, up to where the assistant goes on."""
        return [*self.given, *(message for step in self.steps for message in step.messages)]

    @property
    def records(self) -> list[CallRecord]:
        """The calls of earlier turns."""
        return [record for step in self.steps for record in step.calls]

    @property
    def own_words(self) -> list[str]:
        """What the user and the system said themselves; the loop's own messages are not among them."""
        return [message.content for message in self.given if message.role in ("user", "system")]

    @property
    def tool_texts(self) -> list[str]:
        """What tools wrote, before any guard changed it."""
        given = [message.content for message in self.given if message.role == "tool"]
        return given + [record.raw for record in self.records if record.raw is not None]

    def risk(self, call: ToolCall) -> Risk:
        """The risk that the tool declares; a tool that is not there can do nothing."""
        return self.toolbox[call.name].risk if call.name in self.toolbox else "read"


def key(call: ToolCall) -> str:
    """Equal for calls of the same tool with the same arguments, in whatever order."""
    return json.dumps([call.name, call.arguments], sort_keys=True, default=str)


def same_calls(state: State, call: ToolCall) -> Iterator[ToolCall]:
    """Earlier calls that are the same, those of this turn included."""
    earlier: Sequence[ToolCall] = [*(record.call for record in state.records), *state.pending]
    return (other for other in earlier if key(other) == key(call))
