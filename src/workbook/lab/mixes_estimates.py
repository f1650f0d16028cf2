"""What a sweep over mixes shows: shares with intervals over seeds and items, what was lost, the knee.

``kept`` is the right answers to small talk and facts together. The knee was defined before the first sweep: the
smallest share whose ``kept`` falls short of the largest share's by less than :data:`MARGIN`, the margin of the claims.
Leaves out the runs (``mixes``) and the drawing (``mixes_drawing``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from workbook.core.crossed import crossed, drawn_means
from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval
from workbook.lab.mixes import MARKS, SHARES, Plan

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

    wanted = asdict(replace(plan, seed=0))
    found = [row for row in rows if {**row["plan"], "seed": 0} == wanted]
    if not found:
        raise WorkbookError(f"no run of {plan}", "Run it: sweep([plan], exam).")
    return np.array([_of(row, measure) for row in sorted(found, key=lambda row: row["plan"]["seed"])])


def share(rows: Rows, measure: str, plan: Plan, draws: int = 2000) -> Interval:
    """``measure`` of the runs like ``plan``: over seeds and items, or items alone with fewer than three seeds."""
    return crossed(marks(rows, measure, plan), draws=draws)


def change(rows: Rows, measure: str, plan: Plan, since: Plan | None = None, draws: int = 2000) -> Interval:
    """``measure`` after the runs like ``plan``, minus after ``since`` (the untuned base), item by item."""
    after, before = marks(rows, measure, plan), marks(rows, measure, since or Plan(epochs=0))
    if len(before) not in (1, len(after)):
        raise WorkbookError(f"{len(after)} runs against {len(before)}", "Compare runs of the same seeds.")
    return crossed(after - before, least=-1.0, draws=draws)


def perplexity(rows: Rows, plan: Plan) -> Interval:
    """Of held-out small talk, a token on average: ``exp`` of the mean of the items."""
    nats = crossed(marks(rows, "nats", plan), most=math.inf)
    return Interval(math.exp(nats.estimate), math.exp(nats.low), math.exp(nats.high), nats.n)


def by_share(rows: Rows, measures: Sequence[str] = MEASURES, plan: Plan | None = None) -> pd.DataFrame:
    """Every measure at every share that was run: share, metric, estimate, low, high, n, seeds."""
    import pandas as pd

    plans = [replace(plan or Plan(), share=one) for one in shares_of(rows, plan or Plan())]
    return pd.DataFrame(
        {"share": one.share, "metric": measure, **share(rows, measure, one).to_dict(), "seeds": len(seeds)}
        for one in plans
        for measure in measures
        for seeds in [marks(rows, measure, one)]
    )


def shares_of(rows: Rows, plan: Plan) -> list[float]:
    """The shares at which there are runs like ``plan``."""
    like = [Plan(**row["plan"]) for row in rows]
    return sorted({one.share for one in like if replace(one, share=0, seed=0) == replace(plan, share=0, seed=0)})


def knee(rows: Rows, draws: int = 2000, margin: float = MARGIN) -> Interval:
    """The smallest share that keeps what the largest one does, within the margin; its ends are shares of the sweep."""
    import numpy as np

    shares = [one for one in SHARES if one in shares_of(rows, Plan())]
    tables = [marks(rows, "kept", Plan(one)) for one in shares]
    runs = min(map(len, tables))
    stacked = np.stack([table[:runs] for table in tables])
    found = [_knee(shares, means, margin) for means in drawn_means(stacked, draws=draws)]
    low, high = np.quantile(found, (0.025, 0.975), method="inverted_cdf")
    return Interval(_knee(shares, stacked.mean((1, 2)), margin), float(low), float(high), stacked.shape[2])


def _knee(shares: Sequence[float], means: FloatArray, margin: float) -> float:
    return next(one for one, mean in zip(shares, means, strict=True) if means[-1] - mean < margin)


def _of(row: Mapping[str, Any], measure: str) -> list[float]:
    if measure == "nats":
        return list(row["nats"])
    text = row["talk"] + row["facts"] if measure == "kept" else row[measure]
    return [float(mark) for mark in text]
