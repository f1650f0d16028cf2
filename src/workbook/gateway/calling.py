"""Calls by the full names of operations, as requests.

For oracles and load tests, which know what they want. Agents use the documents, like everybody else
(``workbook.tools.openapi``). Leaves out who sends them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from workbook.core.chat import ToolCall
from workbook.gateway.catalogue import Operation


class Answered(NamedTuple):
    """What came back: the status, and the body as JSON values, None where there is none."""

    status: int
    content: Any


def request_for(operation: Operation, call: ToolCall) -> dict[str, Any]:
    """A call as ``httpx2`` takes it: method, URL, and the query or the body."""
    rest, url = dict(call.arguments), operation.path
    if operation.on_one:
        url = url.replace(f"{{{operation.id_parameter}}}", str(rest.pop(operation.id_parameter, "")))
    request: dict[str, Any] = {"method": operation.method.upper(), "url": url}
    if operation.method == "get":
        return request | {"params": rest}
    return request | ({"json": rest} if rest else {})
