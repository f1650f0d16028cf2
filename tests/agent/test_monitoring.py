"""Causes of an agent's failures, windows, and alarms at a known rate of false ones."""

from __future__ import annotations

from random import Random
from statistics import fmean

import pytest
from agent_toys import QUESTION, Toys, call

from workbook.agent import Agent, Approval, Budget, Dedup, always, canned
from workbook.agent.monitoring import ALL, Alarm, Monitor, causes_in, charts, windows
from workbook.core.errors import UsageError
from workbook.models.base import Reply
from workbook.tools.causes import CAUSES


def test_every_end_of_a_call_has_its_cause():
    ends = (call("get_user", id=7), call("no_user", id=1), call("boom"), call("nothing"), call("get_user"),
            call("delete_user"), call("get_user", id=7), call("slow"))  # fmt: skip
    agent = Agent(canned(*ends, "Done."), Toys().box, [Dedup()], Approval(always(False)), Budget(9, call_seconds=0.02))
    assert causes_in(agent.run_sync(QUESTION)) == [
        None, "semantic", "server", "wrong tool", "bad arguments", "permission", "permission", "time-out",
    ]  # fmt: skip


def test_a_call_that_was_never_tried_is_no_failure():
    turn = Reply("", (call("get_user", id=7), call("get_user", id=7)))
    trace = Agent(canned(turn, "x"), Toys().box, [Dedup("stop")]).run_sync(QUESTION)
    assert [record.status for record in trace.calls] == ["skipped", "guarded"]
    assert causes_in(trace) == ["permission"]


def test_windows_hold_all_calls_once():
    found = windows([None, "server", None, "rate", "rate"], 2)
    assert [(one.first, one.calls, dict(one.failures)) for one in found] == [
        (0, 2, {"server": 1}), (2, 2, {"rate": 1}), (4, 1, {"rate": 1}),
    ]  # fmt: skip
    assert [one.rate for one in found] == [0.5, 0.5, 1.0]


def calm(calls: int, rng: Random):
    """One in twenty fails, of two causes."""
    return [rng.choice(("semantic", "permission")) if rng.random() < 0.05 else None for _ in range(calls)]


def test_all_charts_together_alarm_no_oftener_than_promised():
    rng = Random(5)
    made = charts(calm(300, rng), false_alarm_every=300)
    lengths = []
    for _ in range(150):
        monitor = Monitor(made)
        while not monitor.add(calm(1, rng)[0]):
            pass
        lengths.append(monitor.calls)
    assert fmean(lengths) > 300


def test_a_new_cause_is_named_and_seen_before_the_sum_shows_it():
    made = charts(calm(400, Random(1)))
    alone = Monitor(made)
    for _ in range(60):
        if alone.add("time-out"):
            break
    assert alone.alarms[0].series in ("time-out", ALL)
    rng, both = Random(2), Monitor(made)
    for _ in range(2000):
        both.add("time-out" if rng.random() < 0.12 else calm(1, rng)[0])
    first = {name: next((a.call for a in both.alarms if a.series == name), 10**6) for name in (ALL, "time-out")}
    assert first["time-out"] < first[ALL]


def test_one_chart_alone_names_no_cause():
    monitor = Monitor(charts(calm(200, Random(3)), by_cause=False))
    for _ in range(40):
        monitor.add("rate")
    assert {alarm.series for alarm in monitor.alarms} == {ALL}
    assert set(Monitor(charts(calm(200, Random(3)))).watches) == {ALL, *CAUSES}


def test_an_alarm_says_at_which_call():
    monitor = Monitor(charts([None] * 200, by_cause=False))
    new = [alarm for _ in range(20) for alarm in monitor.add("server")]
    assert new == monitor.alarms
    assert new[0] == Alarm(new[0].call, ALL)
    assert 2 <= new[0].call <= 8


def test_too_few_calm_calls_are_refused():
    with pytest.raises(UsageError, match="too little"):
        charts([None] * 29)
