"""A box of tools that succeed, refuse, break and wait; started as a program, an MCP server over stdio."""

from __future__ import annotations

import asyncio

from workbook.tools import Toolbox, ToolError, from_function, serve


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: the first one
    """
    return a + b


def refuse(reason: str) -> str:
    """Say no."""
    raise ToolError(f"not {reason}", "Ask a person.")


def explode() -> str:
    """Break."""
    raise RuntimeError("the password is 1234")


async def wait() -> str:
    """Take a moment."""
    await asyncio.sleep(0.3)
    return "done"


BOX = Toolbox(
    [
        from_function(add),
        from_function(refuse, risk="write"),
        from_function(explode, risk="destructive"),
        from_function(wait),
    ]
)

if __name__ == "__main__":
    asyncio.run(serve(BOX).stdio())
