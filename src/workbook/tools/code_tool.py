"""Tools that run what a model wrote, in a sandbox: a Python program, or a command of the system.

Each run starts from nothing: no file of one is there in the next. Leaves out who may call them; their risk says that
approval should be asked (``workbook.agent``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool
from workbook.core.errors import UsageError
from workbook.tools.sandbox import Finished, Limits, Sandbox
from workbook.tools.toolbox import BoundTool, ToolError

LIMITS = Limits(output=8 * 1024)
"""What a call may take; a model has to read what a program writes."""
CUTS = {
    "time": "stopped after {0.seconds:g} s, the limit of time",
    "output": "stopped at {0.output} bytes, the limit of output",
    "memory": "stopped at {0.memory} bytes, the limit of memory",
}
STDIN = {"type": "string", "description": "What the program reads on its standard input."}


def python_tool(sandbox: Sandbox, limits: Limits = LIMITS) -> BoundTool:
    """``run_python(code, stdin)``: a Python program, in ``sandbox``."""

    async def run(arguments: Mapping[str, Any]) -> str:
        command = (sandbox.python, "program.py")
        return await _run(sandbox, command, arguments, limits, {"program.py": arguments["code"]})

    code = {"type": "string", "description": "The whole program; what it prints is the result."}
    description = "Run a Python program, without network, in an empty folder."
    return _tool("run_python", description, {"code": code, "stdin": STDIN}, ["code"], run, sandbox)


def command_tool(sandbox: Sandbox, limits: Limits = LIMITS) -> BoundTool:
    """``run_command(command, stdin)``: a program of the system and its arguments, in ``sandbox``; no shell."""

    async def run(arguments: Mapping[str, Any]) -> str:
        return await _run(sandbox, arguments["command"], arguments, limits, {})

    words = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    command = {**words, "description": "A program and its arguments, one by one; no shell reads them."}
    description = "Run a program of the system, without network, in an empty folder."
    return _tool("run_command", description, {"command": command, "stdin": STDIN}, ["command"], run, sandbox)


def as_text(finished: Finished, limits: Limits) -> str:
    """A result for a model: how it ended, what cut it, and what it wrote."""
    parts = [f"exit status {finished.status}"]
    if finished.cut:
        parts = [CUTS[finished.cut].format(limits)]
    if finished.output:
        parts.append(f"output:\n{finished.output.rstrip()}")
    if finished.errors:
        parts.append(f"errors:\n{finished.errors.rstrip()}")
    return "\n".join(parts)


async def _run(
    sandbox: Sandbox,
    command: Sequence[str],
    arguments: Mapping[str, Any],
    limits: Limits,
    files: Mapping[str, str],
) -> str:
    try:
        # A thread, because the sandbox waits; it ends by its own limit when nobody waits for it any more.
        finished = await asyncio.to_thread(sandbox.run, command, files, arguments.get("stdin", ""), limits)
    except UsageError as error:
        raise ToolError(error.message, error.remedy) from error
    return as_text(finished, limits)


def _tool(
    name: str, description: str, properties: Mapping[str, Any], required: list[str], run: Any, sandbox: Sandbox
) -> BoundTool:
    parameters = {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
    return BoundTool(Tool(name, description, parameters), run, origin=f"sandbox: {sandbox.name}", risk="destructive")
