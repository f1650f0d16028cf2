"""The ``exact`` rule: cases that it must take, and near misses that it must refuse."""

import pytest

from workbook.core.chat import Tool, ToolCall
from workbook.core.matching import calls_match, names_match, same_value

TOOLS = [
    Tool(
        "search",
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "limit": {"type": "integer", "default": 10},
                "exact": {"type": "boolean", "default": False},
                "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                "after": {"type": ["string", "null"], "default": None},
                "page": {"type": "integer"},
                "filter": {"type": "object", "properties": {"year": {"type": "integer", "default": 2020}}},
            },
            "required": ["query"],
        },
    ),
    Tool(
        "convert",
        parameters={
            "type": "object",
            "properties": {"amount": {"type": "number", "default": 1}, "to": {"type": "string", "default": "EUR"}},
            "required": ["amount"],
        },
    ),
]


def s(**arguments) -> ToolCall:
    return ToolCall("search", {"query": "x", **arguments})


def c(name: str, **arguments) -> ToolCall:
    return ToolCall(name, arguments)


MATCH = {
    "the same call": ([s()], [s()]),
    "no call where none is expected": ([], []),
    "arguments in another order": ([c("f", a=1, b=2)], [c("f", b=2, a=1)]),
    "an integer as a float": ([c("f", a=1.0)], [c("f", a=1)]),
    "a float as an integer": ([c("f", a=3)], [c("f", a=3.0)]),
    "an exponent": ([c("f", a=1e3)], [c("f", a=1000)]),
    "minus zero": ([c("f", a=-0.0)], [c("f", a=0)]),
    "a large integer": ([c("f", a=2**60)], [c("f", a=2**60)]),
    "blanks around a string": ([c("f", a="  Paris\n")], [c("f", a="Paris")]),
    "blanks around the expected string": ([c("f", a="Paris")], [c("f", a=" Paris ")]),
    "blanks inside a list": ([c("f", a=[" x", "y "])], [c("f", a=["x", "y"])]),
    "numbers inside a list": ([c("f", a=[1, 2.0])], [c("f", a=[1.0, 2])]),
    "numbers inside a nested object": ([c("f", a={"b": {"c": 2.0}})], [c("f", a={"b": {"c": 2}})]),
    "an object's keys in another order": ([c("f", a={"x": 1, "y": 2})], [c("f", a={"y": 2, "x": 1})]),
    "a default left out": ([s()], [s(limit=10)]),
    "a default written out": ([s(limit=10)], [s()]),
    "a default written as a float": ([s(limit=10.0)], [s()]),
    "a default of false left out": ([s()], [s(exact=False)]),
    "an empty list as default left out": ([s()], [s(tags=[])]),
    "null as default left out": ([s()], [s(after=None)]),
    "two defaults, one left out on each side": ([s(limit=10)], [s(exact=False)]),
    "calls in another order": ([c("f", a=1), c("g", a=2)], [c("g", a=2), c("f", a=1)]),
    "the same call twice, expected twice": ([c("f", a=1)] * 2, [c("f", a=1)] * 2),
    "calls of one tool in another order": ([s(page=2), s(page=1)], [s(page=1), s(page=2)]),
    "null where null is expected": ([c("f", a=None)], [c("f", a=None)]),
    "true where true is expected": ([c("f", a=True)], [c("f", a=True)]),
    "a required argument equal to its default, given": ([c("convert", amount=1)], [c("convert", amount=1.0)]),
    "a tool that is not in the list": ([c("unlisted", a=1)], [c("unlisted", a=1)]),
    "an empty object": ([c("f")], [c("f")]),
    "blanks only, and nothing": ([c("f", a="  ")], [c("f", a="")]),
}

REFUSE = {
    "no call": ([], [s()]),
    "a call where none is expected": ([s()], []),
    "another tool": ([c("g", a=1)], [c("f", a=1)]),
    "the tool's name in another case": ([c("Search", query="x")], [s()]),
    "a blank in the tool's name": ([c("search ", query="x")], [s()]),
    "another value": ([c("f", a=2)], [c("f", a=1)]),
    "true for 1": ([c("f", a=True)], [c("f", a=1)]),
    "1 for true": ([c("f", a=1)], [c("f", a=True)]),
    "0 for false": ([c("f", a=0)], [c("f", a=False)]),
    "0.0 for false": ([c("f", a=0.0)], [c("f", a=False)]),
    'a string "1" for 1': ([c("f", a="1")], [c("f", a=1)]),
    '1 for a string "1"': ([c("f", a=1)], [c("f", a="1")]),
    'a string "true" for true': ([c("f", a="true")], [c("f", a=True)]),
    'a string "null" for null': ([c("f", a="null")], [c("f", a=None)]),
    "an empty string for null": ([c("f", a="")], [c("f", a=None)]),
    "0 for null": ([c("f", a=0)], [c("f", a=None)]),
    "false for null": ([c("f", a=False)], [c("f", a=None)]),
    "null for an argument without default": ([s(page=None)], [s()]),
    "a string in another case": ([c("f", a="paris")], [c("f", a="Paris")]),
    "a blank inside a string": ([c("f", a="New  York")], [c("f", a="New York")]),
    "a string with punctuation": ([c("f", a="Paris.")], [c("f", a="Paris")]),
    "a string without its accent": ([c("f", a="Malaga")], [c("f", a="Málaga")]),
    "a list in another order": ([c("f", a=[2, 1])], [c("f", a=[1, 2])]),
    "a list with one more": ([c("f", a=[1, 2, 2])], [c("f", a=[1, 2])]),
    "a value for a list of it": ([c("f", a="x")], [c("f", a=["x"])]),
    "an object for a list": ([c("f", a={})], [c("f", a=[])]),
    "an argument on top": ([c("f", a=1, b=2)], [c("f", a=1)]),
    "an argument missing": ([c("f", a=1)], [c("f", a=1, b=2)]),
    "an argument under another name": ([c("f", aa=1)], [c("f", a=1)]),
    "a key of a nested object missing": ([c("f", a={"x": 1})], [c("f", a={"x": 1, "y": 2})]),
    "true inside a nested object for 1": ([c("f", a={"x": [True]})], [c("f", a={"x": [1]})]),
    "a nested value that differs": ([c("f", a={"x": {"y": 1}})], [c("f", a={"x": {"y": 2}})]),
    "a default left out where another value is expected": ([s()], [s(limit=5)]),
    "another value where the default is expected": ([s(limit=11)], [s()]),
    "a required argument left out, in spite of its default": ([c("convert")], [c("convert", amount=1)]),
    "an optional argument without default left out": ([s()], [s(page=1)]),
    "true for a default of 10": ([s(limit=True)], [s(limit=10)]),
    "a nested default: it belongs to no argument": ([s(filter={})], [s(filter={"year": 2020})]),
    "a call too many": ([c("f", a=1), c("g", a=1)], [c("f", a=1)]),
    "the right call twice": ([c("f", a=1)] * 2, [c("f", a=1)]),
    "one call twice for two calls": ([c("f", a=1)] * 2, [c("f", a=1), c("f", a=2)]),
    "values swapped between two calls": ([c("f", a=1), c("g", a=2)], [c("f", a=2), c("g", a=1)]),
    "values swapped between two arguments": ([c("f", a="x", b="y")], [c("f", a="y", b="x")]),
    "a number that is close": ([c("f", a=0.1 + 0.2)], [c("f", a=0.3)]),
    "a number of the other sign": ([c("f", a=-5)], [c("f", a=5)]),
    "not a number": ([c("f", a=float("nan"))], [c("f", a=float("nan"))]),
}


@pytest.mark.parametrize("case", MATCH)
def test_match(case):
    actual, expected = MATCH[case]
    assert calls_match(actual, expected, TOOLS)
    assert calls_match(expected, actual, TOOLS)


@pytest.mark.parametrize("case", REFUSE)
def test_refuse(case):
    actual, expected = REFUSE[case]
    assert not calls_match(actual, expected, TOOLS)
    assert not calls_match(expected, actual, TOOLS)


def test_enough_cases_and_half_of_them_near_misses():
    assert len(MATCH) + len(REFUSE) >= 40
    assert len(REFUSE) >= len(MATCH)


def test_defaults_need_the_schema():
    assert not calls_match([s()], [s(limit=10)], [])


def test_names_ignore_arguments_and_order_but_not_copies():
    assert names_match([c("f", a=1), c("g")], [c("g", b=2), c("f")])
    assert not names_match([c("f"), c("f")], [c("f")])
    assert not names_match([c("f")], [c("g")])


def test_same_value_takes_tuples_as_lists():
    assert same_value((1, "a "), [1.0, "a"])
