"""Toy tools for tests of the agent: they note what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from workbook.core.chat import Tool, ToolCall, user
from workbook.tools import BoundTool, Risk, Toolbox, ToolError

QUESTION = (user("Who is user 7?"),)
ANN = '{"name": "Ann", "email": "ann@example.org"}'


def call(name: str, /, **arguments: Any) -> ToolCall:
    return ToolCall(name, arguments)


def bound(name: str, run: Callable[..., Any], risk: Risk = "read", **properties: Any) -> BoundTool:
    """A tool whose properties are all required; without any, it takes whatever it is given."""
    schema: dict[str, Any] = {"type": "object"}
    if properties:
        schema |= {"properties": properties, "required": list(properties), "additionalProperties": False}

    async def started(arguments: Mapping[str, Any]) -> str:
        result = run(**arguments)
        return await result if asyncio.iscoroutine(result) else result

    return BoundTool(Tool(name, f"{name.split('_')[0].capitalize()} it.", schema), started, f"toy {name}", risk)


class Toys:
    """A directory of users with a tool for each way to go wrong; ``ran`` lists what has run."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        number = {"type": "integer"}
        self.box = Toolbox(
            [
                bound("get_user", self._noted("get_user", lambda id: ANN), id=number),
                bound("no_user", self._noted("no_user", self._no), id=number),
                bound("boom", self._noted("boom", self._boom)),
                bound("slow", self._noted("slow", self._slow)),
                bound("send", self._noted("send", lambda **_: "sent"), "write"),
                bound("delete_user", self._noted("delete_user", lambda **_: "deleted"), "destructive"),
            ]
        )

    def _noted(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def noted(**arguments: Any) -> Any:
            self.ran.append(name)
            return run(**arguments)

        return noted

    def _no(self, id: int) -> str:
        raise ToolError("no such user", "Look it up first.")

    def _boom(self) -> str:
        raise ValueError("the password is hunter2")

    async def _slow(self) -> str:
        await asyncio.sleep(30)
        return "late"
