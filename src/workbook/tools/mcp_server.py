"""Our toolbox as an MCP server: over stdio for a client that starts us, or over HTTP on this machine alone.

Leaves out authorization: the HTTP server listens on 127.0.0.1 and refuses requests that a browser sends for another
site.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.validation import schema_errors
from workbook.tools.toolbox import BoundTool, Toolbox, ToolError

if TYPE_CHECKING:
    from mcp import types as mcp_types
    from mcp.server import Server

HOST = "127.0.0.1"
STARTING = 10.0
"""Seconds that the HTTP server may take to listen."""


def serve(toolbox: Toolbox, name: str = "workbook") -> ToolServer:
    """A server for these tools: ``await serve(box).stdio()``, or ``async with serve(box).http() as url``."""
    return ToolServer(toolbox, name)


class ToolServer:
    """Offers a toolbox; made by :func:`serve`."""

    def __init__(self, toolbox: Toolbox, name: str) -> None:
        from mcp.server import Server
        from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler

        self._toolbox, self._bus = toolbox, InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus)
        self._server: Server[Any] = Server(
            name, on_list_tools=self._list, on_call_tool=self._call, on_subscriptions_listen=self._streams
        )

    async def replace(self, toolbox: Toolbox) -> None:
        """Offer other tools from now on, and tell the clients that listen (``list_changed``)."""
        from mcp.server.subscriptions import ToolsListChanged

        self._toolbox = toolbox
        await self._bus.publish(ToolsListChanged())

    async def stdio(self) -> None:
        """Serve the client at standard input and output until it closes them."""
        from mcp import stdio_server

        async with stdio_server() as (reading, writing):
            await self._server.run(reading, writing, self._server.create_initialization_options())

    @contextlib.asynccontextmanager
    async def http(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on this machine while the context lasts; gives the URL. Port 0 takes a free one."""
        import uvicorn

        with _listening(port) as listening:
            address = f"http://{HOST}:{listening.getsockname()[1]}/mcp"
            app = self._server.streamable_http_app(host=HOST)
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
            server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # they are the caller's
            running = asyncio.create_task(server.serve([listening]))
            try:
                await _started(server, running)
                yield address
            finally:
                self._streams.close()
                server.should_exit = True
                await running

    async def _list(self, context: Any, params: Any) -> mcp_types.ListToolsResult:
        from mcp import types as mcp_types

        return mcp_types.ListToolsResult(tools=[_offered(bound) for bound in self._toolbox])

    async def _call(self, context: Any, params: mcp_types.CallToolRequestParams) -> mcp_types.CallToolResult:
        from mcp import types as mcp_types

        text, failed = await _run(self._toolbox, params.name, params.arguments or {})
        return mcp_types.CallToolResult(content=[mcp_types.TextContent(text=text)], is_error=failed)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise WorkbookError(
            f"port {port} cannot be used: {error.strerror}", "Take another, or 0 for a free one."
        ) from error


async def _started(server: Any, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(STARTING):
        while not server.started:
            if running.done():
                raise WorkbookError("the MCP server ended before it began", "Look at its log.")
            await asyncio.sleep(0.01)


def _offered(bound: BoundTool) -> mcp_types.Tool:
    from mcp import types as mcp_types

    hints = mcp_types.ToolAnnotations(read_only_hint=bound.risk == "read", destructive_hint=bound.risk == "destructive")
    shown = bound.tool
    schema = dict(shown.parameters)
    return mcp_types.Tool(name=shown.name, description=shown.description, input_schema=schema, annotations=hints)


async def _run(toolbox: Toolbox, name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    """The result as text, and whether it is an error; what a tool breaks on stays with us, but for its kind."""
    try:
        bound = toolbox[name]
        wrong = schema_errors(arguments, bound.tool.parameters) or bound.check(arguments)
        return ("; ".join(wrong), True) if wrong else (await bound.run(arguments), False)
    except (ToolError, WorkbookError) as error:
        return str(error), True
    except Exception as error:
        return f"{name} broke: {type(error).__name__}", True
