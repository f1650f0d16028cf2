"""A stopwatch for the network alone: how many forward passes a generation took, and how long they were.

Hooks on the module, so any decoding loop is measured as it is. On CUDA a pass returns before the device has done it:
there the stopwatch waits for the device, which takes overlap away, so the seconds of a call are measured without it.
Leaves out masks (``grammar.decoding.Costs`` counts them).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass
class PassClock:
    """``with PassClock(model.network) as clock: ...``; then ``clock.times``, the seconds of each pass in their order.

    The first of a call reads the prompt, and is longer than the others.
    """

    network: Any
    times: list[float] = field(default_factory=list)
    _started: float = 0.0
    _hooks: list[Any] = field(default_factory=list)

    @property
    def passes(self) -> int:
        """How many there were."""
        return len(self.times)

    @property
    def seconds(self) -> float:
        """How long they were together."""
        return sum(self.times)

    def __enter__(self) -> PassClock:
        self._hooks = [
            self.network.register_forward_pre_hook(self._start),
            self.network.register_forward_hook(self._stop),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()

    def _start(self, *_: Any) -> None:
        self._wait()
        self._started = time.perf_counter()

    def _stop(self, *_: Any) -> None:
        self._wait()
        self.times.append(time.perf_counter() - self._started)

    def _wait(self) -> None:
        if next(self.network.parameters()).device.type == "cuda":
            import torch

            torch.cuda.synchronize()
