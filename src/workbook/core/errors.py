"""Errors that a person can act on: the command line prints their message and exits with ``exit_status``.

Every other exception is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class WorkbookError(Exception):
    """Something expected went wrong; the message says what was tried and how to go on."""

    exit_status: ClassVar[int] = 1


class UsageError(WorkbookError):
    """The request itself is wrong: an unknown name, an option that does not fit."""

    exit_status: ClassVar[int] = 2


class UnknownNameError(UsageError):
    """A name that does not exist; the message offers the nearest ones that do."""

    def __init__(self, kind: str, name: str, options: Iterable[str]) -> None:
        self.kind, self.name, self.options = kind, name, sorted(options)
        super().__init__(self._message())

    def _message(self) -> str:
        if not self.options:
            return f"unknown {self.kind} {self.name!r}, and there is none to choose from"
        near = difflib.get_close_matches(self.name, self.options, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown {self.kind} {self.name!r}: {hint}There is: {', '.join(self.options)}"
