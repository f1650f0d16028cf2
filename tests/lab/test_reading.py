"""Reading calls from raw text."""

import pytest

from workbook.core.chat import ToolCall
from workbook.lab.reading import read_json_calls, read_python_calls, read_reply

CALL = '{"name": "f", "arguments": {"a": 1}}'


def test_one_call_or_a_list():
    assert read_json_calls(CALL).calls == (ToolCall("f", {"a": 1}),)
    assert len(read_json_calls(f"[{CALL}, {CALL}]").calls) == 2
    assert read_json_calls(f" {CALL}\n").problems == ()


@pytest.mark.parametrize("text", ["", "Sure! " + CALL, CALL[:-1], "{'name': 'f'}", CALL + CALL])
def test_what_is_not_json_does_not_parse(text):
    read = read_json_calls(text)
    assert (read.parses, read.calls) == (False, ())
    assert read.problems


@pytest.mark.parametrize("text", ["[]", "3", '{"city": "Paris"}', '{"name": 3, "arguments": {}}', '["x"]'])
def test_json_that_is_no_call_parses_and_is_a_problem(text):
    read = read_json_calls(text)
    assert (read.parses, read.calls) == (True, ())
    assert read.problems


def test_a_reply_in_the_models_format(scripted, written):
    model = scripted(lambda prompt, seed: "")
    assert read_reply(model, written("f", a=1)).parses
    assert not read_reply(model, "Just words.").parses
    assert not read_reply(model, "<tool_call>\n{broken}\n</tool_call>").parses
    assert not read_reply(model, written("f", a=1) + "\n<tool_call>\n{").parses
    assert read_reply(model, written("f", a="</tool_call> in a string")).parses
    nameless = read_reply(model, '<tool_call>\n{"a": 1}\n</tool_call>')
    assert nameless.parses
    assert nameless.problems


def test_python_is_read_and_never_run():
    assert read_python_calls('f(a=1); g(b="x")').calls == (ToolCall("f", {"a": 1}), ToolCall("g", {"b": "x"}))
    assert not read_python_calls("f(a=1").parses
    assert read_python_calls("f(a=open('x'))").problems
    held = read_python_calls("f(a=g()); h()")
    assert (held.parses, held.calls) == (True, (ToolCall("h", {}),))
    assert held.problems
