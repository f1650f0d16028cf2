"""The nouns: read what they wrote, and refuse what they cannot be."""

import pytest

from workbook.core.chat import (
    Message,
    Tool,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool_message,
    user,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALL = ToolCall("get_weather", {"city": "Paris"})


@pytest.mark.parametrize(
    "message",
    [
        system("Be brief."),
        user("Weather?"),
        assistant("Let me look.", CALL, CALL),
        assistant("", CALL),
        tool_message(ToolResult("get_weather", '{"error": "no such city"}', error=True)),
    ],
)
def test_messages_are_read_as_they_were_written(message):
    assert Message.from_dict(message.to_dict()) == message


def test_calls_may_stand_without_the_outer_function():
    data = {"role": "assistant", "content": None, "tool_calls": [{"name": "f", "arguments": {}}]}
    assert Message.from_dict(data) == assistant("", ToolCall("f"))


def test_tools_are_read_with_and_without_the_outer_function():
    tool = Tool("get_weather", "The weather.", SCHEMA)
    assert Tool.from_dict(tool.to_dict()) == tool
    assert Tool.from_dict(tool.to_dict()["function"]) == tool
    assert (tool.required, list(tool.properties)) == (("city",), ["city"])


def test_a_tool_without_parameters_takes_an_empty_object():
    tool = Tool.from_dict({"name": "ping", "parameters": None})
    assert (tool.properties, tool.required) == ({}, ())
    assert tool.parameters["type"] == "object"


@pytest.mark.parametrize("data", [{}, {"name": ""}, {"function": {"description": "x"}}, {"function": "f"}])
def test_a_tool_needs_a_name(data):
    with pytest.raises(ValueError, match="needs a name"):
        Tool.from_dict(data)


@pytest.mark.parametrize("data", [{}, {"name": 3}, {"name": "f", "arguments": "{}"}, {"name": "f", "arguments": []}])
def test_a_call_needs_a_name_and_an_object(data):
    with pytest.raises(ValueError, match="an object of arguments"):
        ToolCall.from_dict(data)


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="unknown role 'robot'"):
        Message("robot", "x")  # type: ignore[arg-type]


def test_reading_a_call_does_not_share_its_arguments():
    arguments = {"city": "Paris"}
    call = ToolCall.from_dict({"name": "f", "arguments": arguments})
    arguments["city"] = "Rome"
    assert call.arguments == {"city": "Paris"}
