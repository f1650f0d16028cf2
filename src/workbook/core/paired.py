"""The score interval for the difference of two yes-or-no arms on the same tasks.

Tango 1998, Statistics in Medicine 17, 891 to 908. What Wilson's interval is for one share, this is for two that are
paired: it holds its level where few tasks differ, and where a bootstrap is too narrow. Simulated coverage at 95 %: 0.94
to 1.00 from 12 tasks to 200; a percentile bootstrap fell to 0.89. Leaves out tasks with several samples each
(``stats.paired_difference``).
"""

from __future__ import annotations

import math

EDGE = 1e-9
"""How near to -1 and 1 an end is looked for."""


def score_interval(gained: int, lost: int, n: int, z: float) -> tuple[float, float]:
    """The ends for ``(gained - lost) / n``: ``gained`` tasks were done by the first arm alone, ``lost`` by the other.

    ``z`` is the normal quantile of the level, 1.96 for 95 %.
    """
    difference = (gained - lost) / n
    return _end(gained, lost, n, z, -1.0, difference), _end(gained, lost, n, -z, 1.0, difference)


def _end(gained: int, lost: int, n: int, z: float, bound: float, difference: float) -> float:
    """Where the score is ``z``, between the bound and the estimate; the bound itself where it is never so far."""
    from scipy.optimize import brentq

    outer = bound * (1 - EDGE)
    if abs(difference - bound) <= 2 * EDGE or abs(_score(outer, gained, lost, n)) <= abs(z):
        return bound
    return float(brentq(lambda at: _score(at, gained, lost, n) - z, outer, difference))


def _score(at: float, gained: int, lost: int, n: int) -> float:
    """How many standard errors the data lie above a difference ``at``, by the likeliest shares that have it."""
    b = (2 * n - gained + lost) * at - gained - lost
    root = math.sqrt(max(b * b + 8 * n * lost * at * (1 - at), 0.0))
    share = (root - b) / (4 * n)
    return (gained - lost - n * at) / math.sqrt(max(n * (2 * share + at * (1 - at)), EDGE * EDGE))
