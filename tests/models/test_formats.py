"""Chat formats read what they write, and never raise on what a model may write instead."""

from __future__ import annotations

import random
from typing import Any

import pytest

from workbook.core.chat import Message, Tool, ToolCall, assistant, system, user
from workbook.core.errors import UsageError
from workbook.models import hermes, mistral, python_calls
from workbook.models.formats import FORMATS, chat_format, format_of

WEATHER = Tool(
    "get_weather",
    "Weather of a city.",
    {
        "type": "object",
        "properties": {"days": {"type": "integer"}, "city": {"type": "string", "description": "where"}},
        "required": ["city"],
    },
)
CALLS = (
    ToolCall("get_weather", {"city": 'Paris "é" </x>', "days": 3}),
    ToolCall("find", {"list": [1, 2.5, None, True], "inner": {"a": []}}),
)


def python_call(call: ToolCall) -> str:
    return f"{call.name}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})"


WRITERS = {
    "hermes": lambda calls: "\n".join(map(hermes.render_call, calls)),
    "mistral": mistral.render_calls,
    "raven": lambda calls: "Call: " + "; ".join(map(python_call, calls)) + " <bot_end>",
    "gorilla": lambda calls: "".join("<<function>>" + python_call(call) for call in calls),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("calls", [CALLS, CALLS[:1]], ids=["two", "one"])
def test_reads_what_it_writes(name: str, calls: tuple[ToolCall, ...]) -> None:
    reply = FORMATS[name].parse(WRITERS[name](calls))
    assert (reply.content, reply.calls, reply.problems) == ("", calls, ())


@pytest.mark.parametrize("name", FORMATS)
def test_text_without_calls_is_content(name: str) -> None:
    reply = FORMATS[name].parse(" Which city, please?  ")
    assert (reply.content, reply.calls, reply.problems) == ("Which city, please?", (), ())


ODD = ['"', "{", "}", "(", "", "\x00", "<", "'"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_mutilation_of_a_call_raises(name: str) -> None:
    """Cut anywhere, and with characters lost, doubled or put in: a reply, never an exception."""
    whole, chance = "Well. " + WRITERS[name](CALLS), random.Random(1)
    texts = [whole[:end] for end in range(len(whole))]
    for _ in range(300):
        letters = list(whole)
        for _ in range(chance.randint(1, 4)):
            position = chance.randrange(len(letters))
            letters[position : position + chance.randint(0, 3)] = chance.choice(
                ['"', "{", "}", "(", "", "\x00", "<", "'"]
            )
        texts.append("".join(letters))
    for text in texts:
        reply = FORMATS[name].parse(text)
        assert all(isinstance(call, ToolCall) for call in reply.calls)
        assert len(reply.calls) < 2 or name != "hermes" or hermes.OPEN in text


BROKEN = [
    ("hermes", '<tool_call>\n{"name": "f", "arguments": {}}', 1, "no </tool_call>"),
    ("hermes", '<tool_call>\n{"name": "f", "arguments": {"a": 1</tool_call>', 0, "not JSON"),
    ("hermes", '<tool_call>{"name": "f"}</tool_call>', 0, "no object of arguments"),
    ("hermes", '<tool_call>{"arguments": {}}</tool_call>', 0, "no name"),
    ("hermes", "<tool_call>[1]</tool_call>", 0, "a call is an object"),
    ("hermes", '<tool_call>{"name": "f", "arguments": {"a": NaN}}</tool_call>', 0, "NaN is not JSON"),
    ("hermes", '<tool_call>{"name": "f", "arguments": {"a": 1, "a": 2}}</tool_call>', 0, "'a' stands twice"),
    ("hermes", '<tool_call>{"name": "f", "arguments": {}} and more</tool_call>', 1, "text between"),
    ("hermes", "x</tool_call>", 0, "without <tool_call>"),
    ("hermes", "<tool_call>" + "[" * 100_000, 0, "nested too deeply"),
    ("hermes", '<tool_call>{"name": "f", "arguments": {"a": ' + "9" * 5000 + "}}</tool_call>", 0, "not readable"),
    ("mistral", '[TOOL_CALLS][{"name": "f", "arguments": {}}] and more', 1, "text after"),
    ("mistral", "[TOOL_CALLS]f(1)", 0, "not JSON"),
    ("raven", "Call: f(1)", 0, "positional"),
    ("raven", "Call: f(a=g(b=1))", 0, "nested call 'g(b=1)'"),
    ("raven", "Call: f(a=__import__('os').system('x'))", 0, "not the name"),
    ("raven", "Call: f(a=1, a=2)", 0, "a is given twice"),
    ("raven", "Call: f(**{'a': 1})", 0, "** unpacks"),
    ("raven", "Call: f(a=b)", 0, "f: 'b' is no literal"),
    ("raven", "Call: f(a={1: 2})", 0, "strings as keys"),
    ("raven", "Call: f(a=b'x')", 0, "not a JSON value"),
    ("raven", "Call: f(a={{}})", 0, "is no literal"),
    ("raven", "Call: f(a=1e999)", 0, "not a JSON value"),
    ("raven", "Call: x = f(a=1)", 0, "not a call"),
    ("raven", "Call: (lambda: 0)()", 0, "not the name"),
    ("raven", "Call: ", 0, "no call"),
    ("gorilla", "<<function>>f(a=", 0, "not Python"),
    ("gorilla", "<<function>>" + "(" * 5000, 0, "not Python"),
]


@pytest.mark.parametrize(("name", "text", "calls", "problem"), BROKEN, ids=lambda part: str(part)[:40])
def test_problems_are_named(name: str, text: str, calls: int, problem: str) -> None:
    reply = FORMATS[name].parse(text)
    assert len(reply.calls) == calls
    assert problem in "; ".join(reply.problems)


def test_one_broken_call_does_not_take_the_others_with_it() -> None:
    good = hermes.render_call(CALLS[1])
    reply = hermes.parse(f'I try. <tool_call>\n{{"name": oops}}\n</tool_call>\n{good}')
    assert reply.calls == (CALLS[1],)
    assert reply.content == "I try."
    assert [problem.split(":")[0] for problem in reply.problems] == ["call 1"]


def test_a_call_that_was_never_closed_ends_where_the_next_begins() -> None:
    reply = hermes.parse(f'<tool_call>\n{{"name": "f", \n{hermes.render_call(CALLS[1])}')
    assert reply.calls == (CALLS[1],)
    assert len(reply.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"type": "function", "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}</tool_call>',
        '<tool_call>{"name": "f", "parameters": {"a": 1}}</tool_call>',
    ],
)
def test_spellings_of_other_families_are_understood(text: str) -> None:
    assert hermes.parse(text).calls == (ToolCall("f", {"a": 1}),)


def test_mistrals_newer_form_is_read() -> None:
    reply = mistral.parse('Sure.[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]g[CALL_ID]abc123[ARGS]{}</s>')
    assert reply.calls == (ToolCall("f", {"a": 1}), ToolCall("g", {}))
    assert (reply.content, reply.problems) == ("Sure.", ())


def test_a_thought_after_ravens_calls_is_content() -> None:
    reply = python_calls.parse_raven("Call: f(a=true) <bot_end>\nThought: because.")
    assert reply.calls == (ToolCall("f", {"a": True}),)
    assert reply.content == "Thought: because."


@pytest.mark.parametrize("name", FORMATS)
def test_prompts_hold_the_question_and_the_tools_and_end_before_the_answer(name: str) -> None:
    prompt = FORMATS[name].render([system("Be brief."), user("Rain in Oslo?")], [WEATHER])
    for part in ("Be brief.", "Rain in Oslo?", "get_weather", "Weather of a city.", "city"):
        assert part in prompt
    ends = {"hermes": "assistant\n", "mistral": "[/INST]", "raven": "<human_end>\n", "gorilla": "### Response: "}
    assert prompt.endswith(ends[name])


@pytest.mark.parametrize("name", ["hermes", "mistral"])
def test_a_conversation_keeps_its_calls_and_results(name: str) -> None:
    turns = [user("Rain?"), assistant("", CALLS[0]), Message("tool", "42 mm", (), "get_weather"), user("And now?")]
    prompt = FORMATS[name].render(turns, [WEATHER])
    order = [prompt.index(part) for part in ("Rain?", '"days": 3', "42 mm", "And now?")]
    assert order == sorted(order)


def test_ravens_signature_is_python_with_the_required_first() -> None:
    import ast

    source = python_calls.signature(WEATHER).removeprefix("Function:\n")
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.args] == ["city", "days"]
    assert len(function.args.defaults) == 1
    assert "where" in (ast.get_docstring(function) or "")


@pytest.mark.parametrize(
    ("template", "name"),
    [(None, "hermes"), ("... <tool_call> ...", "hermes"), ("[INST][TOOL_CALLS]", "mistral"), ("<human_end>", "raven")],
)
def test_a_template_tells_its_format(template: Any, name: str) -> None:
    assert format_of(template).name == name


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'hermes'"):
        chat_format("hermess")
