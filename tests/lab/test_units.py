"""Numbers in their units."""

import math

import pytest

from workbook.core.stats import Interval
from workbook.lab.units import show_interval, show_margin, show_number


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.624, "share", "62 %"),
        (0.0312, "share", "3.1 %"),
        (0.9949, "share", "99.5 %"),
        (1.0, "share", "100 %"),
        (0.0, "share", "0 %"),
        (-0.123, "points", "−12.3 points"),
        (0.05, "points", "+5.0 points"),
        (0.834, "ratio", "0.83×"),
        (1234.5, "tokens", "1,234 tokens"),
        (12.34, "seconds", "12.3 seconds"),
        (7, "none", "7"),
        (None, "share", "–"),
        (math.nan, "share", "–"),
        (math.inf, "tokens", "∞"),
        (-math.inf, "tokens", "−∞"),
    ],
)
def test_numbers(value, unit, text):
    assert show_number(value, unit) == text


def test_intervals():
    assert show_interval(Interval(0.5, 0.4, math.inf, 3), "ratio") == "0.50× [0.40×, ∞]"
    assert show_interval(Interval(0.04, -0.01, 0.09, 3), "points") == "+4.0 points [−1.0, +9.0]"


@pytest.mark.parametrize("estimate", [math.inf, math.nan])
def test_what_cannot_be_estimated_says_so(estimate):
    assert show_interval(Interval(estimate, 0.0, math.inf, 3), "ratio") == "not estimable"


def test_a_margin_around_a_share_counts_points():
    assert show_margin(0.05) == "5 points"
    assert show_margin(0.025) == "2.5 points"
    assert show_margin(5, "tools") == "5 tools"
