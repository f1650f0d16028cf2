"""Faults under an agent at work: which causes they leave, and that silent ones leave none."""

from __future__ import annotations

from collections import Counter

import pytest

from workbook.core.errors import UsageError
from workbook.lab.watching import KINDS, WITHIN, Fault, calm_calls, calm_causes, causes_under, watched

LEAVES = {
    "error": "server", "malformed": "server", "dropped": "server", "busy": "rate", "stale": "bad arguments",
    "demanding": "bad arguments", "misnames an argument": "bad arguments", "invents a tool": "wrong tool",
    "shows no token": "permission",
}  # fmt: skip


@pytest.fixture(scope="module")
def calm():
    return calm_causes(400)


def test_calm_calls_fail_as_seldom_as_the_tasks_and_the_slips_say(calm):
    assert calm == calm_causes(400)
    assert calm[:50] != calm_causes(50, seed=1)
    share = Counter(calm)
    assert 0.02 < 1 - share[None] / len(calm) < 0.15
    assert {"semantic", "permission", "bad arguments"} <= set(share)


def test_calm_calls_say_which_operation_was_called(calm):
    calls = calm_calls(400)
    assert [cause for _, cause in calls] == calm
    assert {name.split("_")[0] for name, _ in calls} >= {"people", "payroll"}
    assert len({name for name, _ in calls}) > 50


@pytest.mark.parametrize("kind", LEAVES)
def test_a_fault_leaves_its_cause_from_its_call_on(kind):
    causes = causes_under(Fault(kind, 1.0, begins=40), 100)
    before, after = Counter(causes[:40]), Counter(causes[40:])
    assert after[LEAVES[kind]] >= 6
    assert before[LEAVES[kind]] <= 5


def test_slow_answers_leave_no_cause():
    assert causes_under(Fault("latency", 1.0), 60) == causes_under(Fault("latency", 0.0), 60)


def test_what_is_seen_and_what_is_not(calm):
    rows = watched(4, calm, kinds=("error", "latency"))
    assert len(rows) == 8
    noticed = rows.groupby("fault").noticed.agg(["min", "max"])
    assert list(noticed.loc["error"]) == [1, 1]
    assert (rows[rows.noticed == 0].calls == WITHIN).all()
    assert (rows[rows.noticed == 1].calls <= WITHIN).all()
    assert set(rows[rows.fault == "latency"].noticed) == {0}
    assert set(rows[(rows.fault == "error") & (rows.arm == "by cause")].series) <= {"server", "all"}


def test_few_trials_hold_all_kinds_and_misspelt_ones_are_refused():
    assert len(set(KINDS)) == len(KINDS) == 11
    with pytest.raises(UsageError, match="latency"):
        Fault("latencies", 0.1)
