"""What the workers of ``tests/grammar/test_worker.py`` do; a module of its own, so that a process can import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.grammar.engine import GrammarError


def make() -> Callable[[Any], Any]:
    """A worker that counts its questions, and does as it is told."""
    asked = 0

    def answer(question: Any) -> Any:
        nonlocal asked
        asked += 1
        kind, value = question
        return ACTS[kind](value, asked)

    return answer


def broken() -> Callable[[Any], Any]:
    """A worker that cannot start."""
    raise WorkbookError("no such vocabulary", "Choose another.")


def _refuse(value: Any, asked: int) -> Any:
    raise GrammarError("cannot compile this", "Try another.")


def _bug(value: Any, asked: int) -> Any:
    raise KeyError("lost")


def _interrupt(value: Any, asked: int) -> Any:
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"


def _recurse(value: Any, asked: int) -> Any:
    return _recurse(value, asked)


ACTS: dict[str, Callable[[Any, int], Any]] = {
    "echo": lambda value, asked: (value, asked),
    "pid": lambda value, asked: os.getpid(),
    "sleep": lambda value, asked: time.sleep(value),
    "eat": lambda value, asked: len(bytearray(value)),
    "die": lambda value, asked: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda value, asked: os._exit(3),
    "interrupt": _interrupt,
    "print": lambda value, asked: os.write(1, value.encode()),
    "refuse": _refuse,
    "bug": _bug,
    "recurse": _recurse,
}
