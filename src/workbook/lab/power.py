"""How many questions it takes to tell two shares apart, and what a set of a given size can tell.

Normal approximations, two-sided at 95 %. Two models that answer the *same* questions are paired: then only the
questions count on which they disagree. Leaves out intervals of what was measured (``core.stats``).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from workbook.core.errors import WorkbookError

_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)


def power(a: float, b: float, n: int, discordant: float | None = None) -> float:
    """The chance that ``n`` questions each show the difference between the shares ``a`` and ``b``.

    ``discordant``: the share of questions on which paired models disagree; without it the sets are independent.
    """
    _check(a, b, discordant)
    return _NORMAL.cdf(abs(a - b) * math.sqrt(n / _variance(a, b, discordant)) - _Z)


def needed(a: float, b: float, chance: float = 0.8, discordant: float | None = None) -> int:
    """The fewest questions that show the difference with that chance; ``WorkbookError`` for equal shares."""
    _check(a, b, discordant)
    if a == b:
        raise WorkbookError("no number of questions tells equal shares apart", "Give two shares that differ.")
    spread = _Z + _NORMAL.inv_cdf(chance)
    return math.ceil(spread**2 * _variance(a, b, discordant) / (a - b) ** 2)


def _variance(a: float, b: float, discordant: float | None) -> float:
    """Of one question's difference."""
    return a * (1 - a) + b * (1 - b) if discordant is None else discordant - (a - b) ** 2


def _check(a: float, b: float, discordant: float | None) -> None:
    most = min(a + b, 2 - a - b)
    if not (0 < a < 1 and 0 < b < 1):
        raise WorkbookError(f"shares lie between 0 and 1, not at {a} and {b}", "Give 0.582 for 58.2 %.")
    if discordant is not None and not abs(a - b) < discordant <= most:
        raise WorkbookError(
            f"models with {a} and {b} disagree on more than {abs(a - b):g} and at most {most:g} of the questions",
            "Count on how many questions exactly one of them is right.",
        )
