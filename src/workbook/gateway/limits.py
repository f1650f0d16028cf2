"""A rate limit for each client: a bucket of tokens that refills at a steady rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from workbook.core.errors import UsageError


@dataclass(frozen=True)
class Rate:
    """``per_second`` requests in the long run, and ``burst`` of them at once."""

    per_second: float = 50.0
    burst: int = 100

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise UsageError(f"a rate of {self.per_second:g} a second, {self.burst} at once, lets nobody in")


class RateLimit:
    """The buckets of all clients; ``now`` is a clock in seconds."""

    def __init__(self, rate: Rate, now: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._now = rate, now
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, client: str) -> float:
        """Take a token; 0 when there was one, else the seconds until there will be."""
        now = self._now()
        level, since = self._buckets.get(client, (float(self.rate.burst), now))
        level = min(self.rate.burst, level + (now - since) * self.rate.per_second)
        granted = level >= 1
        self._buckets[client] = (level - 1 if granted else level, now)
        return 0.0 if granted else (1 - level) / self.rate.per_second
