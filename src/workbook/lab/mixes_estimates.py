"""What a sweep over mixes shows: shares with intervals over seeds and items, what was lost, the knee.

``kept`` is the right answers to small talk and facts together. The knee was defined before the first sweep: the
smallest share whose ``kept`` falls short of the largest share's by less than :data:`MARGIN`, the margin of the claims.
Leaves out the runs (``mixes``) and the drawing (``mixes_drawing``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbook.core.crossed import crossed, drawn_means
from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval
from workbook.lab.mixes import MARKS
from workbook.lab.mixes_plans import SHARES, Plan, rate_plans
from workbook.lab.units import show_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MARGIN = 0.05
MEASURES = (*MARKS, "kept")
Rows = Sequence[Mapping[str, Any]]


def marks(rows: Rows, measure: str, plan: Plan) -> FloatArray:
    """The marks of all runs like ``plan``, whatever their seeds: run by item. Raises when there is no such run."""
    import numpy as np

    found = [row for row in rows if replace(_plan(row), seed=0) == replace(plan, seed=0)]
    if not found:
        raise WorkbookError(f"no run of {plan}", "Run it: sweep([plan], exam).")
    return np.array([_of(row, measure) for row in sorted(found, key=lambda row: row["plan"]["seed"])])


def share(rows: Rows, measure: str, plan: Plan, draws: int = 2000) -> Interval:
    """``measure`` of the runs like ``plan``: over seeds and items, or items alone with fewer than three seeds."""
    return crossed(marks(rows, measure, plan), draws=draws)


def change(rows: Rows, measure: str, plan: Plan, since: Plan | None = None, draws: int = 2000) -> Interval:
    """``measure`` after the runs like ``plan``, minus after ``since`` (the untuned base), seed by seed, item by item.

    Seeds that only one of the two has are left out; the base has none.
    """
    if since is None:
        both = marks(rows, measure, plan) - marks(rows, measure, Plan(epochs=0))
        return crossed(both, least=-1.0, draws=draws)
    shared = seeds_of(rows, plan) & seeds_of(rows, since)
    if not shared:
        raise WorkbookError(f"no seed with runs of both {plan} and {since}", "Run both with the same seeds.")
    kept = [row for row in rows if _plan(row).seed in shared]
    return crossed(marks(kept, measure, plan) - marks(kept, measure, since), least=-1.0, draws=draws)


def seeds_of(rows: Rows, plan: Plan) -> set[int]:
    """The seeds of the runs like ``plan``."""
    return {_plan(row).seed for row in rows if replace(_plan(row), seed=0) == replace(plan, seed=0)}


def perplexity(rows: Rows, plan: Plan) -> Interval:
    """Of held-out small talk, a token on average: ``exp`` of the mean of the items."""
    nats = crossed(marks(rows, "nats", plan), most=math.inf)
    return Interval(math.exp(nats.estimate), math.exp(nats.low), math.exp(nats.high), nats.n)


def ran(rows: Rows, plan: Plan) -> bool:
    """Whether there is a run like ``plan``, whatever its seed."""
    return bool(seeds_of(rows, plan))


def table(rows: Rows, plans: Mapping[str, Plan], measures: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Every measure of every plan that was run, in words, with its interval; and on how many seeds it stands."""
    import pandas as pd

    there = {name: plan for name, plan in plans.items() if ran(rows, plan)}
    shown = {
        name: {
            **{measure: show_interval(share(rows, measure, plan)) for measure in measures},
            "perplexity": show_interval(perplexity(rows, plan), "none"),
            "seeds": len(marks(rows, "nats", plan)),
        }
        for name, plan in there.items()
    }
    return pd.DataFrame.from_dict(shown, orient="index")


def best_rate(rows: Rows, rank: int) -> float:
    """The rate whose trial, for this rank, made the most right calls; of equals the lowest."""
    tried = [plan for plan in rate_plans() if plan.rank == rank]
    return min(tried, key=lambda plan: (-float(marks(rows, "call", plan).mean()), plan.rate)).rate


def knee(rows: Rows, draws: int = 2000, margin: float = MARGIN) -> Interval:
    """The smallest share that keeps what the largest one does, within the margin; its ends are shares of the sweep.

    Over the seeds that every share has. The largest share always keeps what it keeps: as an estimate it says that there
    is no knee within the sweep, and as an upper end nothing.
    """
    import numpy as np

    shares = [one for one in SHARES if ran(rows, Plan(one))]
    shared = set.intersection(*(seeds_of(rows, Plan(one)) for one in shares))
    kept = [row for row in rows if _plan(row).seed in shared]
    stacked = np.stack([marks(kept, "kept", Plan(one)) for one in shares])
    found = [_knee(shares, means, margin) for means in drawn_means(stacked, draws=draws)]
    low, high = np.quantile(found, (0.025, 0.975), method="inverted_cdf")
    return Interval(_knee(shares, stacked.mean((1, 2)), margin), float(low), float(high), stacked.shape[2])


def _knee(shares: Sequence[float], means: FloatArray, margin: float) -> float:
    return next(one for one, mean in zip(shares, means, strict=True) if means[-1] - mean < margin)


def _plan(row: Mapping[str, Any]) -> Plan:
    return Plan(**row["plan"])


def _of(row: Mapping[str, Any], measure: str) -> list[float]:
    if measure == "nats":
        return list(row["nats"])
    text = row["talk"] + row["facts"] if measure == "kept" else row[measure]
    return [float(mark) for mark in text]
