"""Summaries: from scored trials to estimates with intervals.

One number per arm (or other group), differences between arms on the same
tasks, and costs per right answer. Tasks are the unit: several samples of a task
are one draw of the bootstrap. Where tasks are variations of each other, a
column ``unit`` names what they vary, and takes the place of the task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.core.stats import Interval, bootstrap, paired_difference, proportion, ratio

if TYPE_CHECKING:
    import pandas as pd


def summarize(
    scored: pd.DataFrame, metric: str, by: str | Sequence[str] = ("arm",), seed: int = 0, draws: int = 2000
) -> pd.DataFrame:
    """``metric`` per group, in order of appearance: the group's columns, metric, estimate, low, high, n.

    A 1-or-0 measure gets a proportion's interval, any other the bootstrapped
    mean. ``COST_per_right``, such as ``tokens_per_right``, is what a group spent
    for each right call.
    """
    keys = [by] if isinstance(by, str) else list(by)
    return _table(scored, keys, metric, lambda group: _estimate(group, metric, seed, draws))


def interval(scored: pd.DataFrame, metric: str, seed: int = 0, draws: int = 2000, **where: Any) -> Interval:
    """One number: ``interval(scored, "call_right", arm="prompt", temperature=0)``."""
    return _estimate(select(scored, **where), metric, seed, draws)


def difference(
    scored: pd.DataFrame, metric: str, arm: str, baseline: str, seed: int = 0, draws: int = 2000, **where: Any
) -> Interval:
    """``arm`` minus ``baseline``, paired by task."""
    first, second = select(scored, arm=arm, **where), select(scored, arm=baseline, **where)
    return paired_difference(by_task(first, metric), by_task(second, metric), seed=seed, draws=draws)


def relative_cost(
    scored: pd.DataFrame, cost: str, arm: str, baseline: str, seed: int = 0, draws: int = 2000, **where: Any
) -> Interval:
    """What ``arm`` spends per right call, as a multiple of ``baseline``; both are drawn on the same tasks.

    Where one of them has no right call at all, there is no such multiple: the estimate is NaN, the interval everything.
    """
    import numpy as np

    first, second = select(scored, arm=arm, **where), select(scored, arm=baseline, **where)
    columns = [by_task(group, metric) for group in (first, second) for metric in (cost, "call_right")]
    sums = np.array([[sum(column[task]) for column in columns] for task in columns[0]])

    def multiple(drawn: Any) -> float:
        spent, right, spent_before, right_before = sums[drawn.astype(int)].sum(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (spent / right) / (spent_before / right_before)
        return float(np.nan_to_num(found, nan=np.inf, posinf=np.inf))

    if not sums[:, 1].any() or not sums[:, 3].any():
        return Interval(math.nan, 0.0, math.inf, len(sums))
    return bootstrap(list(range(len(sums))), multiple, seed=seed, draws=draws)


def select(scored: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """The rows in which every named column has that value; none at all is an error that says what there is."""
    for column, value in where.items():
        if column not in scored:
            raise unknown("column", column, map(str, scored.columns))
        rows = scored[scored[column] == value]
        if rows.empty:
            raise unknown(column, str(value), map(str, scored[column].unique()))
        scored = rows
    return scored


def by_task(scored: pd.DataFrame, metric: str) -> dict[str, list[float]]:
    """The values of a metric by task, or by unit where there is such a column; an unknown metric names the nearest."""
    if metric not in scored:
        raise unknown("metric", metric, map(str, scored.columns))
    unit = "unit" if "unit" in scored else "task"
    return {str(name): group.astype(float).tolist() for name, group in scored.groupby(unit, sort=False)[metric]}


def numbers(summary: pd.DataFrame, prefix: str) -> dict[str, Interval]:
    """A summary by name, for prose: ``q1.schema_valid.prompt`` is the row of arm ``prompt``.

    Blanks in a group's name become underscores; several grouping columns are joined by dots.
    """
    keys = [str(c) for c in summary.columns if c not in ("metric", "estimate", "low", "high", "n")]
    return {
        ".".join([prefix, row["metric"], *(_slug(row[key]) for key in keys)]): as_interval(row)
        for row in summary.to_dict("records")
    }


def as_interval(row: Any) -> Interval:
    """``estimate``, ``low``, ``high`` and ``n`` of a summary's row."""
    return Interval(float(row["estimate"]), float(row["low"]), float(row["high"]), int(row["n"]))


def _estimate(group: pd.DataFrame, metric: str, seed: int, draws: int) -> Interval:
    if metric.endswith("_per_right"):
        cost = metric.removesuffix("_per_right")
        spent, right = by_task(group, cost), by_task(group, "call_right")
        return ratio([sum(v) for v in spent.values()], [sum(v) for v in right.values()], seed=seed, draws=draws)
    values = by_task(group, metric)
    if not values:
        raise WorkbookError(f"no trials to take {metric!r} from")
    if all(value in (0.0, 1.0) for task in values.values() for value in task):
        return proportion(values, seed=seed, draws=draws)
    return bootstrap(values, seed=seed, draws=draws)


def _table(scored: pd.DataFrame, keys: list[str], metric: str, estimate: Any) -> pd.DataFrame:
    import pandas as pd

    for key in keys:
        if key not in scored:
            raise unknown("column", key, map(str, scored.columns))
    rows = [
        {**dict(zip(keys, values, strict=True)), "metric": metric, **estimate(group).to_dict()}
        for values, group in scored.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, "metric", "estimate", "low", "high", "n"])


def _slug(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "_".join(str(value).replace("-", " ").split())
