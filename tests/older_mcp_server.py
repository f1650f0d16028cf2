"""An MCP server of 2025 without the SDK: pages, schemas that are none, notifications that nobody asked for."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

PARTS = [
    {"type": "text", "text": "one"},
    {"type": "image", "data": "AA==", "mimeType": "image/png"},
    {"type": "resource", "resource": {"uri": "file:///a", "text": "two"}},
    {"type": "resource_link", "uri": "file:///b", "name": "b"},
]
INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {"listChanged": True}},
    "serverInfo": {"name": "older", "version": "1"},
}


def say(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)  # noqa: T201


def tool(name: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object", "properties": properties or {}}, **more}


def page(cursor: str | None, grown: bool) -> dict[str, Any]:
    if cursor:
        broken = [tool("broken", {"a": {"type": "text"}}), tool("far", {"a": {"$ref": "https://example.com/a.json"}})]
        return {
            "tools": [tool(name) for name in ("structured", "environment", "grow", "silent", "wrong", "die")] + broken
        }
    first = [tool("parts"), tool("get/it", annotations={"readOnlyHint": True})]
    return {"tools": first + ([tool("late")] if grown else []), "nextCursor": "2"}


def result(name: str) -> dict[str, Any]:
    results: dict[str, dict[str, Any]] = {
        "parts": {"content": PARTS},
        "structured": {"content": [], "structuredContent": {"a": 1}},
        "environment": {"content": [{"type": "text", "text": json.dumps(sorted(os.environ))}]},
    }
    return results.get(name, {"content": [{"type": "text", "text": "no"}], "isError": True})


def answer(id: Any, name: str) -> None:
    if name == "die":
        sys.exit(1)
    if name == "grow":
        say(method="notifications/tools/list_changed")
    if name == "wrong":
        say(id=id, error={"code": -32602, "message": "bad arguments"})
    elif name != "silent":
        say(id=id, result=result(name))


def main() -> None:
    grown = False
    for line in sys.stdin:
        asked = json.loads(line)
        id, method, params = asked.get("id"), asked["method"], asked.get("params") or {}
        if method == "initialize":
            say(id=id, result=INITIALIZED)
        elif method == "tools/list":
            say(id=id, result=page(params.get("cursor"), grown))
        elif method == "tools/call":
            grown = grown or params["name"] == "grow"
            answer(id, params["name"])
        elif id is not None:
            say(id=id, error={"code": -32601, "message": "no such method"})


if __name__ == "__main__":
    main()
