"""Calls inside of calls are run from the inside out, and nothing is evaluated on the way."""

import pytest

from workbook.core.chat import ToolCall
from workbook.models.nested_calls import all_calls, run_nested, turns
from workbook.models.python_calls import parse_raven, read_calls

TEXT = 'book(city=nearest(to="Oslo"), days=[1, sum_of(a=size(), b=2)]); now()'


def test_the_innermost_comes_first_and_its_result_takes_its_place():
    seen = []

    def run(call: ToolCall):
        seen.append(call)
        return {"nearest": "Bergen", "size": 3, "sum_of": 5, "book": "done", "now": 0}[call.name]

    calls, problems = read_calls(TEXT)
    assert not problems
    assert run_nested(calls, run) == ["done", 0]
    assert [call.name for call in seen] == ["nearest", "size", "sum_of", "book", "now"]
    assert seen[2].arguments == {"a": 3, "b": 2}
    assert seen[3].arguments == {"city": "Bergen", "days": [1, 5]}


def test_a_flat_model_needs_a_turn_for_each_level():
    [book, now], _ = read_calls(TEXT)
    assert (turns(book), turns(now)) == (3, 1)
    assert [call.name for call in all_calls(book)] == ["nearest", "size", "sum_of", "book"]
    assert (book.flat, now.flat) == (False, True)


def test_a_reply_of_flat_calls_says_what_it_cannot_hold():
    reply = parse_raven(f"Call: {TEXT} <bot_end>")
    assert reply.calls == (ToolCall("now", {}),)
    assert len(reply.problems) == 2
    assert "book: nested call 'nearest(to=\"Oslo\")'" in reply.problems[0]


@pytest.mark.parametrize(
    "inner", ['__import__("os").system("x")', "(lambda: 1)()", "open('x').read()", "a + b", "[x for x in y]", "f'{x}'"]
)
def test_nothing_but_calls_and_literals_is_read(inner):
    calls, problems = read_calls(f"f(a={inner})")
    assert calls == ()
    assert len(problems) == 1
