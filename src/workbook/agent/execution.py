"""What becomes of one call: is it valid, and what does its tool give back in time.

Nothing here raises because of a tool: whatever it does ends in a status and a text that the model can read. Leaves
out guards and approval (``loop`` puts all together).
"""

from __future__ import annotations

import asyncio
import time
from copy import deepcopy
from dataclasses import replace

from workbook.agent.guards import short_error
from workbook.agent.trace import CallRecord, Status
from workbook.core.chat import ToolCall, ToolResult
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.tools.causes import Cause
from workbook.tools.toolbox import BoundTool, Toolbox, ToolError


def call_problems(call: ToolCall, toolbox: Toolbox) -> list[str]:
    """What is wrong with a call: by its schema first, then, where that holds, by the tool's own check."""
    try:
        return call_errors(call, toolbox.shown) or toolbox[call.name].check(deepcopy(call.arguments))
    except WorkbookError as error:
        return [str(error)]
    except Exception as error:  # a check that breaks has not said yes
        return [f"{call.name} could not be checked ({type(error).__name__})"]


def unrun(record: CallRecord, status: Status, content: str, cause: Cause | None, detail: str = "") -> CallRecord:
    """The record of a call that did not run, with what the model reads instead of a result."""
    result = ToolResult(record.call.name, content, error=True)
    return replace(record, status=status, result=result, cause=cause, detail=detail)


def invalid(record: CallRecord, problems: list[str], known: bool) -> CallRecord:
    """The record of a call that is not valid; ``known``: its tool is there at least."""
    said = short_error("; ".join(problems), "Mend the call, or ask the user for what is missing.")
    return unrun(record, "invalid", said, "bad arguments" if known else "wrong tool")


async def execute(record: CallRecord, tool: BoundTool, limit: float) -> CallRecord:
    """Run the tool for at most ``limit`` seconds; a tool that ignores its end is left behind, not waited for.

    A tool that computes without ever awaiting cannot be interrupted: it belongs into a thread or a process.
    """
    started = time.perf_counter()
    task = asyncio.ensure_future(_given(tool, record.call))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # an error after the end is nobody's
    try:
        await asyncio.wait({task}, timeout=limit)
    finally:
        task.cancel()
    return replace(_outcome(record, task, limit), seconds=time.perf_counter() - started)


async def _given(tool: BoundTool, call: ToolCall) -> str:
    """What the tool gives back; it gets a copy, so that no tool can change what the trace says it was asked."""
    return await tool.run(deepcopy(call.arguments))


def _outcome(record: CallRecord, task: asyncio.Future[str], limit: float) -> CallRecord:
    name = record.call.name
    if not task.done():
        hint = "It may have run all the same. Go on without its result."
        return unrun(record, "timed out", short_error(f"{name} took longer than {limit:g} s", hint), "time-out")
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    if isinstance(error, ToolError):
        content = short_error(error.message, error.remedy)
        return replace(unrun(record, "failed", content, error.cause), raw=str(error))
    if error is None and not isinstance(task.result(), str):
        error = TypeError(f"a tool gives text, not {type(task.result()).__name__}")
    if error is not None:
        hint = "The call is not to blame. Go on without it."
        said = short_error(f"{name} broke ({type(error).__name__})", hint)
        return unrun(record, "broken", said, "server", detail=str(error))
    return replace(record, status="ran", result=ToolResult(name, task.result()), raw=task.result())
