"""Questions needed, against simulation."""

import numpy as np
import pytest

from workbook.core.errors import WorkbookError
from workbook.lab.power import needed, power


def test_the_chance_is_that_of_a_simulation():
    rng = np.random.default_rng(0)
    a, b, n = 0.6, 0.5, 200
    first, second = rng.binomial(n, a, 20_000) / n, rng.binomial(n, b, 20_000) / n
    spread = np.sqrt((first * (1 - first) + second * (1 - second)) / n)
    assert power(a, b, n) == pytest.approx(np.mean((first - second) / spread > 1.96), abs=0.02)


def test_paired_models_need_fewer_questions_where_they_mostly_agree():
    a, b, discordant, n = 0.6, 0.5, 0.2, 200
    rng = np.random.default_rng(1)
    drawn = rng.choice([1, -1, 0], (20_000, n), p=[(discordant + a - b) / 2, (discordant - a + b) / 2, 1 - discordant])
    z = drawn.mean(1) / (drawn.std(1) / np.sqrt(n))
    assert power(a, b, n, discordant) == pytest.approx(np.mean(z > 1.96), abs=0.02)
    assert needed(a, b, discordant=discordant) < needed(a, b)


@pytest.mark.parametrize("discordant", [None, 0.3])
def test_the_number_needed_is_the_first_with_that_chance(discordant):
    n = needed(0.582, 0.542, 0.8, discordant)
    assert power(0.582, 0.542, n, discordant) >= 0.8 > power(0.582, 0.542, n - 1, discordant)


@pytest.mark.parametrize(
    ("shares", "discordant", "reason"),
    [
        ((58.2, 54.2), None, "between 0 and 1"),
        ((0.6, 0.5), 0.05, "disagree"),
        ((0.9, 0.95), 0.5, "disagree"),
        ((0.5, 0.5), None, "equal"),
    ],
)
def test_what_makes_no_sense_is_an_error(shares, discordant, reason):
    with pytest.raises(WorkbookError, match=reason):
        needed(*shares, discordant=discordant)
