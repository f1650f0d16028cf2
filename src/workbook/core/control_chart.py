"""A control chart for a share of failures, call by call: the Bernoulli CUSUM, with its false-alarm rate in one number.

Each failure adds ``step - 1``, each success takes 1 away, never below 0; at ``limit`` there is an alarm. That is the
likelihood ratio between a usual and a worse rate in whole numbers (Reynolds and Stoumbos 1999), so that the level is a
small Markov chain and the mean number of calls to an alarm (the average run length) is computed and not guessed. A
p-chart needs windows, and waits for the end of one; a smoothed rate (EWMA) has no such exact answer.

It supposes independent calls and a usual rate that is known. Bursts of failures, such as retries, alarm more often.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbook.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HIGHEST_LIMIT = 2000
"""States of the chain; a chart that needs more asks for too small a difference."""


@dataclass(frozen=True)
class Chart:
    """How much a failure weighs, and where the alarm is; made by :func:`chart`."""

    usual: float
    worse: float
    step: int
    limit: int

    def run_length(self, rate: float) -> float:
        """Calls until an alarm, on average, at this rate of failures."""
        import numpy as np

        steps = self._steps(rate)
        return float(np.linalg.solve(np.eye(self.limit) - steps, np.ones(self.limit))[0])

    def seen_within(self, rate: float, calls: int) -> list[float]:
        """The probability of an alarm by the first call, by the second, and so on."""
        import numpy as np

        steps, quiet = self._steps(rate), np.zeros(self.limit)
        quiet[0], seen = 1.0, []
        for _ in range(calls):
            quiet = quiet @ steps
            seen.append(1 - float(quiet.sum()))
        return seen

    def _steps(self, rate: float) -> NDArray[np.float64]:
        """The chain below the limit: row and column are levels, before a call and after it."""
        import numpy as np

        steps = np.zeros((self.limit, self.limit))
        for level in range(self.limit):
            steps[level, max(0, level - 1)] += 1 - rate
            if level + self.step - 1 < self.limit:
                steps[level, level + self.step - 1] += rate
        return steps


@dataclass
class Watch:
    """A chart at work; after an alarm it starts anew. ``levels`` is the level after each call."""

    chart: Chart
    level: int = 0
    levels: list[int] = field(default_factory=list)

    def add(self, failed: bool) -> bool:
        """Count a call; whether this is the alarm."""
        self.level = max(0, self.level + (self.chart.step - 1 if failed else -1))
        self.levels.append(self.level)
        if self.level < self.chart.limit:
            return False
        self.level = 0
        return True


def chart(usual: float, worse: float, false_alarm_every: float) -> Chart:
    """The chart that sees ``worse`` soonest and, at the ``usual`` rate, alarms no oftener than once in so many calls.

    Raises :class:`UsageError` for rates that cannot be told apart.
    """
    if not 0 < usual < worse < 1:
        raise UsageError(
            f"no chart tells a usual rate of {usual:g} from {worse:g}", "Both lie between 0 and 1, the worse one above."
        )
    step = max(2, round(_weight(usual, worse)))
    limit = _least_limit(Chart(usual, worse, step, 1), false_alarm_every)
    return Chart(usual, worse, step, limit)


def _weight(usual: float, worse: float) -> float:
    """How many successes a failure outweighs: the ratio of the two log likelihood ratios, plus one."""
    success = -math.log((1 - worse) / (1 - usual))
    failure = math.log(worse / usual)
    return 1 + failure / success


def _least_limit(first: Chart, wanted: float) -> int:
    """By bisection: the run length grows with the limit."""
    low, high = 1, 2
    while _with(first, high).run_length(first.usual) < wanted:
        low, high = high, 2 * high
        if high > HIGHEST_LIMIT:
            raise UsageError(
                f"{first.usual:g} and {first.worse:g} are too close for one false alarm in {wanted:g} calls",
                "Ask for a larger difference, or allow more false alarms.",
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _with(first, middle).run_length(first.usual) < wanted else (low, middle)
    return high


def _with(first: Chart, limit: int) -> Chart:
    return Chart(first.usual, first.worse, first.step, limit)
