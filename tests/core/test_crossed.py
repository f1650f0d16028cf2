"""Intervals over runs and items: their coverage, what few runs mean, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from workbook.core.crossed import crossed, drawn_means
from workbook.core.errors import WorkbookError
from workbook.core.stats import wilson


def covered(runs: int, spread: float, tries: int = 120) -> float:
    """Share of simulated tables whose interval holds the truth: items differ by 1 (logits), runs by ``spread``."""
    chance = np.random.default_rng(7)

    def right(item, run):
        return 1 / (1 + np.exp(-(0.5 + item + run)))

    truth = right(chance.normal(size=100_000), spread * chance.normal(size=100_000)).mean()
    hits = 0
    for _ in range(tries):
        chances = right(chance.normal(size=(1, 100)), spread * chance.normal(size=(runs, 1)))
        found = crossed((chance.random(chances.shape) < chances).astype(float), draws=300)
        hits += found.low <= truth <= found.high
    return hits / tries


@pytest.mark.parametrize(("runs", "spread"), [(3, 0.0), (3, 1.0), (5, 1.0)])
def test_it_covers_the_truth_as_often_as_it_says(runs, spread):
    assert covered(runs, spread) >= 0.9


def test_runs_that_differ_widen_it():
    alike, apart = np.tile([1.0, 0.0], (3, 50)), np.repeat([[1.0], [0.5], [0.0]], 100, axis=1)
    assert crossed(apart).high - crossed(apart).low > 3 * (crossed(alike).high - crossed(alike).low)


def test_fewer_than_three_runs_tell_of_items_alone():
    one = [[1.0] * 60 + [0.0] * 40]
    both = one * 2
    assert crossed(one) == wilson(60, 100)
    assert crossed(both).low == pytest.approx(crossed(one).low, abs=0.02)
    assert -0.9 < crossed([[-1.0] * 6 + [0.0] * 4], least=-1.0).low < -0.6


@pytest.mark.parametrize("mark", [0.0, 1.0, -1.0])
def test_marks_without_any_spread_are_no_certainty(mark):
    found = crossed([[mark] * 40] * 3, least=-1.0)
    assert found.estimate == mark
    assert 0.02 < found.high - found.low < 0.3
    assert mark or found.low == pytest.approx(-found.high, abs=1e-6), "no difference may hide one of either sign"


def test_ends_stay_where_a_mark_can_be():
    found = crossed([[1.0] * 99 + [0.0], [1.0] * 100, [0.0] * 10 + [1.0] * 90])
    assert found.high <= 1
    assert found.n == 100


def test_tables_share_their_draws():
    table = np.random.default_rng(1).random((3, 50)).round()
    means = drawn_means(np.stack([table, table]), draws=50)
    assert means.shape == (50, 2)
    assert np.array_equal(means[:, 0], means[:, 1])


@pytest.mark.parametrize("marks", [[], [1.0, 0.0], [[]]])
def test_what_is_no_table_is_refused(marks):
    with pytest.raises(WorkbookError, match="runs by items"):
        crossed(marks)
