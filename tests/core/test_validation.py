"""Schema checks: short messages, and nothing passed that should not."""

import pytest

from workbook.core.chat import Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.validation import LONGEST, call_errors, is_valid_json, schema_errors

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [Tool("get_weather", parameters=SCHEMA), Tool("ping")]


def test_valid_instances_have_no_errors():
    assert schema_errors({"city": "Paris"}, SCHEMA) == []
    assert schema_errors({"city": "Paris", "days": 3.0}, SCHEMA) == []  # an integer by value


@pytest.mark.parametrize(
    ("instance", "path", "word"),
    [
        ({}, "", "'city' is a required"),
        ({"city": 3}, "city: ", "string"),
        ({"city": "x", "days": 8}, "days: ", "maximum"),
        ({"city": "x", "days": True}, "days: ", "integer"),
        ({"city": "x", "days": 1.5}, "days: ", "integer"),
        ({"city": "x", "day": 1}, "", "day"),
        ([], "", "object"),
    ],
)
def test_errors_name_the_place_and_the_reason(instance, path, word):
    errors = schema_errors(instance, SCHEMA)
    assert len(errors) == 1
    assert errors[0].startswith(path)
    assert word in errors[0]


def test_messages_stay_short():
    assert all(len(error) <= LONGEST for error in schema_errors({"city": list(range(1000))}, SCHEMA))


def test_a_broken_schema_is_an_error_of_its_own():
    with pytest.raises(WorkbookError, match="not a JSON Schema"):
        schema_errors({}, {"type": "dictionary"})


def test_calls():
    assert call_errors(ToolCall("get_weather", {"city": "Paris"}), TOOLS) == []
    assert call_errors(ToolCall("ping"), TOOLS) == []
    assert call_errors(ToolCall("get_wether", {"city": "Paris"}), TOOLS) == [
        "unknown tool 'get_wether'; did you mean 'get_weather'?"
    ]
    assert call_errors(ToolCall("zzz"), []) == ["unknown tool 'zzz'"]
    assert len(call_errors(ToolCall("get_weather", {"days": 0}), TOOLS)) == 2


@pytest.mark.parametrize("text", ["{}", " [1, 2.5e3] ", '"x"', "null", "-0"])
def test_json(text):
    assert is_valid_json(text)


NOT_JSON = ["", "{", "{'a': 1}", "NaN", "[Infinity]", '{"a": 1,}', "{} {}", "01", '"\n"', "[" * 99999]


@pytest.mark.parametrize("text", NOT_JSON)
def test_not_json(text):
    assert not is_valid_json(text)
