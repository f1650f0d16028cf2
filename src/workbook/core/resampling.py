"""Bootstrap quantiles that hold for few tasks too: BCa (Efron 1987), widened as Student's t is (Hesterberg 2015).

A bootstrap knows nothing beyond the values that it draws from, so that of few tasks is too narrow. Of paired times, six
tasks, the plain interval covered 82 % instead of 95 %; the widened one covers 92 % (simulated; a test repeats it).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

CELLS_AT_ONCE = 4_000_000
"""Task indices held in memory while resampling: 32 MB."""


def resample(
    n: int, of: Callable[[NDArray[np.intp]], FloatArray], left_out: FloatArray, seed: int, draws: int, level: float
) -> tuple[float, float, float]:
    """Draw ``n`` tasks out of ``n`` with replacement, ``draws`` times: the estimate, and the ends of its interval.

    ``of`` gives the statistic of each row of task indices, ``left_out`` the statistic without each task in turn. The
    ends are infinite for tasks that are :func:`too_few`.
    """
    import numpy as np

    estimate = float(of(np.arange(n)[None])[0])
    if too_few(n, level):
        return estimate, -math.inf, math.inf
    chance = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // n)
    sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    drawn = np.sort(np.concatenate([of(chance.integers(0, n, (size, n))) for size in sizes]))
    low, high = _bca_quantiles(estimate, drawn, left_out, level)
    return estimate, _quantile(drawn, low), _quantile(drawn, high)


def too_few(n: int, level: float = 0.95) -> bool:
    """Whether no resampling of ``n`` values can reach the level; at 95 % that is so for five and fewer.

    All draws lie between the smallest and the largest value, and all values lie on one side of what is sought
    with probability ``2 ** (1 - n)``.
    """
    return 2.0 ** (1 - n) > 1 - level


def _bca_quantiles(estimate: float, drawn: FloatArray, left_out: FloatArray, level: float) -> tuple[float, float]:
    """The two quantiles to read, shifted for bias and skew; unshifted ones where that shift is undefined."""
    import numpy as np

    normal, reach = NormalDist(), _reach(left_out.size, level)
    plain = (normal.cdf(-reach), normal.cdf(reach))
    below = float((np.mean(drawn < estimate) + np.mean(drawn <= estimate)) / 2)  # ties count half
    if not 0 < below < 1 or not np.all(np.isfinite(left_out)):
        return plain
    spread = left_out.mean() - left_out
    scale = float((spread**2).sum()) ** 1.5
    if scale == 0:
        return plain
    acceleration = float((spread**3).sum()) / (6 * scale)
    bias = normal.inv_cdf(below)

    def shifted(far: float) -> float:
        return normal.cdf(bias + (bias + far) / (1 - acceleration * (bias + far)))

    return shifted(-reach), shifted(reach)


def _reach(n: int, level: float) -> float:
    """How many standard errors to go: Student's t with ``n - 1`` degrees, and ``n - 1`` for ``n`` in the variance.

    The quantile of t is Cornish and Fisher's expansion, within 0.2 % from five degrees on at 95 %.
    """
    z, degrees = NormalDist().inv_cdf(0.5 + level / 2), n - 1
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    t = z + first / degrees + second / degrees**2 + third / degrees**3
    return t * math.sqrt(n / degrees)


def _quantile(sorted_values: FloatArray, q: float) -> float:
    """A quantile that passes infinite draws through instead of turning them into NaN."""
    place = q * (sorted_values.size - 1)
    lower, upper = math.floor(place), math.ceil(place)
    a, b = float(sorted_values[lower]), float(sorted_values[upper])
    return a if a == b else a + (b - a) * (place - lower)
