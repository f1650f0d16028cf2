"""The chart's run lengths, computed, against simulated calls; and what no chart can tell apart."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, stdev

import pytest

from workbook.core.control_chart import Chart, Watch, chart
from workbook.core.errors import UsageError


def simulated(made: Chart, rate: float, runs: int, seed: int = 1) -> list[int]:
    """Calls to the first alarm, run by run."""
    rng, lengths = Random(seed), []
    for _ in range(runs):
        watch, calls = Watch(made), 1
        while not watch.add(rng.random() < rate):
            calls += 1
        lengths.append(calls)
    return lengths


@pytest.mark.parametrize(("usual", "worse", "every"), [(0.05, 0.2, 500), (0.02, 0.3, 400), (0.2, 0.4, 300)])
def test_false_alarms_come_as_seldom_as_computed(usual, worse, every):
    made = chart(usual, worse, every)
    computed, lengths = made.run_length(usual), simulated(made, usual, 600)
    assert computed >= every
    error = stdev(lengths) / math.sqrt(len(lengths))
    assert fmean(lengths) == pytest.approx(computed, abs=4 * error)


def test_a_limit_that_is_one_lower_alarms_too_often():
    made = chart(0.05, 0.2, 500)
    assert Chart(made.usual, made.worse, made.step, made.limit - 1).run_length(0.05) < 500


def test_the_run_length_of_a_small_chain_is_that_of_pencil_and_paper():
    """With step 2 and limit 2 two failures in a row alarm (from 0): 1/p + 1/p^2 with a walk that falls back."""
    p = 0.5
    assert Chart(0.1, p, 2, 2).run_length(p) == pytest.approx(1 / p + 1 / p**2)
    assert Chart(0.1, p, 2, 1).run_length(0.25) == pytest.approx(4)


def test_the_share_of_alarms_by_a_call_is_that_of_simulated_runs():
    made = chart(0.05, 0.4, 1000)
    seen, lengths = made.seen_within(0.4, 40), simulated(made, 0.4, 2000)
    for calls in (5, 10, 40):
        assert sum(length <= calls for length in lengths) / len(lengths) == pytest.approx(seen[calls - 1], abs=0.05)
    assert seen == sorted(seen)


def test_a_worse_rate_is_seen_sooner():
    made = chart(0.02, 0.2, 2000)
    lengths = [made.run_length(rate) for rate in (0.02, 0.1, 0.2, 0.5, 1.0)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] == math.ceil(made.limit / (made.step - 1))


def test_after_an_alarm_it_starts_anew():
    watch = Watch(Chart(0.1, 0.5, 3, 4))
    assert [watch.add(failed) for failed in (True, True, True, False, True, True)] == [
        False, True, False, False, False, True
    ]  # fmt: skip
    assert watch.levels == [2, 4, 2, 1, 3, 5]


@pytest.mark.parametrize(("usual", "worse"), [(0.0, 0.2), (0.2, 0.2), (0.3, 0.1), (0.1, 1.0)])
def test_rates_that_make_no_sense_are_refused(usual, worse):
    with pytest.raises(UsageError, match="tells"):
        chart(usual, worse, 100)


def test_rates_that_are_too_close_are_refused():
    with pytest.raises(UsageError, match="too close"):
        chart(0.2, 0.201, 1e9)
