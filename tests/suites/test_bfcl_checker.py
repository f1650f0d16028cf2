"""BFCL's rules, one case each: the examples are ours."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.core.chat import ToolCall
from workbook.suites.bfcl_checker import call_error, calls_error, standard, value_error
from workbook.suites.bfcl_source import from_java, from_javascript

PLACE: dict[str, Any] = {
    "name": "book",
    "parameters": {
        "type": "dict",
        "properties": {
            "city": {"type": "string"},
            "nights": {"type": "integer"},
            "price": {"type": "float"},
            "guests": {"type": "array", "items": {"type": "string"}},
            "pet": {"type": "boolean"},
            "room": {"type": "dict"},
            "beds": {"type": "array", "items": {"type": "dict"}},
            "spot": {"type": "tuple", "items": {"type": "float"}},
            "note": {"type": "any"},
        },
        "required": ["city"],
    },
}
ACCEPTED: dict[str, list[Any]] = {
    "city": ["San José", "San Jose"],
    "nights": [2, ""],
    "price": [10.0, ""],
    "guests": [["Ana", "Bo"], ""],
    "pet": [True, ""],
    "room": [{"kind": ["double", "twin"], "view": ["sea", ""]}, ""],
    "beds": [[{"size": ["large"]}, {"size": ["small"]}], ""],
    "spot": [[1.0, 2.0], ""],
    "note": ["quiet", ""],
}


def error(**arguments: Any) -> str:
    return call_error(ToolCall("book", arguments), PLACE, ACCEPTED)


@pytest.mark.parametrize(
    "more",
    [
        {}, {"nights": 2}, {"price": 10.0}, {"price": 10}, {"guests": ["Ana", "Bo"]}, {"guests": ["ana", "B.O"]},
        {"pet": True}, {"room": {"kind": "twin"}}, {"room": {"kind": "double", "view": "sea"}},
        {"beds": [{"size": "large"}, {"size": "small"}]}, {"spot": [1.0, 2.0]}, {"note": "Quiet"},
    ],
)  # fmt: skip
def test_right(more: dict[str, Any]) -> None:
    assert error(city="San Jose", **more) == ""


@pytest.mark.parametrize("city", ["san jose", "SanJose", "San-Jose", "san_jose.", "San José", "S.a.n/J,o*s^e"])
def test_texts_are_compared_in_lower_case_without_punctuation(city: str) -> None:
    assert error(city=city) == ""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, "required"),
        ({"city": "San Jose", "stars": 4}, "unexpected"),
        ({"city": "Lima"}, "value"),
        ({"city": 5}, "type"),
        ({"city": "San Jose", "nights": 3}, "value"),
        ({"city": "San Jose", "nights": 2.0}, "type"),
        ({"city": "San Jose", "nights": "2"}, "type"),
        ({"city": "San Jose", "nights": True}, "type"),
        ({"city": "San Jose", "price": "10"}, "type"),
        ({"city": "San Jose", "price": 10.01}, "value"),
        ({"city": "San Jose", "guests": ["Bo", "Ana"]}, "value"),
        ({"city": "San Jose", "guests": ["Ana"]}, "value"),
        ({"city": "San Jose", "guests": "Ana, Bo"}, "type"),
        ({"city": "San Jose", "pet": 1}, "type"),
        ({"city": "San Jose", "pet": False}, "value"),
        ({"city": "San Jose", "room": {"kind": "single"}}, "value"),
        ({"city": "San Jose", "room": {"view": "sea"}}, "value"),
        ({"city": "San Jose", "room": {"kind": "twin", "floor": 2}}, "value"),
        ({"city": "San Jose", "beds": [{"size": "small"}, {"size": "large"}]}, "value"),
        ({"city": "San Jose", "spot": [2.0, 1.0]}, "value"),
    ],
)
def test_wrong(arguments: dict[str, Any], why: str) -> None:
    assert error(**arguments) == why


def test_what_has_no_empty_text_among_its_values_must_be_there() -> None:
    accepted = {"city": ["Lima"], "nights": [2]}
    assert call_error(ToolCall("book", {"city": "Lima"}), PLACE, accepted) == "left_out"
    assert call_error(ToolCall("book", {"city": "Lima", "nights": 2}), PLACE, accepted) == ""


def test_an_argument_that_the_answer_does_not_list_is_wrong_though_the_schema_has_it() -> None:
    assert call_error(ToolCall("book", {"city": "Lima", "pet": True}), PLACE, {"city": ["Lima"]}) == "unexpected"


def test_elements_have_their_type_too() -> None:
    guests = PLACE["parameters"]["properties"]["guests"]
    assert value_error(["Ana", 2], guests, [["Ana", "Bo"]]) == "type"
    assert value_error(["Ana", "Cy"], guests, [["Ana", "Bo"]]) == "value"


def test_an_enum_is_never_looked_at() -> None:
    assert value_error("z", {"type": "string", "enum": ["a"]}, ["z"]) == ""


def test_a_variable_is_compared_as_it_is_spelt() -> None:
    assert value_error("my_list", {"type": "array", "items": {"type": "integer"}}, ["my_list"]) == ""
    assert value_error("my list", {"type": "array", "items": {"type": "integer"}}, ["my_list"]) == "value"


def test_quotes_of_both_kinds_are_one() -> None:
    assert standard("It's 5 * 4") == 'it"s54'


DROP = {"name": "drop", "parameters": {"type": "dict", "properties": {"s": {"type": "integer"}}, "required": ["s"]}}
ONE, TWO = {"drop": {"s": [1]}}, {"drop": {"s": [2]}}


class TestSeveral:
    def calls(self, *seconds: int) -> list[ToolCall]:
        return [ToolCall("drop", {"s": s}) for s in seconds]

    def test_their_order_is_free(self) -> None:
        assert calls_error(self.calls(2, 1), [DROP], [ONE, TWO]) == ""

    @pytest.mark.parametrize("seconds", [(), (1,), (1, 2, 2)])
    def test_their_number_is_not(self, seconds: tuple[int, ...]) -> None:
        assert calls_error(self.calls(*seconds), [DROP], [ONE, TWO]) == "count"

    def test_one_call_serves_one_answer(self) -> None:
        assert calls_error(self.calls(1, 1), [DROP], [ONE, TWO]) == "value"

    def test_another_name_is_wrong(self) -> None:
        assert calls_error([ToolCall("fall", {"s": 1})], [DROP], [ONE]) == "name"


@pytest.mark.parametrize(
    ("text", "kind", "inner", "value"),
    [
        ("5", "integer", None, 5), ("5L", "long", None, 5), ("5", "long", None, "5"), ("2.5f", "float", None, 2.5),
        ("true", "boolean", None, True), ("True", "boolean", None, "True"), ("name", "String", None, "name"),
        ('new int[]{1, 2}', "Array", "integer", [1, 2]),
        ("new ArrayList<>(Arrays.asList(1, 2))", "ArrayList", "integer", [1, 2]),
        ('new ArrayList<>(Arrays.asList("a", "b"))', "ArrayList", "String", ["a", "b"]),
        ("new ArrayList<>()", "ArrayList", None, []),
        ('new HashMap<String, Integer>() {{ put("a", 1); }}', "HashMap", None, {"a": 1}),
    ],
)  # fmt: skip
def test_java_is_read_and_never_run(text: str, kind: str, inner: str | None, value: Any) -> None:
    assert from_java(text, kind, inner) == value


@pytest.mark.parametrize(
    ("text", "kind", "inner", "value"),
    [
        ("5", "integer", None, 5), ("5n", "Bigint", None, 5), ("2.5", "float", None, 2.5),
        ("true", "Boolean", None, True), ("'it'", "String", None, "it"), ("it", "String", None, "it"),
        ("[1, 2]", "array", "integer", [1, 2]), ("new Array(1, 2)", "array", "integer", [1, 2]),
        ("['a, b', 'c']", "array", "String", ["a, b", "c"]), ("[[1], [2]]", "array", None, [[1], [2]]),
        ("{a: 1, 'b': 'x'}", "dict", None, {"a": 1, "b": "x"}), ("a => a + 1", "any", None, "a => a + 1"),
        ("require('fs')", "dict", None, "require('fs')"),
    ],
)  # fmt: skip
def test_javascript_is_read_and_never_run(text: str, kind: str, inner: str | None, value: Any) -> None:
    assert from_javascript(text, kind, inner) == value


def test_values_of_java_are_judged_as_values() -> None:
    schema = {"type": "long"}
    assert value_error("5L", schema, [5], "java") == ""
    assert value_error(5, schema, [5], "java") == "type"
    assert value_error("6L", schema, [5], "java") == "value"
