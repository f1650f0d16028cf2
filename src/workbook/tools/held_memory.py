"""What processes hold in memory, read from the kernel: pages that several share are counted once (Linux)."""

from __future__ import annotations

import os
import re
from pathlib import Path

PROPORTIONAL = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


def tree_bytes(pid: int) -> int:
    """Bytes that all processes below ``pid`` hold; those that end meanwhile count as none."""
    import psutil

    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return 0
    return sum(process_bytes(child.pid) for child in children)


def process_bytes(pid: int) -> int:
    """Bytes that one process holds, its share of shared pages included.

    A process that hides its pages from us is counted by what it has resident, which is never less.
    """
    try:
        found = PROPORTIONAL.search(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
        return int(found[1]) * 1024 if found else 0
    except PermissionError:
        return _resident(pid)
    except OSError:
        return 0


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0
