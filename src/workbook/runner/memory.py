"""The memory of a process and all its descendants, watched from a thread.

Sums resident memory, so pages that processes share count once for each of them: an upper bound.
"""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

MIB = 2**20


class PeakMemory:
    """A context manager that samples process ``pid`` and its descendants; ``mib`` is the highest sum seen."""

    def __init__(self, pid: int, interval: float = 0.2) -> None:
        self.mib = 0.0
        self._interval = interval
        self._root = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        try:
            processes = [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        self.mib = max(self.mib, sum(map(_resident, processes)) / MIB)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
