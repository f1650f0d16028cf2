"""Points for a predicted number: half for how near it is, half for how honest the stated confidence is.

The confidence is the chance that the truth lies within a tenth of the scale of the guess. It is scored by Brier's rule,
1 minus the squared distance between the confidence and what came true, which is proper: whatever number you say, you
expect the most points by stating the chance that you believe in.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbook.core.errors import UsageError

TENTH = 0.1


@dataclass(frozen=True)
class Points:
    """From 0 to 1 each: ``near`` falls to 0 at half of the scale, ``honest`` is Brier's; ``hit``: within a tenth."""

    near: float
    honest: float
    hit: bool

    @property
    def total(self) -> float:
        """The mean of ``near`` and ``honest``, 0 to 1."""
        return (self.near + self.honest) / 2


def points(truth: float, guess: float, confidence: float, low: float, high: float) -> Points:
    """Score ``guess`` on the scale from ``low`` to ``high``; ``confidence`` runs from 0 to 1, else ``UsageError``."""
    if not 0 <= confidence <= 1:
        raise UsageError(f"a confidence of {confidence:g} is no chance", "It runs from 0 to 1.")
    away = abs(truth - guess) / (high - low)
    # A hair more, so that a guess on the very edge is not lost to rounding.
    hit = away <= TENTH + 1e-9
    return Points(max(0.0, 1 - 2 * away), 1 - (confidence - hit) ** 2, hit)
