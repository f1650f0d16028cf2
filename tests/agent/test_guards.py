"""Guards against loops: what they stop, and the polling and second tries that they must let through."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from agent_toys import QUESTION, Toys, bound, call

from workbook.agent import Agent, Budget, Dedup, DedupByState, Guard, LeastPrivilege, NoProgress, PerTool, Trace, canned
from workbook.agent.scripted import same_call_forever
from workbook.core.chat import ToolCall
from workbook.models.base import Reply
from workbook.tools import Toolbox, ToolError

POLL = call("poll")


def poll(guard: Guard, *answers: str | Exception, between: Sequence[ToolCall] = ()) -> Trace:
    """Poll once for each answer, with other calls after the first."""
    left = iter(answers)

    def answer() -> str:
        given = next(left)
        if isinstance(given, Exception):
            raise given
        return given

    box = Toolbox([bound("poll", answer), bound("other", lambda: "other"), bound("write", lambda: "ok", "write")])
    turns = [POLL, *between, *[POLL] * (len(answers) - 1), "done"]
    return Agent(canned(*turns), box, [guard], budget=Budget(steps=20)).run_sync(QUESTION)


def stopped(trace: Trace) -> list[int]:
    """Which of the polls did not run, from 0."""
    polls = [record for record in trace.calls if record.call == POLL]
    return [number for number, record in enumerate(polls) if record.status == "guarded"]


def test_dedup_stops_every_repeat_polling_included() -> None:
    assert stopped(poll(Dedup(), "running", "running", "done")) == [1, 2]


def test_dedup_lets_other_arguments_through() -> None:
    toys = Toys()
    trace = Agent(canned(call("get_user", id=7), call("get_user", id=8), "ok"), toys.box, [Dedup()]).run_sync(QUESTION)
    assert [record.status for record in trace.calls] == ["ran", "ran"]


def test_dedup_sees_the_order_of_arguments_and_the_same_turn() -> None:
    toys = Toys()
    turn = Reply("", (call("send", a=1, b=2), call("send", b=2, a=1)))
    trace = Agent(canned(turn, "ok"), toys.box, [Dedup()]).run_sync(QUESTION)
    assert [record.status for record in trace.calls] == ["ran", "guarded"]


def test_dedup_ends_a_loop_of_invalid_calls() -> None:
    policy, toys = same_call_forever(call("get_usr")), Toys()
    trace = Agent(policy, toys.box, [Dedup("answer_now")]).run_sync(QUESTION)
    assert [record.status for record in trace.calls] == ["invalid", "guarded", "skipped"]


@pytest.mark.parametrize(
    ("patience", "answers", "refused"),
    [
        (0, ["1 %", "2 %", "3 %", "done"], []),
        (0, ["running", "running", "running"], [2]),
        (1, ["running"] * 5, [3, 4]),
        (1, ["running", "running", "running", "done"], [3]),
        (9, ["running"] * 8, []),
    ],
)
def test_by_state_a_changed_result_makes_a_repeat_legitimate(
    patience: int, answers: list[str], refused: list[int]
) -> None:
    assert stopped(poll(DedupByState(patience=patience), *answers)) == refused


def test_by_state_another_result_makes_a_repeat_legitimate() -> None:
    # Five polls; the write comes after the third.
    strict = DedupByState(patience=0)
    assert stopped(poll(strict, "a", "a", "a", between=[POLL, POLL, call("write")])) == [2, 4]


@pytest.mark.parametrize(("version", "refused"), [(lambda tick: tick, []), (lambda tick: 0, [1, 2])])
def test_a_fingerprint_may_come_from_outside(version: Callable[[int], int], refused: list[int]) -> None:
    guard = DedupByState(lambda state: version(len(state.steps)), patience=0)
    assert stopped(poll(guard, "x", "x", "x")) == refused


def test_by_state_a_second_try_after_a_failure_is_let_through() -> None:
    assert stopped(poll(DedupByState(), ToolError("busy"), ToolError("busy"), "done")) == []
    assert stopped(poll(Dedup(), ToolError("busy"), "done")) == [1]


def test_what_is_remembered_belongs_to_one_run() -> None:
    guard = DedupByState(patience=0)
    assert stopped(poll(guard, "x", "x")) == stopped(poll(guard, "x", "x")) == []


def test_a_limit_counts_what_ran() -> None:
    assert stopped(poll(PerTool(2), "1", "2", "3", between=[call("other"), call("other")])) == [2]
    assert stopped(poll(PerTool({"other": 0}), "1", "2")) == []
    toys = Toys()
    turn = Reply("", (call("send"), call("send"), call("get_user", id="x"), call("get_user", id=7)))
    trace = Agent(canned(turn, "ok"), toys.box, [PerTool(1)]).run_sync(QUESTION)
    assert [record.status for record in trace.calls] == ["ran", "guarded", "invalid", "ran"]


def test_no_progress_ends_a_loop_with_changing_arguments() -> None:
    box = Toolbox([bound("look", lambda page: "nothing here")])
    trace = Agent(canned(*[call("look", page=n) for n in range(9)]), box, [NoProgress(3)]).run_sync(QUESTION)
    assert (trace.ending, trace.reason) == ("forced", "3 turns brought nothing new")
    assert [record.status for record in trace.calls] == ["ran"] * 4 + ["guarded", "skipped"]


def test_no_progress_lets_a_run_go_on_that_learns_something() -> None:
    trace = poll(NoProgress(2), *"aabbccdd")
    assert (trace.ending, stopped(trace)) == ("answered", [])


@pytest.mark.parametrize(
    ("guard", "allowed"),
    [
        (LeastPrivilege(), {"get_user"}),
        (LeastPrivilege(risks=("read", "write")), {"get_user", "send"}),
        (LeastPrivilege({"send"}, ("read", "write", "destructive")), {"send"}),
        (LeastPrivilege({"send"}), set()),
    ],
)
def test_least_privilege(guard: LeastPrivilege, allowed: set[str]) -> None:
    toys = Toys()
    turn = Reply("", (call("get_user", id=7), call("send"), call("delete_user")))
    trace = Agent(canned(turn, "ok"), toys.box, [guard]).run_sync(QUESTION)
    assert {record.call.name for record in trace.calls if record.status != "guarded"} - {"delete_user"} == allowed
    assert "delete_user" not in toys.ran


def test_a_refusal_is_one_json_object_with_a_way_out() -> None:
    trace: Any = poll(Dedup(), "x", "x")
    assert set(json.loads(trace.calls[1].result.content)) == {"error", "hint"}
