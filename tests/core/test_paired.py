"""The paired score interval: against McNemar's test, against a search for the likeliest shares, and by simulation."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from workbook.core.paired import score_interval
from workbook.core.stats import paired_difference

Z = 1.959963984540054
TABLES = [(3, 0, 20), (4, 0, 23), (6, 0, 60), (10, 2, 60), (25, 5, 40), (1, 9, 30), (0, 7, 12), (5, 5, 11)]


@pytest.mark.parametrize(("gained", "lost", "n"), TABLES)
def test_it_leaves_zero_out_exactly_where_mcnemars_test_does(gained, lost, n):
    low, high = score_interval(gained, lost, n, Z)
    assert (low > 0 or high < 0) == ((gained - lost) ** 2 / (gained + lost) > Z * Z)


@pytest.mark.parametrize(("gained", "lost", "n"), [table for table in TABLES if min(table) > 0])
def test_its_ends_are_where_the_score_is_the_quantile(gained, lost, n):
    """The likeliest shares under a difference, found by search instead of by Tango's formula."""
    for end, sign in zip(score_interval(gained, lost, n, Z), (1, -1), strict=True):

        def unlikely(share, end=end):
            rest = 1 - 2 * share - end
            return -(gained * math.log(share + end) + lost * math.log(share) + (n - gained - lost) * math.log(rest))

        bounds = (max(0, -end) + 1e-9, (1 - end) / 2 - 1e-9)
        share = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        score = (gained - lost - n * end) / math.sqrt(n * (2 * share + end - end * end))
        assert score == pytest.approx(sign * Z, rel=1e-4)


def test_three_tasks_that_differ_one_way_show_nothing():
    low, high = score_interval(3, 0, 20, Z)
    assert low < 0 < high


def test_the_arms_can_change_places():
    low, high = score_interval(9, 2, 31, Z)
    assert score_interval(2, 9, 31, Z) == pytest.approx((-high, -low))


def test_where_all_or_none_differ_the_end_is_the_bound():
    low, high = score_interval(12, 0, 12, Z)
    assert high == 1.0
    assert 0.5 < low < 1
    low, high = score_interval(0, 0, 40, Z)
    assert low == pytest.approx(-high)
    assert 0 < high < 0.1


@pytest.mark.parametrize("shares", [(0.1, 0.02), (0.3, 0.1)])
def test_it_covers_the_truth_as_often_as_it_promises(shares):
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(12, [*shares, 1 - sum(shares)], size=400)
    ends = [score_interval(int(gained), int(lost), 12, Z) for gained, lost, _ in drawn]
    assert np.mean([low <= shares[0] - shares[1] <= high for low, high in ends]) > 0.93


def test_yes_or_no_a_task_is_measured_by_it():
    found = paired_difference([1, 1, 1, 0] * 5, [0, 1, 1, 0] * 5)
    assert (found.low, found.high) == pytest.approx(score_interval(5, 0, 20, Z))
    assert found.estimate == 0.25
