"""Intervals: how sure a measured number is.

Covers proportions (Wilson), means and ratios over tasks (bootstrap), paired
differences (Tango where each task is one yes or no), and the exact bound when nothing failed. Tasks are the unit: all
samples of one task are drawn together, for they are not independent.
Leaves out verdicts (``workbook.lab.verdicts``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.paired import score_interval
from workbook.core.resampling import resample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Values = Mapping[str, Sequence[float]] | Sequence[Sequence[float]] | Sequence[float]
"""What was measured, by task: ``{"task": [0, 1, 1]}``, ``[[0, 1, 1]]``, or one value a task."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval and the number of independent units (tasks) behind it."""

    estimate: float
    low: float
    high: float
    n: int

    def format(self, digits: int = 2, percent: bool = False) -> str:
        """Such as ``0.83 [0.78, 0.87]``, or with ``percent`` ``83 % [78 %, 87 %]``."""
        if percent:
            e, low, high = (f"{100 * x:.{max(digits - 2, 0)}f} %" for x in (self.estimate, self.low, self.high))
        else:
            e, low, high = (f"{x:.{digits}f}" for x in (self.estimate, self.low, self.high))
        return f"{e} [{low}, {high}]"

    def __str__(self) -> str:
        return self.format()

    def to_dict(self) -> dict[str, Any]:
        """``{"estimate", "low", "high", "n"}``."""
        return asdict(self)

    def scaled(self, factor: float) -> Interval:
        """The same measurement in another unit, or with its sign turned."""
        ends = sorted((self.low * factor, self.high * factor))
        return Interval(self.estimate * factor, ends[0], ends[1], self.n)


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927); sound near 0 and 1, and for small ``n``.

    Raises ``WorkbookError`` where there are no tries, or more successes than tries.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise WorkbookError(f"a proportion needs 0 <= successes <= n and n > 0, not {successes} of {n}")
    z = _z(level)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the ends the formula is exact, and rounding must not push the estimate outside.
    return Interval(p, min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half)), n)


def no_failure_bound(n: int, level: float = 0.95) -> float:
    """The highest failure rate still compatible with no failure in ``n`` tries.

    Exact and one-sided (Clopper and Pearson): solves ``(1 - rate) ** n = 1 - level``;
    about ``3 / n`` at 95 %.
    """
    if n <= 0:
        raise WorkbookError("no tries, so no bound on the failure rate")
    return float(1 - (1 - level) ** (1 / n))


def bootstrap(
    values: Values,
    statistic: Callable[[FloatArray], float] | None = None,
    seed: int = 0,
    draws: int = 2000,
    level: float = 0.95,
) -> Interval:
    """A BCa bootstrap interval that resamples tasks (Efron 1987).

    ``statistic`` takes the pooled values of the drawn tasks; without it the
    mean is taken, which is fast. ``n`` counts tasks.
    """
    tasks = _by_task(values)
    if statistic is None:
        return ratio([t.sum() for t in tasks], [t.size for t in tasks], seed=seed, draws=draws, level=level)
    import numpy as np

    def of(rows: NDArray[np.intp]) -> FloatArray:
        return np.array([statistic(np.concatenate([tasks[i] for i in row])) for row in rows])

    everything = np.arange(len(tasks))
    left_out = [np.delete(everything, i) for i in everything] if len(tasks) > 1 else []
    return Interval(*resample(len(tasks), of, of(np.array(left_out)), seed, draws, level), len(tasks))


def ratio(
    numerators: Sequence[float] | FloatArray,
    denominators: Sequence[float] | FloatArray,
    seed: int = 0,
    draws: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Sum over sum, one pair a task, such as tokens spent per right answer.

    A draw in which the denominator is zero counts as infinite, so the upper end may be ``inf``. Raises
    ``WorkbookError`` where numerators and denominators are no pairs.
    """
    import numpy as np

    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    if top.shape != bottom.shape or top.size == 0:
        raise WorkbookError(f"a ratio needs pairs, not {top.size} numerators and {bottom.size} denominators")

    def divided(a: FloatArray, b: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(a / b, nan=np.inf, posinf=np.inf)

    def of(rows: NDArray[np.intp]) -> FloatArray:
        return divided(top[rows].sum(-1), bottom[rows].sum(-1))

    left_out = divided(top.sum() - top, bottom.sum() - bottom)
    return Interval(*resample(top.size, of, left_out, seed, draws, level), top.size)


def proportion(values: Values, seed: int = 0, draws: int = 2000, level: float = 0.95) -> Interval:
    """The interval of a yes-or-no measure: Wilson with one trial a task, else the bootstrap by task.

    Where every trial agrees a bootstrap would claim certainty, so the tasks are
    counted with Wilson instead.
    """
    tasks = _by_task(values)
    low, high = min(float(t.min()) for t in tasks), max(float(t.max()) for t in tasks)
    if low == high and low in (0.0, 1.0):
        return wilson(len(tasks) if high else 0, len(tasks), level)
    if all(t.size == 1 and float(t[0]) in (0.0, 1.0) for t in tasks):
        return wilson(int(sum(float(t[0]) for t in tasks)), len(tasks), level)
    return bootstrap(values, seed=seed, draws=draws, level=level)


def paired_difference(a: Values, b: Values, seed: int = 0, draws: int = 2000, level: float = 0.95) -> Interval:
    """Mean of ``a - b`` over tasks that both arms saw; tasks are resampled in pairs.

    Mappings are paired by task, sequences by position. One yes or no a task and arm: Tango's score interval
    (``paired``). When every task of a measure within [0, 1] shows the same difference, the ends come from the exact
    bound instead of a bootstrap of zero width.
    """
    import numpy as np

    first, second = _pair(a, b)
    n = len(first)
    if all(t.size == 1 and t[0] in (0.0, 1.0) for t in (*first, *second)):
        gained, lost = (
            int(sum(x[0] > y[0] for x, y in zip(*arms, strict=True))) for arms in ((first, second), (second, first))
        )
        return Interval((gained - lost) / n, *score_interval(gained, lost, n, _z(level)), n)
    differences = np.array([x.mean() - y.mean() for x, y in zip(first, second, strict=True)])
    c = float(differences[0])
    shares = all(t.min() >= 0 and t.max() <= 1 for t in (*first, *second))
    if shares and np.all(differences == c):
        unseen = no_failure_bound(n, 1 - (1 - level) / 2)
        return Interval(c, c - unseen * (1 + c), c + unseen * (1 - c), n)
    return bootstrap(differences.tolist(), seed=seed, draws=draws, level=level)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise WorkbookError(f"a confidence level lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf(0.5 + level / 2)


def _by_task(values: Values) -> list[FloatArray]:
    import numpy as np

    rows = list(values.values()) if isinstance(values, Mapping) else list(values)
    tasks = [np.atleast_1d(np.asarray(row, float)) for row in rows]
    if not tasks or any(t.size == 0 for t in tasks):
        raise WorkbookError("nothing measured: every task needs at least one value")
    return tasks


def _pair(a: Values, b: Values) -> tuple[list[FloatArray], list[FloatArray]]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            alone = sorted(map(str, a.keys() ^ b.keys()))[:3]
            raise WorkbookError(f"arms are paired on the same tasks; seen by one arm only: {', '.join(alone)}")
        b = {task: b[task] for task in a}
    first, second = _by_task(a), _by_task(b)
    if len(first) != len(second):
        raise WorkbookError(f"arms are paired on the same tasks, not on {len(first)} and {len(second)}")
    return first, second
