"""The same call over three wires, word for word: in the prompt, as a plugin, and by the Model Context Protocol.

MCP is spoken here by hand, one JSON-RPC message after the other, so that it can be read; programs use the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbook.core.chat import ToolCall
from workbook.core.coroutines import finished
from workbook.lab.api_server import ApiServer, Exchange
from workbook.tools import Toolbox, from_plugin, serve

PROTOCOL = "2025-06-18"
"""A version of MCP that all servers of today still speak; newer ones leave the session out."""
ACCEPT = {"Accept": "application/json, text/event-stream"}


def plugin_wire(toolbox: Toolbox, call: ToolCall, api: str = "shop") -> list[Exchange]:
    """Manifest, document and call of a plugin with these tools, as they go over HTTP."""
    with ApiServer() as server:
        server.deploy(api, toolbox.shown)
        plugin = from_plugin(f"{server.address}/{api}/.well-known/ai-plugin.json")
        finished(_run(plugin.converted.toolbox, call))
        return [_elsewhere(one, server.address) for one in server.log]


def _elsewhere(one: Exchange, address: str) -> Exchange:
    """With an address that is the same at every run."""
    return Exchange(*(text.replace(address, "http://api.example") for text in one))


def mcp_wire(toolbox: Toolbox, call: ToolCall) -> list[Exchange]:
    """Greeting, list and call of an MCP server with these tools, as JSON-RPC over HTTP."""
    return finished(_mcp(toolbox, call))


async def _mcp(toolbox: Toolbox, call: ToolCall) -> list[Exchange]:
    import httpx2

    hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "workbook", "version": "1"}}
    said = [_request(1, "initialize", hello), {"jsonrpc": "2.0", "method": "notifications/initialized"},
            _request(2, "tools/list"), _request(3, "tools/call", call.to_dict())]  # fmt: skip
    heard: list[Exchange] = []
    async with serve(toolbox).http() as url, httpx2.AsyncClient() as client:
        session: dict[str, str] = {}
        for message in said:
            answer = await client.post(url, json=message, headers=ACCEPT | session)
            session |= {k: v for k, v in answer.headers.items() if k.lower() == "mcp-session-id"}
            data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
            heard.append(Exchange(json.dumps(message), f"{answer.status_code} {''.join(data)}".rstrip()))
    return heard


def _request(number: int, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method} | ({"params": dict(params)} if params else {})


async def _run(toolbox: Toolbox, call: ToolCall) -> str:
    return await toolbox[call.name].run(call.arguments)
