"""Saying that no tool fits: a threshold on the best cosine, set on requests whose right tools are known.

Ranks alone cannot say it, for something always comes first. Leaves out what an agent does then: ask, or answer itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbook.core.errors import WorkbookError
from workbook.tools.retrieval import Dense, Hit, Retriever

KEPT = 0.95
"""The share of requests that have a tool and shall still get one."""


@dataclass(frozen=True)
class Calibration:
    """A threshold with what it does on requests that it was not set on.

    ``keeps`` is the share of requests with a tool that still get one; ``declines`` that of requests without one that
    get none.
    """

    threshold: float
    keeps: float
    declines: float


class Choosy:
    """A retriever that finds nothing where even the nearest operation by ``judge`` lies below the threshold."""

    def __init__(self, retriever: Retriever, judge: Dense, threshold: float, name: str = "choosy") -> None:
        self._retriever, self._judge, self._threshold, self.name = retriever, judge, threshold, name

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The retriever's best ``k``, or none."""
        nearest = self._judge.search(queries, 1, permissions)
        fits = [bool(hits) and hits[0].score >= self._threshold for hits in nearest]
        found = self._retriever.search(queries, k, permissions)
        return [hits if fit else [] for hits, fit in zip(found, fits, strict=True)]


def threshold_of(best: Sequence[float], kept: float = KEPT) -> float:
    """The highest threshold that leaves that share of requests with a tool alone; ``best`` are their best cosines.

    Raises ``WorkbookError`` for no request at all.
    """
    if not best:
        raise WorkbookError("no request to set a threshold on", "Give requests whose tools are known.")
    ordered = sorted(best, reverse=True)
    return ordered[min(len(ordered) - 1, max(0, -int(-kept * len(ordered) // 1) - 1))]


def calibrate(with_tool: Sequence[float], without: Sequence[float], kept: float = KEPT) -> Calibration:
    """Set the threshold on every second request, and judge it on the others.

    Each request comes twice: ``with_tool`` has the best cosine over the whole pool, ``without`` that over the pool
    without its right tools, which is what a request looks like that no tool fits.
    """
    threshold = threshold_of(with_tool[::2], kept)
    held, bare = with_tool[1::2], without[1::2]
    if not held or not bare:
        raise WorkbookError("a threshold needs two requests at least: one to set it on, one to judge it")
    keeps = sum(score >= threshold for score in held) / len(held)
    return Calibration(threshold, keeps, sum(score < threshold for score in bare) / len(bare))
