"""What a measurement was made with: hardware in general terms, and the versions that matter.

Nothing here tells one machine from another of its kind: no host name, no path, no time of day.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "torch",
    "transformers",
    "outlines",
    "outlines-core",
    "xgrammar",
    "llguidance",
    "xllamacpp",
    "numpy",
    "lancedb",
    "sentence-transformers",
)


@lru_cache(maxsize=1)
def hardware() -> str:
    """Such as ``Intel Xeon, 2 cores`` or ``AMD EPYC 9554, 16 cores, NVIDIA H200``.

    A GPU is named when torch has been loaded, which whoever used one has done.
    """
    parts = [_cpu(), f"{cores()} cores"]
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        parts.append(str(torch.cuda.get_device_name()))
    return ", ".join(parts)


def versions() -> dict[str, str]:
    """Python and the packages that an experiment's outcome hangs on, as far as they are installed."""
    found = {"python": platform.python_version()}
    for package in ("function-calling-workbook", *PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def cores() -> int:
    """How many cores this process may use."""
    # A container may hold fewer cores than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.is_file() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return plain_cpu_name(named.group(1) if named else platform.processor() or platform.machine())


def plain_cpu_name(name: str) -> str:
    """A processor's name without trade marks, clock and core count."""
    name = re.sub(r"\((?:R|TM|C)\)|@.*|\b(?:CPU|Processor)\b|\b\d+-Core\b", " ", name, flags=re.IGNORECASE)
    return " ".join(name.split()) or platform.machine()
