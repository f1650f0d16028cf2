"""The strategies of the decoding loop, and what a generation cost under one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plan:
    """How to decode; ``drafts`` is how many tokens to guess at once."""

    masked: bool = True
    lazy: bool = True
    fast_forward: bool = True
    drafts: int = 0


PLANS = {
    "free": Plan(masked=False, lazy=False, fast_forward=False),
    "masked": Plan(lazy=False, fast_forward=False),
    "lazy": Plan(fast_forward=False),
    "fast_forward": Plan(),
    "draft": Plan(drafts=8),
}
"""The strategies by the names that ``workbook bench decoding`` uses."""


@dataclass
class Costs:
    """What generations took: forward passes, tokens by origin, and the engine's share.

    ``mask_seconds``, one number a mask, hold filling it *and* applying it to the scores (on CUDA only the order to
    apply it). ``follow_seconds`` is what else the engine is asked: to take a token, what is forced, how far drafts go.
    Under a lazy plan each of the ``masks`` is a refusal.
    """

    passes: int = 0
    tokens: int = 0
    forced: int = 0
    drafted: int = 0
    accepted: int = 0
    masks: int = 0
    mask_seconds: list[float] = field(default_factory=list)
    follow_seconds: float = 0.0

    @contextmanager
    def following(self) -> Iterator[None]:
        """Counts the time of what it encloses as the engine's following of the text."""
        started = time.perf_counter()
        yield
        self.follow_seconds += time.perf_counter() - started

    @property
    def forced_share(self) -> float:
        """Forced tokens over all tokens, 0 to 1; 0 before the first."""
        return self.forced / self.tokens if self.tokens else 0.0
