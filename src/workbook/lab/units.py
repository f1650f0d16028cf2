"""Writing a number in its unit, the same way on cards, in tables and in prose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from workbook.core.stats import Interval

MINUS = "−"
NOT_ESTIMABLE = "not estimable"


def show_number(value: float | None, unit: str = "share") -> str:
    """Such as ``62 %``, ``+4.0 points``, ``0.83×`` or ``12.3 tokens``; a dash for no number."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return FORMS.get(unit, lambda v: f"{_plain(v)} {unit}")(value).replace("-", MINUS)


def show_interval(interval: Interval, unit: str = "share") -> str:
    """An estimate with its interval: ``62 % [50 %, 73 %]``, ``+4.0 points [−1.0, +9.0]``.

    A cost without a right answer, or a ratio with such a cost, is ``not estimable``.
    """
    if not math.isfinite(interval.estimate):
        return NOT_ESTIMABLE
    shown = show_number(interval.estimate, unit)
    # A unit that is a word is written once.
    ends = [show_number(end, unit).removesuffix(f" {unit}") for end in (interval.low, interval.high)]
    return f"{shown} [{', '.join(ends)}]"


def show_margin(margin: float, unit: str = "share") -> str:
    """A distance: between two shares it counts points."""
    return show_number(margin, "points" if unit == "share" else unit).lstrip("+").replace(".0 ", " ")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _percent(value: float) -> str:
    # Close to 0 and to 100 % the next digit is the one that matters.
    percent = 100 * value
    digits = 1 if 0 < abs(percent) < 10 or 90 < percent < 100 else 0
    return f"{percent:.{digits}f} %".replace(".0 %", " %")


FORMS: Mapping[str, Callable[[float], str]] = {
    "share": _percent,
    "points": lambda value: f"{100 * value:+.1f} points",
    "ratio": lambda value: f"{value:.2f}×",
    "none": _plain,
}
