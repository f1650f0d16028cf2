"""One call: in time or not, and what a tool that misbehaves leaves behind."""

from __future__ import annotations

import asyncio
from typing import Any

from agent_toys import Toys, bound, call

from workbook.agent.execution import call_problems, execute
from workbook.agent.trace import CallRecord
from workbook.core.chat import Tool
from workbook.tools import BoundTool, Toolbox


def run(tool: BoundTool, limit: float = 5, **arguments: Any) -> CallRecord:
    return asyncio.run(execute(CallRecord(call(tool.name, **arguments)), tool, limit))


def test_a_tool_that_takes_too_long_is_cancelled() -> None:
    ended: list[str] = []

    async def slow() -> str:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cancelled")
        return ""

    record = run(bound("slow", slow), 0.02)
    assert (record.status, record.raw, ended) == ("timed out", None, ["cancelled"])
    assert 0 < record.seconds < 20


def test_a_tool_that_ignores_its_end_is_left_behind() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0.2)
        return "late"

    record = run(bound("stubborn", stubborn), 0.02)
    assert (record.status, record.seconds < 0.15) == ("timed out", True)


def test_a_tool_that_is_no_coroutine_is_broken() -> None:
    tool = BoundTool(Tool("plain"), lambda arguments: "text", "toy")  # type: ignore[arg-type, return-value]
    record = run(tool)
    assert (record.status, record.raw) == ("broken", None)
    assert record.detail


def test_a_failure_keeps_what_the_tool_said() -> None:
    record = run(Toys().box["no_user"], id=7)
    assert (record.status, record.raw) == ("failed", "no such user. Look it up first.")


def test_a_tool_whose_schema_is_broken_is_never_called() -> None:
    box = Toolbox([BoundTool(Tool("odd", "", {"type": "nothing"}), Toys().box["boom"].run, "toy")])
    assert "not a JSON Schema" in call_problems(call("odd"), box)[0]
    remote = BoundTool(Tool("far", "", {"$ref": "http://127.0.0.1:9/x"}), Toys().box["boom"].run, "toy")
    assert "could not be checked" in call_problems(call("far"), Toolbox([remote]))[0]
