"""Where things lie and how large a run is.

Covers profiles (``ci``, ``study``, ``full``), the folders of the repository and
"did you mean". Leaves out the choice of model (``workbook.models``).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from workbook.core.errors import UsageError, WorkbookError

T = TypeVar("T")


@dataclass(frozen=True)
class Profile:
    """How large a run is; a profile changes sizes, never the code path.

    ``trials``: tasks an arm sees; ``seeds``: samples a task at a temperature
    above zero; ``draws``: bootstrap draws; ``steps``: share of the training
    steps that a full run takes.
    """

    name: str
    trials: int
    seeds: int
    draws: int
    steps: float

    def pick(self, *, ci: T, study: T, full: T) -> T:
        """The value for this profile: ``profile().pick(ci=8, study=40, full=400)``."""
        return {"ci": ci, "study": study, "full": full}[self.name]


PROFILES: dict[str, Profile] = {
    "ci": Profile("ci", trials=8, seeds=1, draws=500, steps=0.01),
    "study": Profile("study", trials=75, seeds=1, draws=2000, steps=0.1),
    "full": Profile("full", trials=400, seeds=3, draws=10000, steps=1.0),
}
"""From the smallest to the largest; the order is the rank that ``workbook claims`` uses.

From 73 tasks on, no failure leaves at most 5 % of failures possible: with fewer a claim of "always" could never hold.
"""


def profile(name: str | None = None) -> Profile:
    """The profile ``name``, else that of ``WORKBOOK_PROFILE``, else ``study``; an unknown one names the nearest."""
    wanted = name or os.environ.get("WORKBOOK_PROFILE") or "study"
    if wanted not in PROFILES:
        raise unknown("profile", wanted, PROFILES)
    return PROFILES[wanted]


def nearest(name: str, options: Iterable[str]) -> str | None:
    """The option that is spelt most like ``name``, or None when none is close."""
    by_lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[close[0]] if close else None


def unknown(what: str, name: str, options: Iterable[str]) -> UsageError:
    """The error for a name that does not exist; it names the nearest that does, and all of a short list."""
    names = list(options)
    close = nearest(name, names)
    hint = f"Did you mean {close!r}?" if close else ""
    listed = f"There are: {', '.join(names)}." if 0 < len(names) <= 12 else ""
    return UsageError(f"unknown {what} {name!r}", " ".join(part for part in (hint, listed) if part))


def repo_root() -> Path:
    """The checkout: ``WORKBOOK_ROOT``, else the folder above this package, else above the working directory.

    Raises :class:`WorkbookError` when none of them holds ``course`` and ``data``.
    """
    home = os.environ.get("WORKBOOK_ROOT")
    starts = [Path(home)] if home else [Path(__file__).resolve(), Path.cwd()]
    for start in starts:
        for folder in (start, *start.parents):
            if is_checkout(folder):
                return folder
    looked = " and ".join(str(start) for start in starts)
    raise WorkbookError(f"no checkout of the workbook at or above {looked}", "Set WORKBOOK_ROOT to the clone's folder.")


def is_checkout(folder: Path) -> bool:
    """Whether ``folder`` is the root of a clone: it holds the project file and the course."""
    return (folder / "pyproject.toml").is_file() and (folder / "course").is_dir()


def data_dir() -> Path:
    """The shipped models, task sets and reference results: ``WORKBOOK_DATA`` or ``data`` in the checkout."""
    chosen = os.environ.get("WORKBOOK_DATA")
    return Path(chosen) if chosen else repo_root() / "data"
