"""The loop: its stages in order, its endings, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from agent_toys import ANN, QUESTION, Toys, bound, call

from workbook.agent import ALLOW, Agent, Approval, Budget, Trace, Verdict, always, ask, canned, same_call_forever
from workbook.agent.scripted import Scripted
from workbook.core.chat import ToolCall, user
from workbook.core.errors import UsageError
from workbook.models.base import Reply
from workbook.tools import Toolbox


@pytest.fixture
def toys() -> Toys:
    return Toys()


class Fixed:
    """A guard with one opinion."""

    def __init__(self, verdict: Verdict | Exception, at: str = "call", name: str = "fixed") -> None:
        self.verdict, self.at, self.name = verdict, at, name

    def look(self, *_: Any) -> Verdict:
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


def run(toys: Toys, *turns: Any, **how: Any) -> Trace:
    return Agent(canned(*turns), toys.box, **how).run_sync(QUESTION)


def error(trace: Trace, index: int = 0) -> dict[str, str]:
    result = trace.calls[index].result
    assert result is not None
    assert result.error
    return json.loads(result.content)


def test_a_call_runs_and_its_result_comes_back(toys: Toys) -> None:
    trace = run(toys, call("get_user", id=7), "Ann.")
    assert (trace.ending, trace.answer, trace.scripted, toys.ran) == ("answered", "Ann.", True, ["get_user"])
    assert [message.role for message in trace.messages] == ["user", "assistant", "tool", "assistant"]
    assert trace.messages[2].content == ANN


@pytest.mark.parametrize(
    ("made", "status", "said"),
    [
        (call("get_usr", id=7), "invalid", "did you mean 'get_user'"),
        (call("get_user", id="x"), "invalid", "not of type 'integer'"),
        (call("no_user", id=7), "failed", "no such user"),
        (call("boom"), "broken", "ValueError"),
        (call("slow"), "timed out", "longer than 0.05 s"),
        (call("delete_user", id=7), "denied", "not allowed"),
    ],
)
def test_what_goes_wrong_comes_back_as_a_short_message(toys: Toys, made: ToolCall, status: str, said: str) -> None:
    trace = run(toys, made, "Sorry.", budget=Budget(call_seconds=0.05))
    assert (trace.ending, trace.calls[0].status) == ("answered", status)
    assert said in error(trace)["error"]
    assert error(trace)["hint"]


def test_the_message_of_an_unexpected_error_is_for_people_only(toys: Toys) -> None:
    trace = run(toys, call("boom"), "Sorry.")
    assert "hunter2" in trace.calls[0].detail
    assert all("hunter2" not in message.content for message in trace.messages)


def test_the_schema_is_asked_before_the_tools_own_check() -> None:
    asked: list[Any] = []
    tool = bound("get", lambda id: "x", id={"type": "integer"})
    object.__setattr__(tool, "check", lambda arguments: asked.append(arguments) or ["no such id"])
    trace = Agent(canned(call("get", id="7"), call("get", id=7), "?"), Toolbox([tool])).run_sync(QUESTION)
    assert asked == [{"id": 7}]
    assert [record.status for record in trace.calls] == ["invalid", "invalid"]
    assert error(trace, 1)["error"] == "no such id"


def test_a_check_that_breaks_has_not_said_yes() -> None:
    tool = bound("get", lambda: "x")
    object.__setattr__(tool, "check", lambda arguments: 1 / 0)
    trace = Agent(canned(call("get"), "?"), Toolbox([tool])).run_sync(QUESTION)
    assert "could not be checked" in error(trace)["error"]


def test_an_unreadable_turn_runs_nothing_and_comes_back(toys: Toys) -> None:
    trace = run(toys, Reply("", (call("get_user", id=7),), ("call 2: not JSON",)), "Sorry.")
    assert toys.ran == []
    assert json.loads(trace.messages[2].content)["error"] == "call 2: not JSON"
    assert (trace.steps[0].calls, trace.ending) == ((), "answered")


def test_calls_of_a_turn_run_together_and_keep_their_order() -> None:
    both = asyncio.Barrier(2)

    async def meet(name: str) -> str:
        await both.wait()  # never passes when one is run after the other
        await asyncio.sleep(0.02 if name == "a" else 0)
        return name

    box = Toolbox([bound("meet", meet)])
    policy = canned(Reply("", (call("meet", name="a"), call("meet", name="b"))), "ok")
    trace = Agent(policy, box, budget=Budget(call_seconds=5)).run_sync(QUESTION)
    assert [record.result.content for record in trace.calls if record.result] == ["a", "b"]


def test_a_tool_cannot_change_what_it_was_asked() -> None:
    box = Toolbox([bound("get", lambda where: where.clear() or "x")])
    trace = Agent(canned(call("get", where={"a": 1}), "ok"), box).run_sync(QUESTION)
    assert trace.calls[0].call.arguments == {"where": {"a": 1}}


@pytest.mark.parametrize("gives", [None, {"a": 1}, asyncio.CancelledError()])
def test_a_tool_that_breaks_its_promise_is_broken(gives: Any) -> None:
    def give() -> Any:
        if isinstance(gives, BaseException):
            raise gives
        return gives

    trace = Agent(canned(call("give"), "ok"), Toolbox([bound("give", give)])).run_sync(QUESTION)
    assert (trace.calls[0].status, trace.ending) == ("broken", "answered")


@pytest.mark.parametrize(
    ("budget", "reason"), [(Budget(steps=3), "3 of 3 steps"), (Budget(tokens=20), "tokens"), (Budget(seconds=0), "0 s")]
)
def test_a_spent_budget_forces_one_answer_without_tools(toys: Toys, budget: Budget, reason: str) -> None:
    offered: list[int] = []

    def script(messages: Any, tools: Any) -> Reply:
        offered.append(len(tools))
        return Reply("", (call("get_user", id=7),)) if tools else Reply("Ann, I think.")

    trace = Agent(Scripted(script, "asks"), toys.box, budget=budget).run_sync(QUESTION)
    assert (trace.ending, trace.answer, trace.steps[-1].forced) == ("forced", "Ann, I think.", True)
    assert reason in trace.reason
    assert offered.count(0) == 1
    assert offered[-1] == 0


def test_calls_in_a_forced_answer_do_not_run(toys: Toys) -> None:
    trace = Agent(same_call_forever(call("send")), toys.box, budget=Budget(steps=2)).run_sync(QUESTION)
    assert toys.ran == ["send", "send"]
    assert [record.status for record in trace.calls] == ["ran", "ran", "skipped"]
    assert (trace.ending, trace.answer) == ("forced", "")


@pytest.mark.parametrize("turns", [(), (call("get_user", id=7),)])
def test_a_policy_that_raises_leaves_its_trace(toys: Toys, turns: tuple[Any, ...]) -> None:
    trace = run(toys, *turns)
    assert (trace.ending, len(trace.steps)) == ("failed", len(turns))
    assert "WorkbookError: the script is over" in trace.reason


def test_a_cancelled_run_shows_what_it_has(toys: Toys) -> None:
    seen: list[Trace] = []

    async def cancel() -> None:
        agent = Agent(canned(Reply("", (call("get_user", id=7), call("slow"))), "never"), toys.box)
        task = asyncio.create_task(agent.run(QUESTION, seen.append))
        while "slow" not in toys.ran:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert seen[-1].ending == "cancelled"
    assert [record.status for record in seen[-1].calls] == ["ran", "unfinished"]


def test_watching_shows_every_step(toys: Toys) -> None:
    seen: list[Trace] = []
    agent = Agent(canned(call("get_user", id=7), "Ann."), toys.box)
    trace = agent.run_sync(QUESTION, seen.append)
    assert [(len(shown.steps), shown.ending) for shown in seen] == [(1, "running"), (2, "answered")]
    assert seen[-1] == trace


def test_without_await_inside_a_running_loop(toys: Toys) -> None:
    async def cell() -> Trace:
        return run(toys, call("get_user", id=7), "Ann.")

    assert asyncio.run(cell()).answer == "Ann."


def test_guards_come_before_approval_and_stand_in_the_trace(toys: Toys) -> None:
    guards = [Fixed(ALLOW, name="first"), Fixed(Verdict("replace_result", "no", "cached")), Fixed(ALLOW, name="last")]
    trace = run(toys, call("delete_user", id=7), "ok", guards=guards, approve=Approval(always(True)))
    [record] = trace.calls
    assert (record.status, record.asked, toys.ran) == ("guarded", None, [])
    assert [(look.guard, look.decision) for look in record.looks] == [("first", "allow"), ("fixed", "replace_result")]
    assert [(row["guard"], row["looks"], row["acted"]) for row in trace.guard_rows()] == [
        ("first", 1, 0),
        ("fixed", 1, 1),
        ("last", 0, 0),
    ]


@pytest.mark.parametrize(("answer", "status"), [(True, "ran"), (False, "denied")])
def test_what_guards_flag_is_settled_by_a_person_once(toys: Toys, answer: bool, status: str) -> None:
    guards = [Fixed(ask("odd")), Fixed(ask("late"), name="second"), Fixed(ALLOW, name="last")]
    trace = run(toys, call("send"), "ok", guards=guards, approve=Approval(always(answer), risks=()))
    [record] = trace.calls
    assert record.asked is not None
    assert (record.status, record.asked.reason, toys.ran) == (status, "odd; late", ["send"] * answer)
    assert [look.decision for look in record.looks] == ["ask", "ask", "allow"]


def test_a_flag_without_a_person_is_a_no_and_an_invalid_call_is_not_asked_about(toys: Toys) -> None:
    trace = run(toys, call("send"), call("get_user", id="seven"), "ok", guards=[Fixed(ask("odd"))])
    assert ([record.status for record in trace.calls], toys.ran) == (["denied", "invalid"], [])


def test_a_flagged_result_is_withheld(toys: Toys) -> None:
    [record] = run(toys, call("send"), "ok", guards=[Fixed(ask("odd"), "result")]).calls
    assert record.result is not None
    assert (record.status, json.loads(record.result.content)) == ("ran", {"error": "odd"})


@pytest.mark.parametrize(("decision", "ending"), [("stop", "stopped"), ("answer_now", "forced")])
@pytest.mark.parametrize("at", ["call", "result"])
def test_a_guard_ends_the_run(toys: Toys, decision: Any, ending: str, at: str) -> None:
    turn = Reply("", (call("get_user", id=7), call("send")))
    trace = run(toys, turn, "Enough.", guards=[Fixed(Verdict(decision, "enough"), at)])
    assert (trace.ending, trace.reason) == (ending, "enough")
    assert toys.ran == ([] if at == "call" else ["get_user", "send"])
    assert [record.status for record in trace.calls] == (["guarded", "skipped"] if at == "call" else ["ran", "ran"])


@pytest.mark.parametrize("broken", [KeyError("x"), None, True])
def test_a_guard_that_breaks_lets_nothing_through(broken: Any, toys: Toys) -> None:
    trace = run(toys, call("get_user", id=7), "ok", guards=[Fixed(broken)])
    assert (toys.ran, trace.calls[0].status) == ([], "guarded")
    assert "broke" in trace.calls[0].looks[0].reason
    trace = run(toys, call("get_user", id=7), "ok", guards=[Fixed(broken, "result")])
    assert (toys.ran, trace.calls[0].status) == (["get_user"], "ran")
    assert all("ann@" not in message.content for message in trace.messages)


def test_guards_at_results_go_one_after_the_other_and_leave_our_own_words(toys: Toys) -> None:
    guards = [
        Fixed(Verdict("replace_result", "", "one"), "result"),
        Fixed(Verdict("replace_result", "", "two"), "result"),
    ]
    turn = Reply("", (call("get_user", id=7), call("no_user", id=7), call("boom"), call("nothing")))
    trace = run(toys, turn, "ok", guards=guards)
    assert [record.result.content[:3] for record in trace.calls if record.result] == ["two", "two", '{"e', '{"e']
    assert trace.calls[0].raw == ANN


def test_a_misspelt_rule_is_refused_rather_than_never_asked(toys: Toys) -> None:
    with pytest.raises(UsageError, match="moment"):
        Agent(canned(), toys.box, guards=[Fixed(ALLOW, "calls")])
    with pytest.raises(UsageError, match="get_user"):
        Agent(canned(), toys.box, approve=Approval(tools=("get_usr",)))
    with pytest.raises(UsageError, match="one string"):
        Agent(canned(), toys.box, secrets="hunter2")
    with pytest.raises(UsageError, match="grammar"):
        Agent(canned(), toys.box, constraint="grammer")  # type: ignore[arg-type]


def test_secrets_never_show(toys: Toys) -> None:
    agent = Agent(
        canned(call("get_user", id=7), call("boom"), "Ann."), toys.box, secrets={"hunter2", "ann@example.org"}
    )
    trace = agent.run_sync((user("hunter2?"),))
    assert all(secret not in str(trace.steps) + str(trace.given) for secret in ("hunter2", "ann@example.org"))


def test_runs_of_one_agent_may_overlap(toys: Toys) -> None:
    agent = Agent(canned(call("get_user", id=7), "Ann."), toys.box)

    async def both() -> list[Trace]:
        return await asyncio.gather(agent.run(QUESTION), agent.run(QUESTION))

    assert [len(trace.steps) for trace in asyncio.run(both())] == [2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("constraint", ["free", "grammar"])
def test_the_pocket_model_calls_a_tool_and_answers_from_its_result(pocket: str, constraint: Any) -> None:
    from workbook.models import load_model

    asked: list[str] = []
    tool = bound("get_weather", lambda city: asked.append(city) or '{"temperature": 31}', city={"type": "string"})
    agent = Agent(load_model(pocket), Toolbox([tool]), constraint=constraint, budget=Budget(steps=3))
    trace = agent.run_sync((user("Get the weather for the city Oslo. Tell me the temperature."),))
    assert (asked, trace.ending, trace.scripted) == (["Oslo"], "answered", False)
    assert "31" in trace.answer
    assert trace.steps[0].prompt_tokens > 10
