"""From an interval to a verdict, by a rule that was written before the run.

A rule is one of four shapes; its margins stand in ``course/claims.yaml``:

- ``near``: "p %". Holds when the whole interval lies within ``margin`` of
  ``value``, fails when all of it lies outside.
- ``always``: "100 %". Fails at one counterexample. Without one it holds when
  the lower end of the interval lies within ``margin`` of 100 %; what that end
  leaves open is the failure rate that is still possible.
- ``above``, ``below``: holds when the whole interval lies on that side of
  ``value``, fails when it lies on the other.

Everything between is ``not distinguishable``: more tasks would be needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, get_args

from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.core.stats import Interval

Verdict = Literal["holds", "fails", "depends", "not distinguishable"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Rule:
    """``shape`` is near, always, above or below; ``value`` and ``margin`` are in the metric's unit."""

    shape: str
    value: float
    margin: float = 0.0

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rule:
        """Read ``{"is": "near", "value": 0.95, "margin": 0.05}``; an unknown shape names the nearest."""
        shape = str(data.get("is"))
        if shape not in SHAPES:
            raise unknown("rule", shape, SHAPES)
        missing = NEEDS[shape] - data.keys()
        if missing or data.keys() - NEEDS[shape] - {"is"}:
            raise WorkbookError(f"the rule {shape!r} takes {' and '.join(sorted(NEEDS[shape]))}, not {dict(data)}")
        return cls(shape, float(data.get("value", 1.0)), float(data.get("margin", 0.0)))

    def describe(
        self, number: Callable[[float], str] = "{:g}".format, distance: Callable[[float], str] = "{:g}".format
    ) -> str:
        """The rule in words, as a card shows it; values and margins are written by ``number`` and ``distance``."""
        return WORDS[self.shape].format(value=number(self.value), margin=distance(self.margin))


def verdict(rule: Rule, interval: Interval, ladder: Sequence[Interval] = ()) -> Verdict:
    """What the rule says of an interval.

    ``ladder`` holds the same measure for other checkpoints of the same training:
    when the claim holds at one of them and fails at another, it ``depends``.
    """
    judge = SHAPES[rule.shape]
    found = {judge(rule, rung) for rung in (interval, *ladder)}
    if {"holds", "fails"} <= found:
        return "depends"
    return judge(rule, interval)


def failure_bound(rule: Rule, interval: Interval) -> float | None:
    """For a claim of "always" without counterexample: the highest failure rate still compatible with that."""
    if rule.shape != "always" or interval.estimate < 1:
        return None
    return 1 - interval.low


def tries_needed(rule: Rule) -> int | None:
    """For a claim of "always": the fewest independent tries that can make it hold; with fewer it can only fail.

    That many without failure put Wilson's lower end at the margin: ``n / (n + z ** 2)``; 73 for 5 % at 95 %.
    """
    if rule.shape != "always":
        return None
    return math.ceil(NormalDist().inv_cdf(0.975) ** 2 * (1 - rule.margin) / rule.margin)


def _near(rule: Rule, interval: Interval) -> Verdict:
    least, most = rule.value - rule.margin, rule.value + rule.margin
    if least <= interval.low and interval.high <= most:
        return "holds"
    return "fails" if interval.high < least or interval.low > most else "not distinguishable"


def _always(rule: Rule, interval: Interval) -> Verdict:
    if interval.estimate < 1:
        return "fails"
    return "holds" if interval.low >= 1 - rule.margin else "not distinguishable"


def _above(rule: Rule, interval: Interval) -> Verdict:
    if interval.low > rule.value:
        return "holds"
    return "fails" if interval.high < rule.value else "not distinguishable"


def _below(rule: Rule, interval: Interval) -> Verdict:
    return _above(Rule("above", -rule.value), interval.scaled(-1))


SHAPES: Mapping[str, Callable[[Rule, Interval], Verdict]] = {
    "near": _near,
    "always": _always,
    "above": _above,
    "below": _below,
}
NEEDS: Mapping[str, set[str]] = {
    "near": {"value", "margin"},
    "always": {"margin"},
    "above": {"value"},
    "below": {"value"},
}
WORDS: Mapping[str, str] = {
    "near": "within {margin} of {value}",
    "always": "no counterexample, and no more than {margin} of failures still possible",
    "above": "above {value}",
    "below": "below {value}",
}
