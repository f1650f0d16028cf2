"""What a policy gets to see of a run: only the end of it, or notes of what has been run.

Wrappers around a policy, so that forgetting and its remedies can be put together: ``Noted(Windowed(policy, 3))`` keeps
three exchanges, and the notes. Both leave alone what people and the system say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from workbook.agent.policy import Policy, Turn, as_policy
from workbook.core.chat import Message, Tool, ToolCall, system
from workbook.core.errors import UsageError
from workbook.models.base import LanguageModel

HEADING = "I have already run:"


class Windowed:
    """The policy, shown only the last ``exchanges`` with tools: calls, and what came back.

    What a context that is cut at the front does to any agent.
    """

    def __init__(self, policy: LanguageModel | Policy, exchanges: int) -> None:
        if exchanges < 1:
            raise UsageError(f"a window of {exchanges} exchanges shows nothing", "Give at least 1.")
        self.policy, self.exchanges = as_policy(policy), exchanges
        self.scripted = self.policy.scripted

    @property
    def name(self) -> str:
        """The policy's name, and the window."""
        return f"{self.policy.name}, {self.exchanges} exchanges in view"

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """What the policy proposes on the shortened conversation."""
        starts = [index for index, message in enumerate(messages) if message.tool_calls]
        first = starts[-self.exchanges] if len(starts) > self.exchanges else 0
        kept = [m for index, m in enumerate(messages) if index >= first or m.role in ("system", "user")]
        return await self.policy.propose(kept, tools)


class Noted:
    """The policy, shown a note of every call that was run; ``results`` adds what came back.

    The scratchpad of the usual advice says only *that* a tool was run.
    """

    def __init__(self, policy: LanguageModel | Policy, results: bool = False) -> None:
        self.policy, self.results = as_policy(policy), results
        self.scripted = self.policy.scripted

    @property
    def name(self) -> str:
        """The policy's name, and its notes."""
        return f"{self.policy.name}, notes {'with' if self.results else 'without'} results"

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """What the policy proposes with the notes at the end of the conversation."""
        run = list(exchanges(messages))
        if run:
            lines = [f"- {json.dumps(call.to_dict())}" + f" gave {text}" * self.results for call, text in run]
            messages = [*messages, system("\n".join([HEADING, *dict.fromkeys(lines)]))]
        return await self.policy.propose(messages, tools)


def exchanges(messages: Sequence[Message]) -> Iterator[tuple[ToolCall, str]]:
    """Each call with the result that followed it, in order."""
    waiting: list[ToolCall] = []
    for message in messages:
        if message.tool_calls:
            waiting = list(message.tool_calls)
        elif message.role == "tool" and waiting:
            yield waiting.pop(0), message.content
