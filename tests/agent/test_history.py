"""What a policy gets to see: the end of a run, and notes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from workbook.agent.history import HEADING, Noted, Windowed, exchanges
from workbook.agent.scripted import Scripted
from workbook.core.chat import Message, Tool, ToolCall, ToolResult, assistant, system, tool_message, user
from workbook.core.errors import UsageError
from workbook.models.base import Reply

A, B, C = (ToolCall("look", {"at": name}) for name in "abc")
RUN: list[Message] = [
    system("be brief"),
    user("look around"),
    assistant("", A),
    tool_message(ToolResult("look", "1")),
    assistant("", B, C),
    tool_message(ToolResult("look", "2")),
    tool_message(ToolResult("look", "3")),
]


class Witness(Scripted):
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[Message] = []
        super().__init__(self._look, "witness")

    def _look(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        self.shown = list(messages)
        return Reply("seen")


def test_calls_and_results_in_pairs() -> None:
    assert list(exchanges(RUN)) == [(A, "1"), (B, "2"), (C, "3")]
    assert list(exchanges(RUN[:3])) == []


@pytest.mark.parametrize(("kept", "first"), [(1, [0, 1, 4, 5, 6]), (2, [*range(7)]), (9, [*range(7)])])
def test_a_window_keeps_whole_exchanges_and_what_people_said(kept: int, first: list[int]) -> None:
    witness = Witness()
    asyncio.run(Windowed(witness, kept).propose(RUN, ()))
    assert witness.shown == [RUN[index] for index in first]


def test_notes_say_what_was_run_once_and_what_came_back_when_asked() -> None:
    witness = Witness()
    asyncio.run(Noted(witness).propose([*RUN, assistant("", A), tool_message(ToolResult("look", "1"))], ()))
    lines = witness.shown[-1].content.splitlines()
    assert (lines[0], len(lines)) == (HEADING, 4)
    assert '"a"' in lines[1]
    assert "gave" not in lines[1]
    asyncio.run(Noted(witness, results=True).propose(RUN, ()))
    assert [line.endswith(f"gave {k}") for k, line in enumerate(witness.shown[-1].content.splitlines())][1:] == [
        True
    ] * 3


def test_nothing_run_needs_no_note() -> None:
    witness = Witness()
    asyncio.run(Noted(witness).propose(RUN[:2], ()))
    assert witness.shown == RUN[:2]


def test_the_notes_stay_in_view_of_a_window() -> None:
    witness = Witness()
    asyncio.run(Noted(Windowed(witness, 1), results=True).propose(RUN, ()))
    assert [message.role for message in witness.shown] == ["system", "user", "assistant", "tool", "tool", "system"]
    assert "gave 1" in witness.shown[-1].content


def test_names_say_what_is_shown_and_an_empty_window_is_refused() -> None:
    policy = Noted(Windowed(Witness(), 2), results=True)
    assert (policy.name, policy.scripted) == ("scripted: witness, 2 exchanges in view, notes with results", True)
    with pytest.raises(UsageError):
        Windowed(Witness(), 0)
