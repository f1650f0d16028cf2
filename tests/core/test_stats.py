"""The intervals against statsmodels and scipy, and their coverage by simulation."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from workbook.core.errors import WorkbookError
from workbook.core.resampling import _reach, too_few
from workbook.core.stats import (
    Interval,
    bootstrap,
    no_failure_bound,
    paired_difference,
    proportion,
    ratio,
    wilson,
)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 40), (1, 7), (38, 40), (40, 40), (501, 1000)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_statsmodels(successes, n, level):
    low, high = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    mine = wilson(successes, n, level)
    assert (mine.estimate, mine.n) == (successes / n, n)
    assert mine.low == pytest.approx(max(low, 0), abs=1e-12)
    assert mine.high == pytest.approx(min(high, 1), abs=1e-12)


@pytest.mark.parametrize("n", [1, 10, 59, 60, 1000])
def test_no_failure_bound_agrees_with_clopper_and_pearson(n):
    # Two-sided at 90 % is one-sided at 95 %.
    _, high = proportion_confint(0, n, alpha=0.1, method="beta")
    assert no_failure_bound(n) == pytest.approx(high, abs=1e-12)


def test_no_failure_bound_is_about_three_over_n():
    assert no_failure_bound(300) == pytest.approx(3 / 300, rel=0.01)


@pytest.mark.parametrize("statistic", [None, np.mean, np.median])
def test_bootstrap_agrees_with_scipy(statistic):
    values = np.random.default_rng(3).gamma(2.0, 1.5, 60)
    mine = bootstrap(values.tolist(), statistic, seed=1, draws=8000)
    theirs = scipy_stats.bootstrap((values,), statistic or np.mean, n_resamples=8000, method="BCa", rng=2)
    low, high = theirs.confidence_interval
    width = high - low
    assert mine.estimate == pytest.approx((statistic or np.mean)(values))
    assert abs(mine.low - low) < 0.06 * width
    assert abs(mine.high - high) < 0.06 * width


def test_bootstrap_of_samples_resamples_whole_tasks():
    # Ten copies of each value carry no more information than one.
    values = np.random.default_rng(0).normal(size=40)
    once = bootstrap(values.tolist(), seed=5)
    tenfold = bootstrap([[v] * 10 for v in values], seed=5)
    assert tenfold.n == once.n == 40
    assert tenfold.low == pytest.approx(once.low)
    assert tenfold.high == pytest.approx(once.high)


def test_bootstrap_repeats_with_the_seed_and_moves_without():
    values = list(np.random.default_rng(0).normal(size=30))
    assert bootstrap(values, seed=1) == bootstrap(values, seed=1)
    assert bootstrap(values, seed=1) != bootstrap(values, seed=2)


def test_ratio_is_sum_over_sum():
    mine = ratio([10, 20, 30], [1, 1, 0])
    assert mine.estimate == 30
    assert mine.low <= 30 <= mine.high


def test_ratio_without_a_right_answer_is_infinite():
    assert ratio([10, 20], [0, 0]).estimate == math.inf
    assert ratio([10, 20, 5], [1, 0, 0]).high == math.inf


def test_paired_difference_agrees_with_scipy():
    chance = np.random.default_rng(8)
    a, b = chance.normal(1, 1, 50), chance.normal(0.5, 1, 50)
    mine = paired_difference(a.tolist(), b.tolist(), draws=8000)
    low, high = scipy_stats.bootstrap((a - b,), np.mean, n_resamples=8000, rng=1).confidence_interval
    assert mine.estimate == pytest.approx((a - b).mean())
    assert abs(mine.low - low) < 0.06 * (high - low)
    assert abs(mine.high - high) < 0.06 * (high - low)


def test_pairing_is_by_task_not_by_position():
    a, b = {"x": [1], "y": [0]}, {"y": [0], "x": [1]}
    assert paired_difference(a, b).estimate == 0


def test_pairing_removes_what_tasks_have_in_common():
    chance = np.random.default_rng(1)
    difficulty = chance.normal(0, 10, 40)
    a, b = difficulty + 1 + chance.normal(0, 0.1, 40), difficulty
    assert paired_difference(a.tolist(), b.tolist()).low > 0.9


def test_equal_arms_are_not_certainly_equal():
    same = paired_difference([1.0] * 10, [1.0] * 10)
    assert same.estimate == 0
    assert same.low < -0.2
    assert same.high > 0.2


def test_unlike_tasks_are_refused():
    with pytest.raises(WorkbookError, match="z"):
        paired_difference({"x": [1], "y": [1]}, {"x": [1], "z": [1]})
    with pytest.raises(WorkbookError, match="2 and 1"):
        paired_difference([1, 1], [1])


def test_proportion_takes_wilson_with_one_trial_a_task():
    assert proportion([1, 0, 1, 1]) == wilson(3, 4)


def test_proportion_counts_tasks_where_all_trials_agree():
    assert proportion([[1, 1, 1]] * 5) == wilson(5, 5)
    assert proportion([[0, 0, 0]] * 5) == wilson(0, 5)


def test_proportion_bootstraps_several_trials_a_task():
    tasks = [[1, 0, 1], [1, 1, 1], [0, 0, 0], [1, 0, 0]] * 5
    assert proportion(tasks) == bootstrap(tasks)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
def test_wilson_covers(p):
    drawn = np.random.default_rng(4).binomial(60, p, 3000)
    covered = np.mean([wilson(int(k), 60).low <= p <= wilson(int(k), 60).high for k in drawn])
    assert 0.93 <= covered <= 0.985


def test_bootstrap_covers_with_correlated_samples():
    # Each task has its own rate, and is sampled five times: an interval that counts samples would cover far less.
    chance = np.random.default_rng(5)
    covered, naive = [], []
    for _ in range(300):
        rates = chance.beta(0.5, 0.5, 40)
        tasks = chance.binomial(1, rates[:, None], (40, 5))
        found = bootstrap(tasks.tolist(), draws=400, seed=int(chance.integers(1 << 30)))
        covered.append(found.low <= 0.5 <= found.high)
        wrong = wilson(int(tasks.sum()), tasks.size)
        naive.append(wrong.low <= 0.5 <= wrong.high)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.mean(naive) < 0.8


def test_paired_difference_covers():
    chance = np.random.default_rng(6)
    covered = []
    for _ in range(300):
        base = chance.normal(0, 3, 30)
        a, b = base + chance.normal(0.4, 1, 30), base + chance.normal(0, 1, 30)
        found = paired_difference(a.tolist(), b.tolist(), draws=400, seed=int(chance.integers(1 << 30)))
        covered.append(found.low <= 0.4 <= found.high)
    assert 0.90 <= np.mean(covered) <= 0.98


def test_a_ratio_of_few_paired_times_covers():
    # As in a timing of six prompts; read off plainly, the quantiles would cover 0.82.
    chance = np.random.default_rng(1)

    def timed(n):
        length = chance.lognormal(0, 0.45, n)
        slower = 1.15 * np.exp(0.05 * chance.normal(size=n))
        return [length * factor * np.exp(0.05 * chance.normal(size=n)) for factor in (slower, 1)]

    top, bottom = timed(200_000)
    truth = top.sum() / bottom.sum()
    found = [ratio(*timed(6), seed=i, draws=500) for i in range(600)]
    assert 0.89 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.97


@pytest.mark.parametrize("n", [6, 12, 60])
def test_few_tasks_widen_as_students_t_does(n):
    assert _reach(n, 0.95) == pytest.approx(scipy_stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1)), rel=2e-3)


def test_one_task_says_nothing_about_another():
    assert bootstrap([3.0]) == Interval(3.0, -math.inf, math.inf, 1)


def test_from_too_few_tasks_nothing_follows():
    # Five values lie on one side of the truth once in sixteen times.
    assert [too_few(n) for n in (1, 5, 6, 60)] == [True, True, False, False]
    assert not too_few(5, level=0.9)
    five = ratio([10, 11, 12, 13, 14], [9, 9, 9, 9, 9])
    assert (five.low, five.high, five.n) == (-math.inf, math.inf, 5)
    assert ratio([10, 11, 12, 13, 14, 15], [9] * 6).low > 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(1, 0),
        lambda: wilson(3, 2),
        lambda: wilson(-1, 2),
        lambda: wilson(1, 2, level=1.5),
        lambda: bootstrap([]),
        lambda: bootstrap([[1], []]),
        lambda: ratio([1, 2], [1]),
        lambda: ratio([], []),
        lambda: no_failure_bound(0),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(WorkbookError):
        call()


def test_format():
    interval = Interval(0.834, 0.776, 0.871, 60)
    assert interval.format() == str(interval) == "0.83 [0.78, 0.87]"
    assert interval.format(percent=True) == "83 % [78 %, 87 %]"
    assert interval.to_dict() == {"estimate": 0.834, "low": 0.776, "high": 0.871, "n": 60}
    assert interval.scaled(-100).low == pytest.approx(-87.1)
