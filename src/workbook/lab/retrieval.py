"""``evaluate_retrieval``: whether the tools that a request needs are among those that a retriever finds.

Every set's pool goes into a registry of its own, and each retriever answers the same queries. Covers recall, nDCG,
whether all needed tools are found, the time of a query, and what the threshold for "none fits" does. A retriever never
sees which tools are needed. Metrics and their names are a contract (``workbook eval retrieval``).
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval, proportion, wilson
from workbook.suites.tool_queries import QuerySet, ToolQuery
from workbook.tools.decomposition import Decomposed
from workbook.tools.embedding import Encoder, MiniLm
from workbook.tools.none_fits import calibrate
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.reranking import Judge, Reranked
from workbook.tools.retrieval import DEPTH, Blended, Bm25, Dense, Fused, Hit, Retriever

BEST = "decomposed"
"""The retriever whose metrics stand under plain names: ``tools.decomposition.best_retriever``."""
BY_MEANING = "dense"
"""The one whose cosines say whether anything fits."""
DEEPEST = 10
TIMED = 100
"""Queries of each set that are asked one at a time, for their time."""
AT_ONCE = 256

Found = Mapping[str, Sequence[str]]
"""The names found for each query, best first, by the query's id."""
Track = Callable[[Sequence[Any]], Iterable[Any]]


def retrievers(
    registry: Registry, once: Callable[[Retriever], Retriever] = lambda part: part, judge: Judge | None = None
) -> list[Retriever]:
    """Every retriever that is compared, over one registry; ``once`` may wrap the two that all are made of.

    With a ``judge`` the best one's hits are reranked as well.
    """
    words, meaning = once(Bm25(registry)), once(Dense(registry))
    both = Blended([words, meaning])
    best = Decomposed(both, BEST)
    reranked = [Reranked(best, registry, judge)] if judge else []
    return [words, meaning, Fused([words, meaning]), both, best, *reranked]


@dataclass
class Tally:
    """What one retriever did: a row of scores for each query, and the seconds of those that were timed.

    ``several`` holds ``all_found@5`` of the queries that need more than one tool.
    """

    scores: list[dict[str, float]] = field(default_factory=list)
    several: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def evaluate_retrieval(
    sets: Sequence[QuerySet],
    encoder: Encoder | None = None,
    suite: str = "retrieval",
    track: Track = iter,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Score every retriever on every set.

    Gives ``{"suite", "model", "decoding", "n", "seconds", "metrics"}`` as every suite does; metrics are bare for the
    best retriever and ``RETRIEVER.name`` for each. Besides: ``sets`` (sizes, rows left out and why),
    ``several_needed`` (``all_found@5`` over the queries that need more than one tool, by retriever),
    ``seconds_per_query`` (p50 and p99, asked one at a time, encoding included) and ``none_fits`` (the threshold that
    was set on half of the queries, with what it does on the other half).
    """
    if not any(one.queries for one in sets):
        raise WorkbookError("no query to score", "Give a folder that holds some.")
    start, plain = time.perf_counter(), encoder or MiniLm()
    tallies: dict[str, Tally] = {}
    nearest: list[tuple[float, float]] = []
    for one in sets:
        nearest += _tallied(one, plain, judge, track, tallies)
    metrics = _metrics(tallies)
    return {
        "suite": suite, "model": plain.name, "decoding": "none", "n": len(tallies[BEST].scores),
        "seconds": time.perf_counter() - start, "metrics": metrics, "best": BEST,
        "several_needed": {name: _share(tally.several) for name, tally in tallies.items()},
        "seconds_per_query": {name: _quantiles(tally.seconds) for name, tally in tallies.items()},
        "none_fits": _none_fits(nearest), "sets": [_described(one) for one in sets],
    }  # fmt: skip


def _tallied(
    one: QuerySet, encoder: Encoder, judge: Judge | None, track: Track, tallies: dict[str, Tally]
) -> list[tuple[float, float]]:
    """Ask every retriever a set's queries and add to its tally; gives the best cosines, see :func:`_nearest`."""
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(folder, encoder)
        _fill(registry, one)
        arms = retrievers(registry, Remembered, judge)
        for retriever in arms:
            tally = tallies.setdefault(retriever.name, Tally())
            rows = _scored(one, retriever, track)
            tally.scores += rows
            pairs = zip(one.queries, rows, strict=True)
            tally.several += [row["all_found@5"] for query, row in pairs if len(query.needed) > 1]
        for retriever in retrievers(registry, judge=judge):
            tallies[retriever.name].seconds += _timed(one, retriever)
        return _nearest(one, next(arm for arm in arms if arm.name == BY_MEANING))


class Remembered:
    """A retriever that is asked each query once, for several others that are made of it."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever, self.name = retriever, retriever.name
        self._known: dict[str, list[Hit]] = {}

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k``, at most as many as fusion looks at; always for a caller without permissions."""
        fresh = list(dict.fromkeys(query for query in queries if query not in self._known))
        self._known |= zip(fresh, self._retriever.search(fresh, DEPTH), strict=True)
        return [self._known[query][:k] for query in queries]


def scores(needed: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """The metrics of one query: what share of the needed names is among the first, and how far up they stand.

    ``ndcg@10`` takes every needed tool as equally right (Järvelin and Kekäläinen 2002).
    """
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found[:DEEPEST]) if name in needed)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(len(needed), DEEPEST)))
    shares = {k: sum(name in found[:k] for name in needed) / len(needed) for k in (1, 5, 10)}
    recalls = {f"recall@{k}": share for k, share in shares.items()}
    return {**recalls, "ndcg@10": gain / ideal, "all_found@5": float(shares[5] == 1)}


def _fill(registry: Registry, one: QuerySet) -> None:
    registry.put(one.name, [Operation(tool, one.name) for tool in one.tools])
    registry.index()


def _scored(one: QuerySet, retriever: Retriever, track: Track) -> list[dict[str, float]]:
    rows = []
    for start in track(range(0, len(one.queries), AT_ONCE)):
        queries = one.queries[start : start + AT_ONCE]
        found = retriever.search([query.text for query in queries], DEEPEST)
        pairs = zip(queries, found, strict=True)
        rows += [scores(query.needed, [hit.name for hit in hits]) for query, hits in pairs]
    return rows


def _timed(one: QuerySet, retriever: Retriever) -> list[float]:
    """Seconds of each of some queries, asked one at a time; the first warms up and does not count."""
    step = max(1, len(one.queries) // TIMED)
    seconds = []
    for query in [one.queries[0], *one.queries[::step][:TIMED]]:
        start = time.perf_counter()
        retriever.search([query.text], 5)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def _nearest(one: QuerySet, dense: Retriever) -> list[tuple[float, float]]:
    """For each query the best cosine over the pool, and over the pool without what it needs."""
    most = max(len(query.needed) for query in one.queries)
    found = dense.search([query.text for query in one.queries], most + 1)
    return [(hits[0].score, _best(hits, query)) for query, hits in zip(one.queries, found, strict=True)]


def _best(hits: Sequence[Hit], query: ToolQuery) -> float:
    rest: Collection[float] = [hit.score for hit in hits if hit.name not in query.needed]
    return max(rest, default=-1.0)


def _none_fits(nearest: Sequence[tuple[float, float]]) -> dict[str, Any] | None:
    if len(nearest) < 2:
        return None
    set_on = calibrate([best for best, _ in nearest], [rest for _, rest in nearest])
    judged = len(nearest) // 2
    shares = {name: wilson(round(getattr(set_on, name) * judged), judged).to_dict() for name in ("keeps", "declines")}
    return {"threshold": set_on.threshold, **shares}


def _metrics(tallies: Mapping[str, Tally]) -> dict[str, dict[str, Any]]:
    intervals = {name: _intervals(tally.scores) for name, tally in tallies.items()}
    named = {f"{name}.{metric}": value for name, own in intervals.items() for metric, value in own.items()}
    return {name: value.to_dict() for name, value in {**intervals[BEST], **named}.items()}


def _intervals(rows: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    return {metric: proportion([row[metric] for row in rows]) for metric in rows[0]}


def _share(outcomes: Sequence[float]) -> dict[str, Any] | None:
    return proportion(list(outcomes)).to_dict() if outcomes else None


def _quantiles(seconds: Sequence[float]) -> dict[str, Any]:
    import numpy as np

    p50, p99 = np.quantile(seconds, [0.5, 0.99])
    return {"p50": float(p50), "p99": float(p99), "n": len(seconds)}


def _described(one: QuerySet) -> dict[str, Any]:
    left_out = {"left_out": len(one.left_out), "why": list(one.left_out[:10])}
    return {"name": one.name, "tools": len(one.tools), "queries": len(one.queries), **left_out}
