"""Asynchronous work from synchronous code, in a script and in a notebook, whose event loop runs already."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``; where an event loop runs already, in a thread with a loop of its own.

    An interrupt cancels the work, so that no tool goes on behind the back of the person who pressed stop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    inside: list[Any] = []

    async def noted() -> T:
        inside.extend((asyncio.get_running_loop(), asyncio.current_task()))
        return await work

    # The context says to which cell of a notebook output belongs.
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(copy_context().run, asyncio.run, noted())
        try:
            return future.result()
        except KeyboardInterrupt:
            loop, task = inside
            loop.call_soon_threadsafe(task.cancel)
            raise
