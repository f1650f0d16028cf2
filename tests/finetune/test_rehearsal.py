"""Simulated tools: stricter than a schema, and a conversation that cannot have gone that way is seen."""

from __future__ import annotations

import json

import pytest

from workbook.core.chat import Tool, ToolCall, ToolResult, assistant, tool_message, user
from workbook.core.validation import call_errors
from workbook.finetune.conversations import Example
from workbook.finetune.rehearsal import rehearse, simulated
from workbook.tools.toolbox import ToolError

TOOL = Tool("book", "Book.", {
    "type": "object",
    "properties": {"day": {"type": "string", "format": "date"}, "seats": {"type": "integer"}},
    "required": ["day"],
})  # fmt: skip
RIGHT = ToolCall("book", {"day": "2026-02-27"})


def played(*turns) -> str | None:
    return rehearse(Example("call", (user("Book."), *turns), (TOOL,)))


def result(content: object) -> object:
    return tool_message(ToolResult("book", json.dumps(content)))


def test_a_right_call_runs() -> None:
    assert json.loads(simulated(TOOL)(RIGHT.arguments))["status"] == "ok"
    assert played(assistant("", RIGHT)) is None


@pytest.mark.parametrize("arguments", [{"day": "2026-02-30"}, {"day": "2026-02-27", "colour": "red"}])
def test_what_a_schema_lets_through_may_still_fail(arguments) -> None:
    call = ToolCall("book", arguments)
    assert not call_errors(call, (TOOL,))
    with pytest.raises(ToolError):
        simulated(TOOL)(arguments)
    assert played(assistant("", call)) == "fails"


def test_an_unknown_tool() -> None:
    assert played(assistant("", ToolCall("cook", {}))) == "unknown tool"


def test_a_repair_begins_with_a_call_that_fails() -> None:
    wrong, error = assistant("", ToolCall("book", {})), result({"error": "'day' is a required property"})
    assert played(wrong, error, assistant("", RIGHT)) is None
    assert played(assistant("", RIGHT), error, assistant("", RIGHT)) == "no error"
    assert played(wrong, result({"status": "ok"}), assistant("Done.")) == "fails"
