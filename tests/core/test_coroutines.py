"""Asynchronous work is finished where no event loop runs, and where one does."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from workbook.core.coroutines import finished

CELL: ContextVar[str] = ContextVar("cell", default="none")


async def told(word: str) -> str:
    await asyncio.sleep(0)
    if word == "fail":
        raise ValueError(word)
    return f"{word} {CELL.get()}"


async def notebook(word: str) -> str:
    CELL.set("cell 3")
    return finished(told(word))


def test_in_a_script_and_in_a_notebook() -> None:
    assert finished(told("script")) == "script none"
    assert asyncio.run(notebook("notebook")) == "notebook cell 3"


def test_errors_come_through() -> None:
    with pytest.raises(ValueError, match="fail"):
        finished(told("fail"))
    with pytest.raises(ValueError, match="fail"):
        asyncio.run(notebook("fail"))
