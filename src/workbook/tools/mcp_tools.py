"""Tools from MCP servers, by the official SDK: a program that speaks over stdio, or an address of streamable HTTP.

A server may change its tools while we are connected: :attr:`Connection.changed` says so, and nothing else changes
until :meth:`Connection.refresh`. Leaves out resources, prompts and sampling.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.tools.converted import Converted, Failure, Unconvertible, checked
from workbook.tools.documents import is_url
from workbook.tools.toolbox import BoundTool, Risk, Toolbox, ToolError, legal_name

if TYPE_CHECKING:
    from mcp import Client
    from mcp import types as mcp_types

SECONDS = 30.0
MOST_PAGES = 100
"""Pages of a list of tools; a server that never ends its list must not hang us."""
LATER = "Try again later."


class Connection:
    """A connected server: the tools that it offered when they were last asked for.

    ``changed`` turns true when the server says that its list is another now; ``protocol`` is the version of MCP that
    the two agreed on.
    """

    def __init__(self, transport: Any, label: str, seconds: float) -> None:
        from mcp import Client

        # Without the SDK's cache: asking anew means asking the server.
        self._client = Client(transport, read_timeout_seconds=seconds, message_handler=self._heard, cache=None)
        self._label, self._converted = label, Converted()
        self.changed = False

    @property
    def toolbox(self) -> Toolbox:
        """The tools, by legal names."""
        return self._converted.toolbox

    @property
    def failed(self) -> list[Failure]:
        """Tools whose schema is none, and why."""
        return self._converted.failed

    @property
    def protocol(self) -> str:
        """The version of MCP that both sides agreed on, a date such as ``2025-06-18``."""
        return self._client.protocol_version

    async def refresh(self) -> Toolbox:
        """Ask the server for its tools again, and take the place of what was known; ``changed`` is over."""
        self.changed = False
        self._converted = convert(self._client, await _listed(self._client), self._label)
        return self.toolbox

    async def _open(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self._client)
        await _listen(stack, self._client)
        await self.refresh()

    async def _heard(self, message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self.changed = True


@asynccontextmanager
async def connect(
    server: str | Sequence[str],
    *,
    headers: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> AsyncIterator[Connection]:
    """Connect to a URL, or to a program that is started with these arguments and ended afterwards.

    ``headers`` go with each request to a URL, such as an authorization; ``environment`` are the variables that a
    program gets beside a few harmless ones. ``seconds`` is the time limit of connecting, and of each answer.
    Raises :class:`WorkbookError` when there is no server.
    """
    ready: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()
    # In a task of its own: the SDK wants to be left by the task that entered, and each cell of a notebook is another.
    holding = asyncio.create_task(_hold(server, headers or {}, environment or {}, seconds, ready, leave))
    try:
        yield await asyncio.shield(ready)  # so that it is not done when only the waiting ends
    finally:
        if ready.done():
            leave.set()
        else:
            holding.cancel()
        await asyncio.wait([holding])


async def _hold(
    server: str | Sequence[str],
    headers: Mapping[str, str],
    environment: Mapping[str, str],
    seconds: float,
    ready: asyncio.Future[Connection],
    leave: asyncio.Event,
) -> None:
    """Keep a connection open until it is left; ``ready`` becomes the connection, or the reason why there is none."""
    name = server.split("?")[0] if isinstance(server, str) else server[0]  # a query may hold a key
    with tempfile.TemporaryFile("w+") as log:
        try:
            async with AsyncExitStack() as stack:
                transport = await _transport(stack, server, headers, environment, log, seconds)
                connection = Connection(transport, f"MCP {name if is_url(name) else Path(name).name}", seconds)
                async with asyncio.timeout(seconds):
                    await connection._open(stack)
                ready.set_result(connection)
                await leave.wait()
        except Exception as error:
            if not ready.done():  # afterwards the calls have said it
                reason = _reason(error) + _said(log)
                failure = WorkbookError(f"no MCP server at {name}: {reason}", "Check that it runs.")
                ready.set_exception(error if isinstance(error, WorkbookError) else failure)


def convert(client: Client, offered: Sequence[mcp_types.Tool], label: str) -> Converted:
    """The tools that a server offers, as ours."""
    done = Converted()
    for one in offered:
        try:
            parameters = checked(dict(one.input_schema))
        except Unconvertible as error:
            done.failed.append(Failure(one.name, error.message))
            continue
        name = legal_name(one.name, [tool.name for tool in done.tools])
        tool = Tool(name, one.description or "", parameters)
        done.tools.append(BoundTool(tool, _runner(client, one.name), f"{label}: {one.name}", _risk(one.annotations)))
    return done


async def _transport(
    stack: AsyncExitStack,
    server: str | Sequence[str],
    headers: Mapping[str, str],
    environment: Mapping[str, str],
    log: TextIO,
    seconds: float,
) -> Any:
    import httpx2
    from mcp import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if isinstance(server, str):
        if not is_url(server):
            raise WorkbookError(f"{server!r} is no URL", 'Give a program as a list: ["python", "server.py"].')
        limit = httpx2.Timeout(seconds, read=None)  # a stream of notifications may be silent for long
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=dict(headers), timeout=limit))
        return streamable_http_client(server, http_client=http)
    program = StdioServerParameters(command=server[0], args=list(server[1:]), env=dict(environment))
    return stdio_client(program, log)


async def _listen(stack: AsyncExitStack, client: Client) -> None:
    """Ask for notifications, where the protocol wants us to ask; older servers send them unasked."""
    from mcp import MCPError
    from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

    offered = client.server_capabilities.tools
    if offered is None or not offered.list_changed:
        return
    try:
        await stack.enter_async_context(client.listen(tools_list_changed=True))
    except (ListenNotSupportedError, MCPError, SubscriptionLost, TimeoutError):
        return


async def _listed(client: Client) -> list[mcp_types.Tool]:
    found: list[mcp_types.Tool] = []
    cursor = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise WorkbookError(f"the server's list of tools has more than {MOST_PAGES} pages")


def _risk(hints: mcp_types.ToolAnnotations | None) -> Risk:
    """The risk that the server admits to; without a word it is the protocol's default, destructive."""
    if hints is not None and hints.read_only_hint:
        return "read"
    return "write" if hints is not None and hints.destructive_hint is False else "destructive"


def _runner(client: Client, name: str) -> Any:
    async def run(arguments: Mapping[str, Any]) -> str:
        from mcp import MCPError

        try:
            result = await client.call_tool(name, dict(arguments))
        except TimeoutError:
            raise ToolError(f"{name} took too long", LATER, "time-out") from None
        except MCPError as error:
            raise ToolError(f"{name} failed: {error.message}", LATER, "server") from error
        text = _text(result)
        if result.is_error:
            raise ToolError(text or f"{name} failed")
        return text

    return run


def _text(result: mcp_types.CallToolResult) -> str:
    """The parts as lines; what is no text is named, and structure alone is written as JSON."""
    if not result.content and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(_part(part) for part in result.content)


def _part(part: Any) -> str:
    inside = getattr(part, "resource", part)
    if isinstance(getattr(inside, "text", None), str):
        return inside.text
    kind = getattr(inside, "mime_type", None) or "no type"
    return f"[{part.type}, {kind}, {getattr(inside, 'uri', 'not shown')}]"


def _said(log: TextIO) -> str:
    """The last line that a program wrote to its standard error."""
    log.seek(0)
    lines = log.read().strip().splitlines()
    return f" ({lines[-1][:200]})" if lines else ""


def _reason(error: BaseException) -> str:
    """The innermost cause; task groups wrap it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
