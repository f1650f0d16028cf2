"""Intervals over two kinds of chance at once: runs (training seeds) and items, every run marked on the same items.

A hierarchical bootstrap. Items are drawn as ``stats`` draws them. Of seeds there are few, and a bootstrap of few is too
narrow, so what they add is widened as Student's t is. Simulated coverage at 95 %, 100 items, three runs or five: 94 %
where runs differ as much as items do, up to 99 % where they do not differ. Items that come in groups (one topic in many
wordings) are drawn one by one: the interval speaks of these groups, and is too narrow for others. With fewer than three
seeds nothing can be said of them: the interval is then over items alone, and whoever shows it has to say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval, bootstrap, paired_difference, proportion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FEWEST = 3
"""Seeds from which on their spread is part of the interval."""
LEVEL = 0.95


def crossed(
    marks: Sequence[Sequence[float]] | FloatArray, least: float = 0.0, most: float = 1.0, draws: int = 2000
) -> Interval:
    """The mean of ``marks[run][item]`` with its 95 % interval; ``n`` counts items.

    ``least`` and ``most`` are the ends of what a mark can be: -1 and 1 for a difference of yes and no.
    """
    import numpy as np

    table = np.asarray(marks, float)
    if table.ndim != 2 or table.size == 0:
        raise WorkbookError(f"marks are a table of runs by items, not of shape {table.shape}", "Give a list a run.")
    if len(table) < FEWEST or np.all(table == table[0, 0]):
        found = _over_items(table, least < 0, draws)
    else:
        low, high = np.quantile(drawn_means(table, draws), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        found = Interval(float(table.mean()), float(low), float(high), table.shape[1])
    return Interval(found.estimate, max(least, found.low), min(most, found.high), found.n)


def drawn_means(tables: FloatArray, draws: int = 2000, seed: int = 0) -> FloatArray:
    """Means of tables ``[..., run, item]`` in draws of runs and items that all tables share: ``[draw, ...]``."""
    import numpy as np

    chance = np.random.default_rng(seed)
    runs, items = tables.shape[-2:]
    drawn = tables.mean(-2)[..., chance.integers(0, items, (draws, items))].mean(-1)
    if runs >= FEWEST:
        of_runs = tables.mean(-1)[..., chance.integers(0, runs, (draws, runs))].mean(-1)
        drawn = drawn + (of_runs - tables.mean((-2, -1))[..., None]) * _widening(runs)
    return np.moveaxis(drawn, -1, 0)


def _widening(runs: int) -> float:
    """A bootstrap divides the variance by ``runs``, and not by one less; and t is wider than the normal."""
    from scipy.stats import norm, t

    reach = (1 + LEVEL) / 2
    return float(math.sqrt(runs / (runs - 1)) * t.ppf(reach, runs - 1) / norm.ppf(reach))


def _over_items(table: FloatArray, difference: bool, draws: int) -> Interval:
    """Yes or no: Wilson's interval or Tango's, where there is one run; else a bootstrap of items."""
    import numpy as np

    means = table.mean(0)
    if not difference and np.isin(table, (0.0, 1.0)).all():
        return proportion(table.T.tolist(), draws=draws)
    if np.isin(means, (-1.0, 0.0, 1.0)).all():
        return paired_difference(means.clip(min=0.0).tolist(), (-means).clip(min=0.0).tolist())
    return bootstrap(means.tolist(), draws=draws)
