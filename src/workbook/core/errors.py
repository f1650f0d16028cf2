"""Errors that a person can act on: the command line prints their message and exits with ``exit_status``.

Every other exception is a bug of ours and keeps its traceback. ``settings.unknown`` makes the one for a
name that does not exist.
"""

from __future__ import annotations

from typing import ClassVar


class WorkbookError(Exception):
    """Something expected went wrong: ``message`` says what, ``remedy`` how to go on."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message, self.remedy = message, remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


class UsageError(WorkbookError):
    """The request itself is wrong: a name that does not exist, an option that does not fit."""

    exit_status: ClassVar[int] = 2
