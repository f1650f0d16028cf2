"""Calls as Python under a grammar: what it admits is read back, and what no signature says is refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import grammar_walking
import pytest

from workbook.core.chat import Tool, ToolCall
from workbook.core.constraints import Gbnf
from workbook.core.validation import call_errors
from workbook.grammar.engine import GrammarError
from workbook.grammar.python_gbnf import python_gbnf
from workbook.models.nested_calls import NestedCall, all_calls
from workbook.models.python_calls import read_calls, written_call
from workbook.suites.tasks import load_tasks


def tool(name: str, required: str = "", **properties: Any) -> Tool:
    return Tool(name, "", {"type": "object", "properties": properties, "required": required.split()})


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
TOOLS = (
    tool("nearest", "to", to=TEXT, within=WHOLE),
    tool(
        "hotel.book", "city nights", city=TEXT, nights=WHOLE, breakfast={"type": "boolean"}, unit={"enum": ["c", None]}
    ),
    tool("now"),
    tool("send", "", to={"type": "array", "items": TEXT}, at={"type": "object", "properties": {"hour": WHOLE}}),
)
ENGINES = ("xgrammar", "llguidance")


@cache
def compiled(engine: str, nested: bool, several: bool) -> Any:
    return grammar_walking.compile_for("pocket", Gbnf(python_gbnf(TOOLS, nested, several)), engine)


def accepts(text: str, engine: str, nested: bool = False, several: bool = True) -> bool:
    return grammar_walking.accepts(compiled(engine, nested, several), text)


FLAT = (
    'nearest(to="Oslo")',
    'nearest(to="a \\"b\\" \\n é", within=-3)',
    'hotel.book(city="", nights=2, breakfast=True, unit=None)',
    'hotel.book(city="Rome", nights=0, unit="c")',
    "now()",
    'send(to=["a", "b"], at={"hour": 3})',
    "send(to=[])",
    "send()",
    'now(); nearest(to="Oslo"); now()',
)
NESTED = (
    'hotel.book(city=nearest(to="Oslo"), nights=2)',
    "hotel.book(city=nearest(to=nearest(to=now(), within=now())), nights=2)",
    "now(); send(at=hotel.book(city=now(), nights=1))",
)
REFUSED = (
    "elsewhere()",  # no such function
    'nearest(of="Oslo")',  # no such argument
    "nearest()",  # a required one is missing
    'nearest(to="Oslo", to="Rome")',
    'nearest(within=3, to="Oslo")',  # another order
    'nearest("Oslo")',  # which parameter?
    "nearest(to=Oslo)",  # a variable
    'nearest(to="Oslo" + "!")',
    'nearest(to="Oslo", within=3.5)',
    'hotel.book(city="Rome", nights=2, breakfast=true)',
    'hotel.book(city="Rome", nights=2, unit="k")',
    "now(x=1)",
    "now(",
    "now();",
    "now().then()",
    "__import__(\"os\")",
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", FLAT)
def test_calls_are_admitted_and_read_back(text, engine):
    assert accepts(text, engine)
    calls, problems = read_calls(text)
    assert not problems
    assert "; ".join(map(written_call, calls)) == text
    assert [error for call in calls for error in call_errors(call.plain, TOOLS)] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", NESTED)
def test_calls_inside_of_calls_need_the_recursive_grammar(text, engine):
    assert accepts(text, engine, nested=True)
    assert not accepts(text, engine)
    calls, problems = read_calls(text)
    assert not problems
    assert "; ".join(map(written_call, calls)) == text
    assert {inner.name for call in calls for inner in all_calls(call)} <= {one.name for one in TOOLS}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", REFUSED)
def test_what_no_signature_says_is_refused(text, engine):
    assert not accepts(text, engine, nested=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_call_where_one_is_wanted(engine):
    assert accepts("now()", engine, several=False)
    assert not accepts("now(); now()", engine, several=False)


def test_the_expected_calls_of_the_frozen_set_are_admitted():
    said = 0
    for task in [task for task in load_tasks("calls") if task.kind == "call"][:24]:
        try:
            grammar = python_gbnf(task.tools)
        except GrammarError:  # a name with a hyphen, a schema that GBNF cannot say
            continue
        said += 1
        text = "; ".join(map(written_call, task.expected))
        made = grammar_walking.compile_for("pocket", Gbnf(grammar), "xgrammar")
        assert grammar_walking.accepts(made, text), text
    assert said > 20


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (tool("get-weather"), "'get-weather' is no name in Python"),
        (tool("f", **{"class": TEXT}), "'class' is no name in Python"),
        (tool("f", **{"a b": TEXT}), "'a b' is no name"),
        (tool("f", a={"type": "number", "minimum": 0.5}), "GBNF cannot say"),
    ],
)
def test_what_cannot_be_said_is_an_error(bad, reason):
    with pytest.raises(GrammarError, match=reason):
        python_gbnf([bad])


def test_no_tool_no_grammar():
    with pytest.raises(GrammarError, match="at least one tool"):
        python_gbnf([])


def test_a_tree_is_written_as_it_is_read():
    tree = NestedCall("send", {"to": [NestedCall("now", {})], "at": {"hour": 3}})
    assert read_calls(written_call(tree)) == ((tree,), ())
    assert written_call(ToolCall("f", {"a": True, "b": None})) == "f(a=True, b=None)"
