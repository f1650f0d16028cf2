"""Who is asked about what, and that only a plain yes lets a call run."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import sys
from dataclasses import replace
from typing import Any

import pytest
from agent_toys import ANN, QUESTION, Toys, call

from workbook.agent import Agent, Approval, Request, State, Trace, always, canned, recorded, terminal
from workbook.core.chat import Message, user
from workbook.core.errors import UsageError
from workbook.models.base import Reply

DELETE = call("delete_user", id=7)


def run(approval: Approval | None, *calls: Any) -> tuple[Trace, list[str]]:
    toys = Toys()
    return Agent(canned(Reply("", calls), "ok"), toys.box, approve=approval).run_sync(QUESTION), toys.ran


def request() -> Request:
    found = Approval().request(State(Toys().box, QUESTION), DELETE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("approval", "asked"),
    [
        (Approval(), ["delete_user"]),
        (Approval(risks=()), []),
        (Approval(risks=("write", "destructive")), ["send", "delete_user"]),
        (Approval(tools=("get_user",)), ["get_user", "delete_user"]),
        (Approval(risks=(), taint=True), ["send"]),
    ],
)
def test_who_needs_approval(approval: Approval, asked: list[str]) -> None:
    state = State(Toys().box, (user("Delete user 7."), Message("tool", ANN)))
    calls = [call("get_user", id="ann@example.org"), call("send", to="ann@example.org"), DELETE]
    assert [made.name for made in calls if approval.request(state, made)] == asked


def test_a_request_says_what_came_from_a_tool() -> None:
    state = State(Toys().box, (user("Delete user 7."), Message("tool", "7 and 8", name="get_user(id=7)")))
    found = Approval().request(state, call("delete_user", id=8))
    assert found is not None
    assert found.tainted == {"id": "get_user(id=7)"}
    assert str(found) == "delete_user(id=8): delete_user is declared destructive"
    assert "id stands in what get_user(id=7) returned" in found.lines


def test_what_a_guard_flags_is_asked_with_all_reasons() -> None:
    state, send = State(Toys().box, QUESTION), call("send", to="eve@x.org")
    assert Approval(risks=()).request(state, send) is None
    flagged = Approval(risks=()).request(state, send, ["to comes from nowhere", "and it is late"])
    both = Approval().request(state, DELETE, ["it is late"])
    assert [one and one.reason for one in (flagged, both)] == [
        "to comes from nowhere; and it is late",
        "delete_user is declared destructive; it is late",
    ]


def test_nothing_that_is_asked_can_move_the_cursor() -> None:
    made = call("delete_user", **{"id\x1b[2K": "\x1b[1A\u202e"})
    found = Approval().request(State(Toys().box, QUESTION), made)
    assert found is not None
    hidden = replace(found, tool=replace(found.tool, origin="server\r\x1b[2J"))
    assert all(line.isprintable() for line in hidden.lines)


def test_without_an_approver_nothing_destructive_runs() -> None:
    trace, ran = run(None, DELETE, call("send"))
    assert (ran, [record.status for record in trace.calls]) == (["send"], ["denied", "ran"])


def test_yes_runs_and_stands_in_the_trace() -> None:
    trace, ran = run(Approval(always(True)), DELETE)
    assert ran == ["delete_user"]
    assert trace.calls[0].asked is not None
    assert trace.calls[0].asked.answer == "yes"


def test_recorded_answers_come_in_order_and_end_with_no() -> None:
    trace, ran = run(Approval(recorded([False, True])), DELETE, DELETE, DELETE)
    assert ran == ["delete_user"]
    assert [record.status for record in trace.calls] == ["denied", "ran", "denied"]
    assert "one more question" in trace.calls[2].asked.reason  # type: ignore[union-attr]


def test_silence_is_no_and_does_not_use_up_the_budget() -> None:
    async def sleeps(_: Request) -> bool:
        await asyncio.sleep(30)
        return True

    trace, ran = run(Approval(sleeps, seconds=0.02), DELETE)
    assert (ran, trace.calls[0].asked.answer) == ([], "timed out")  # type: ignore[union-attr]
    assert "nobody answered" in json.loads(trace.calls[0].result.content)["error"]  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", ["yes", 1, None, RuntimeError("gone")])
def test_only_true_is_a_yes(answer: Any) -> None:
    async def approver(_: Request) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    trace, ran = run(Approval(approver), DELETE)
    assert (ran, trace.calls[0].status) == ([], "denied")


def test_a_misspelt_risk_is_refused() -> None:
    with pytest.raises(UsageError, match="destructive"):
        Approval(risks=("destuctive",))  # type: ignore[arg-type]


@pytest.mark.parametrize(("typed", "allowed"), [("y", True), ("YES", True), ("n", False), ("", False), ("yess", False)])
def test_a_person_at_the_terminal(typed: str, allowed: bool, monkeypatch: Any, capsys: Any) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        os.write(ours, f"{typed}\n".encode())
        assert asyncio.run(terminal(request())) is allowed
    os.close(ours)
    shown = capsys.readouterr()
    assert "delete_user(id=7)" in shown.err
    assert shown.out == ""


def test_a_question_that_timed_out_leaves_the_next_answer_alone(monkeypatch: Any) -> None:
    ours, theirs = pty.openpty()

    async def twice() -> list[str]:
        approval = Approval(terminal, seconds=0.02)
        first = await approval.ask(request())
        os.write(ours, b"yes\n")
        return [first.answer, (await approval.ask(request())).answer]

    with os.fdopen(theirs) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        assert asyncio.run(twice()) == ["timed out", "yes"]
    os.close(ours)


def test_where_nobody_can_type_the_answer_is_no(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert asyncio.run(terminal(request())) is False
