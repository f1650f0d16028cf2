"""Logs of a person's own API: both forms, other people's names, and each reason for which a line is left out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from workbook.core.errors import WorkbookError
from workbook.finetune.own_logs import rows_of_logs

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
FULL = {"name": "full", "in": "query", "schema": {"type": "boolean"}}
ITEM = {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}
DOCUMENT = {
    "openapi": "3.0.3", "info": {"title": "Shop: all", "version": "1"}, "servers": [{"url": "http://127.0.0.1:9/v1"}],
    "paths": {
        "/orders/{id}": {"get": {"operationId": "getOrder", "parameters": [ID, FULL], "responses": {}}},
        "/orders": {"post": {
            "operationId": "order", "responses": {},
            "requestBody": {"required": True, "content": {"application/json": {"schema": ITEM}}},
        }},
    },
}  # fmt: skip


def made(tmp_path: Path, *lines: Any, against: Path | None = None):
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return rows_of_logs([str(tmp_path / "api.json")], [log], [against] if against else [])


def calls(result: Any) -> list[Any]:
    return [row["messages"][-1]["tool_calls"][0]["function"] for row in result.rows]


@pytest.mark.parametrize("line", [
    {"text": "Show order 42 in full", "operation": "getOrder", "arguments": {"id": 42, "full": True}},
    {"question": "Show order 42 in full", "tool": "getOrder", "args": '{"id": 42, "full": true}'},
    {"text": "Show order 42 in full", "method": "get", "path": "/v1/orders/42?full=true", "status": 200},
    {"prompt": "Show order 42 in full", "url": "https://shop.example/v1/orders/42/", "query": {"full": "true"}},
], ids=["operation", "other names", "path", "address"])  # fmt: skip
def test_the_same_call_in_four_forms(tmp_path: Path, line: dict) -> None:
    result = made(tmp_path, line)
    assert calls(result) == [{"name": "getOrder", "arguments": {"id": 42, "full": True}}]
    assert {tool["function"]["name"] for tool in result.rows[0]["tools"]} == {"getOrder", "order"}


def test_a_body(tmp_path: Path) -> None:
    line = {"text": "Order a lamp", "method": "POST", "path": "/v1/orders", "body": {"item": "lamp"}}
    assert calls(made(tmp_path, line)) == [{"name": "order", "arguments": {"item": "lamp"}}]


GOOD = {"text": "Order a blue lamp for the hall", "operation": "order", "arguments": {"item": "lamp"}}
BAD = [
    ("{broken", "format", "not JSON"),
    ([1], "format", "no object"),
    ({"operation": "order"}, "format", "no words of a person"),
    (GOOD | {"status": 404}, "format", "the API answered 404"),
    (GOOD | {"operation": "cancel"}, "format", "unknown operation"),
    (GOOD | {"arguments": [1]}, "format", "arguments that are no object"),
    (GOOD | {"arguments": "{"}, "format", "arguments that are no object"),
    ({"text": "hi"}, "format", "neither an operation nor a path"),
    ({"text": "hi", "method": "PUT", "path": "/v1/orders"}, "format", "no operation of that path"),
    (GOOD | {"arguments": {}}, "format", "schema"),
    (GOOD | {"text": "Order something"}, "semantics", "ungrounded"),
    (GOOD | {"text": GOOD["text"] + "!"}, "duplicate", "near one before"),
]


@pytest.mark.parametrize(("line", "stage", "cause"), BAD, ids=str)
def test_what_cannot_be_used_is_counted_with_its_reason(tmp_path: Path, line: Any, stage: str, cause: str) -> None:
    result = made(tmp_path, GOOD, line)
    assert len(result.rows) == 1
    (found,) = result.rejected[stage].items()
    assert found[0].startswith(cause)
    assert found[1] == 1
    assert result.funnel[-1]["out"] == 1


def test_a_request_of_an_evaluation_set_is_not_learned(tmp_path: Path) -> None:
    bench = tmp_path / "bench"
    bench.mkdir()
    (bench / "set.jsonl").write_text(json.dumps({"question": GOOD["text"]}))
    result = made(tmp_path, GOOD, GOOD | {"text": "A lamp, please"}, against=bench)
    assert Counter({name: sum(causes.values()) for name, causes in result.rejected.items()}) == {"contamination": 1}


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no object 1"):
        made(tmp_path, [1])
    with pytest.raises(WorkbookError, match="no log"):
        rows_of_logs([str(tmp_path / "api.json")], [tmp_path / "none"])
