"""The same call over HTTP and over MCP: what is said, and in which order."""

from __future__ import annotations

import json

from workbook.core.chat import ToolCall
from workbook.lab.wire import mcp_wire, plugin_wire
from workbook.tools import Toolbox, from_function


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


BOX, CALL = Toolbox([from_function(weather)]), ToolCall("weather", {"city": "Oslo"})


def test_a_plugin_is_a_manifest_a_document_and_a_request() -> None:
    said = plugin_wire(BOX, CALL)
    assert [one.sent.split()[:2] for one in said] == [
        ["GET", "/shop/.well-known/ai-plugin.json"], ["GET", "/shop/openapi.json"], ["POST", "/shop/weather"],
    ]  # fmt: skip
    assert json.loads(said[2].sent.split(" ", 2)[2]) == {"city": "Oslo"}
    assert all(one.got.startswith("200 ") for one in said)
    assert "127.0.0.1" not in str(said)


def test_mcp_is_a_greeting_a_list_and_a_call() -> None:
    said = [(json.loads(one.sent), one.got) for one in mcp_wire(BOX, CALL)]
    assert [message["method"] for message, _ in said] == [
        "initialize", "notifications/initialized", "tools/list", "tools/call",
    ]  # fmt: skip
    listed, called = (json.loads(got.split(" ", 1)[1])["result"] for _, got in said[2:])
    assert [tool["name"] for tool in listed["tools"]] == ["weather"]
    assert called["content"][0]["text"] == "rain in Oslo"
