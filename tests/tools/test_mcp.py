"""MCP, both ends for real: our server over stdio and HTTP, our client against it and against an older, stranger one."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_server import api_server
from jsonschema import Draft202012Validator
from served_tools import BOX, add

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.tools import BoundTool, Toolbox, ToolError, connect, from_function, serve
from workbook.tools.mcp_tools import Connection

TESTS = Path(__file__).parents[1]
OURS = [sys.executable, str(TESTS / "served_tools.py")]
OLDER = [sys.executable, str(TESTS / "older_mcp_server.py")]


def described(box: Toolbox) -> list[tuple[Any, ...]]:
    return [(bound.name, bound.tool.description, dict(bound.tool.parameters), bound.risk) for bound in box]


async def refusal(bound: BoundTool, **arguments: Any) -> str:
    with pytest.raises(ToolError) as caught:
        await bound.run(arguments)
    return str(caught.value)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def try_all(box: Toolbox) -> None:
    """What must hold over every transport."""
    assert described(box) == described(BOX)
    assert await box["add"].run({"a": 3}) == "5"
    assert await refusal(box["refuse"], reason="today") == "not today. Ask a person."
    assert await refusal(box["add"], a="three") == "a: 'three' is not of type 'integer'"
    assert await refusal(box["add"], a=1, c=2) != ""
    assert await refusal(box["explode"]) == "explode broke: RuntimeError"
    started = time.perf_counter()
    assert await asyncio.gather(*[box["wait"].run({}) for _ in range(4)]) == ["done"] * 4
    assert time.perf_counter() - started < 4 * 0.3, "parallel calls run in parallel"


def test_over_http():
    async def go() -> None:
        async with serve(BOX).http() as url, connect(url) as connection:
            assert url.startswith("http://127.0.0.1:")
            assert connection.toolbox["add"].origin == f"MCP {url}: add"
            await try_all(connection.toolbox)

    asyncio.run(go())


def test_over_stdio():
    async def go() -> None:
        async with connect(OURS) as connection:
            assert connection.toolbox["add"].origin == f"MCP {Path(sys.executable).name}: add", "no machine's paths"
            await try_all(connection.toolbox)

    asyncio.run(go())


def test_a_change_is_told_and_waits_to_be_fetched():
    async def go() -> None:
        server = serve(BOX)
        async with server.http() as url, connect(url) as connection:
            before = connection.toolbox
            assert not connection.changed
            await server.replace(Toolbox([from_function(add)]))
            await until(lambda: connection.changed)
            assert described(connection.toolbox) == described(before), "nothing changes unasked"
            assert [bound.name for bound in await connection.refresh()] == ["add"]
            assert [bound.name for bound in connection.toolbox] == ["add"]
            assert not connection.changed
            assert "unknown tool 'refuse'" in await refusal(before["refuse"], reason="x")

    asyncio.run(go())


def test_an_older_server_is_understood(monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "1")

    async def go() -> None:
        async with connect(OLDER, environment={"GIVEN": "1"}, seconds=1) as connection:
            box = connection.toolbox
            names = ["parts", "get_it", "structured", "environment", "grow", "silent", "wrong", "die"]
            assert (connection.protocol, [bound.name for bound in box]) == ("2025-06-18", names)
            assert (box["get_it"].risk, box["parts"].risk) == ("read", "destructive")
            assert [(failure.operation, failure.reason.split(":")[0]) for failure in connection.failed] == [
                ("broken", "not a JSON Schema at properties.a.type"),
                ("far", "$ref to another document"),
            ]
            parts = await box["parts"].run({})
            assert parts == "one\n[image, image/png, not shown]\ntwo\n[resource_link, no type, file:///b]"
            assert await box["structured"].run({}) == '{"a": 1}'
            environment = await box["environment"].run({})
            assert "GIVEN" in environment
            assert "SOME_SECRET" not in environment
            assert await refusal(box["get_it"]) == "no"
            assert await refusal(box["wrong"]) == "wrong failed: bad arguments. Try again later."
            assert "Try again later" in await refusal(box["silent"])
            assert not connection.changed
            assert await refusal(box["grow"]) == "no"
            await until(lambda: connection.changed)
            assert "late" not in connection.toolbox
            assert "late" in await connection.refresh()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("http://127.0.0.1:9/mcp?key=secret", "no MCP server at http://127.0.0.1:9/mcp: "),
        ([sys.executable, "-c", "raise SystemExit('no such setting')"], r"Connection closed \(no such setting\)"),
        ([sys.executable, "-c", "print('hello')"], "no MCP server"),
        (["/no/such/program"], "no MCP server at /no/such/program"),
        ("python server.py", "is no URL.*as a list"),
    ],
)
def test_without_a_server_the_reason_is_said(server, reason):
    async def go() -> None:
        async with connect(server, seconds=5):
            pytest.fail("connected to nothing")

    with pytest.raises(WorkbookError, match=reason) as caught:
        asyncio.run(go())
    assert "secret" not in str(caught.value)


def test_headers_go_along():
    async def go(url: str) -> None:
        async with connect(url, headers={"Authorization": "Bearer abc"}, seconds=2):
            pytest.fail("that is no MCP server")

    with api_server() as api:
        with pytest.raises(WorkbookError, match="no MCP server"):
            asyncio.run(go(f"{api.url}/status/404"))
        assert api.requests[0]["headers"]["authorization"] == "Bearer abc"


def test_a_connection_may_be_left_by_another_task():
    """As in a notebook, where each cell is a task of its own."""

    async def enter(stack: AsyncExitStack) -> Connection:
        url = await stack.enter_async_context(serve(BOX).http())
        return await stack.enter_async_context(connect(url))

    async def go() -> None:
        stack = AsyncExitStack()
        connection = await asyncio.create_task(enter(stack))
        assert await asyncio.create_task(connection.toolbox["add"].run({"a": 1})) == "3"
        await asyncio.create_task(stack.aclose())

    asyncio.run(asyncio.wait_for(go(), 20))


def test_a_server_that_says_nothing_is_given_up_and_ended():
    async def go(seconds: float) -> None:
        async with connect([sys.executable, "-c", "import sys; sys.stdin.read()"], seconds=seconds):
            pytest.fail("connected to nothing")

    with pytest.raises(WorkbookError, match="no answer in time"):
        asyncio.run(go(0.3))
    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(go(60), 0.3))
    assert time.perf_counter() - started < 30, "who gives up does not wait for the server's time limit"


def test_a_server_that_dies_fails_the_calls_and_not_the_caller():
    async def go() -> str:
        async with connect(OLDER, seconds=5) as connection:
            assert "die" in connection.toolbox
            return await refusal(connection.toolbox["die"])

    assert "Connection closed" in asyncio.run(go())


def test_what_the_caller_raises_is_what_the_caller_gets():
    async def go() -> None:
        async with serve(BOX).http() as url, connect(url):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(go())


def test_a_page_of_another_site_cannot_reach_the_server():
    async def go() -> list[int]:
        async with serve(BOX).http() as url, httpx2.AsyncClient() as client:
            foreign = [{"Host": "evil.example"}, {"Origin": "https://evil.example"}]
            return [(await client.post(url, json={}, headers=headers)).status_code for headers in foreign]

    assert asyncio.run(go()) == [421, 403]


def test_a_port_can_be_chosen_and_is_free_again_afterwards():
    async def go() -> None:
        async with serve(BOX).http() as url:
            port = int(url.split(":")[2].split("/")[0])
            with pytest.raises(WorkbookError, match=f"port {port} cannot be used"):
                async with serve(BOX).http(port):
                    pass
        async with serve(BOX).http(port) as again, connect(again) as connection:
            assert len(connection.toolbox) == len(BOX)

    asyncio.run(go())


def test_every_schema_is_one():
    async def go() -> None:
        async with connect(OLDER) as connection:
            for bound in connection.toolbox:
                Draft202012Validator.check_schema(bound.tool.parameters)
                assert bound.tool.parameters["type"] == "object"

    asyncio.run(go())


def test_a_tool_that_runs_twice_keeps_its_wire_name():
    async def run(arguments: object) -> str:
        return "here"

    async def go() -> None:
        box = Toolbox([BoundTool(Tool("a b"), run, "test"), BoundTool(Tool("a/b"), run, "test")])
        async with serve(box).http() as url, connect(url) as connection:
            assert [bound.name for bound in connection.toolbox] == ["a_b", "a_b_2"]
            assert await connection.toolbox["a_b_2"].run({}) == "here"

    asyncio.run(go())
