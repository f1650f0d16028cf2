"""A client of the gateway: calls by the full names of operations, over one connection.

For oracles and load tests, which know what they want. Agents use the documents, like everybody else
(``workbook.tools.openapi``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx2

from workbook.core.chat import ToolCall
from workbook.gateway.catalogue import Operation, operation


class Answered(NamedTuple):
    """What came back: the status, and the body as JSON values, None where there is none."""

    status: int
    content: Any


class Caller:
    """A client with a token; a context manager."""

    def __init__(self, address: str, token: str, seconds: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx2.Client(base_url=address, headers=headers, timeout=seconds)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, call: ToolCall, key: str | None = None) -> Answered:
        """The answer to a call; ``key`` makes it safe to repeat. Raises ``httpx2.HTTPError`` when there is none."""
        headers = {"Idempotency-Key": key} if key else {}
        response = self._client.request(**request_for(operation(call.name), call), headers=headers)
        return Answered(response.status_code, response.json() if response.content else None)


def request_for(operation: Operation, call: ToolCall) -> dict[str, Any]:
    """A call as ``httpx2`` takes it: method, URL, and the query or the body."""
    rest, url = dict(call.arguments), operation.path
    if operation.on_one:
        url = url.replace(f"{{{operation.id_parameter}}}", str(rest.pop(operation.id_parameter, "")))
    request: dict[str, Any] = {"method": operation.method.upper(), "url": url}
    if operation.method == "get":
        return request | {"params": rest}
    return request | ({"json": rest} if rest else {})
