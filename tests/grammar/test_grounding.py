"""Grammars bound to what was said: which values they let through, and which of two arguments keeps its words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Message, Tool, ToolCall, user
from workbook.core.constraints import ToolCalls
from workbook.core.validation import call_errors
from workbook.grammar import generate, grounding
from workbook.grammar.generation import Constrained
from workbook.grammar.grounding import RUNS, generate_grounded, grounded, numbers, quoted, runs_of_words, said
from workbook.models.base import Completion
from workbook.models.hermes import parse


def tool(**properties: Any) -> Tool:
    return Tool("go", "", {"type": "object", "properties": properties, "required": list(properties)})


def part(text: str, schema: dict[str, Any]) -> Any:
    return grounded([tool(it=schema)], text)[0].properties["it"]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Fly from San Francisco to Rome.", ["San Francisco", "Rome", "from San"], ["Rome.", "Francisco Rome", ""]),
        ("Anna's order, please: KD4821!", ["Anna", "Anna's", "KD4821", "Anna's order"], ["KD4821!", "order,"]),
        ("Call it 'Let's meet at ten', ok?", ["Let's meet at ten"], ["ok?"]),
        ("ask Tozzo s.r.l. about it", ["Tozzo s.r.l.", "Tozzo s.r.l"], ["about it."]),
        ("open ~/data/a.nii and c++", ["~/data/a.nii", "c++"], ["open ~/data/"]),
        ("shares of Apple Inc. in\nNew  York", ["Apple Inc.", "Apple Inc", "New York", "in New York"], ["in."]),
        ("#4821 for $200, @ann", ["#4821", "4821", "$200", "200", "ann"], ["#"]),
        (
            "Rome/Oslo, city=Bonn, Paris—Nice",
            ["Rome", "Oslo", "Rome/Oslo", "Bonn", "Paris", "Nice"],
            ["city=", "=Bonn"],
        ),
        ("Anna\n\nBerlin", ["Anna", "Berlin"], ["Anna Berlin", "Anna\n\nBerlin"]),
        ("", [], ["", " "]),
        ("?!", [], ["", "?!"]),
    ],
)
def test_runs_are_of_whole_words_without_the_marks_around_them(text, inside, outside):
    found = runs_of_words(text)
    assert set(inside) <= set(found)
    assert not set(outside) & set(found)


def test_long_runs_are_only_copied_from_quotation_marks():
    text = "one two three four five six seven eight nine"
    assert text not in runs_of_words(text)
    assert text in runs_of_words(f'write "{text}" to me')
    assert quoted("don't 'a b' and it's \"c\"") == ["a b", "c"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("180 hits and 600 at-bats", [180, 600]),
        ("12,000 miles at -3.5 degrees", [12000, -3.5]),
        ("a rate of 5% over six years", [5, 0.05, 6]),
        ("$3 million, 6mm, version 1.2.3", [3, 3e6, 6, 1.2]),
        ("from 1871-1945", [1871, 1945]),
        ("half a dozen in A4", [4, 0.5, 12]),
        ("[1,2,3] in 2019,2020, not 1,234,567", [1, 2, 3, 2019, 2020, 1234567]),
        ("three and three, −5, 2 billion", [3, 3, -5, 2, 2e9]),
        ("12345678901234567890 and 9007199254740993", [12345678901234567890, 9007199254740993]),
        ("1" * 400, []),
        ("nothing", []),
    ],
)
def test_numbers_are_read_in_digits_in_words_and_scaled(text, values):
    assert sorted(numbers(text)) == sorted(values)


def test_an_open_part_gets_what_was_said_and_what_the_schema_states():
    text = "Tea for two in Rome"
    listed = part(text, {"type": "string", "description": "Such as 'Nice'.", "default": "here"})["enum"]
    assert {"Tea", "two in Rome", "Nice", "here"} <= set(listed)
    assert part(text, {"type": "integer"})["enum"] == [2]
    assert part(text, {"type": "array", "items": {"type": "number", "default": 0.5}})["items"]["enum"] == [2, 0.5]
    inner = {"type": "object", "properties": {"many": {"type": "integer"}}}
    assert part(text, inner)["properties"]["many"]["enum"] == [2]


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["a", "b"]},
        {"type": "string", "enum": ["a"]},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[A-Z]{9}$"},
        {"type": "integer", "minimum": 50},
        {"type": "boolean"},
        {"type": ["string", "integer"]},
        {"anyOf": [{"type": "string"}]},
        {"type": "string", "$ref": "#/$defs/a"},
        {"const": 1},
        {"properties": None},
        {"type": "array", "items": [{"type": "string"}]},
        True,
        {},
    ],
)
def test_a_part_that_lists_its_values_or_that_nothing_said_would_fit_stays_as_it_is(schema):
    assert part("Tea for 2 in Rome", schema) == schema


def test_a_part_that_may_be_null_may_still_be():
    assert part("Rome", {"type": ["string", "null"]})["enum"] == ["Rome", None]
    assert part("Rome", {"type": ["integer", "null"]}) == {"type": ["integer", "null"]}


@pytest.mark.parametrize("told", [{"description": "Any."}, {"default": []}, {"default": {}}, {"default": 1}])
def test_what_is_no_text_and_no_plain_value_is_not_offered(told):
    assert part("Rome", {"type": "string", **told})["enum"] == ["Rome"]


def test_a_long_text_gives_shorter_runs_and_a_grammar_that_is_not_too_large():
    for count in (300, 5000):
        found = runs_of_words(" ".join(f"w{number}" for number in range(count)))
        assert count // 3 < len(found) <= 4 * RUNS
        assert f"w{count - 1}" in found
    assert "w298 w299" in runs_of_words(" ".join(f"w{number}" for number in range(300)))


def test_only_values_that_fit_the_rest_of_the_schema_are_listed():
    assert part("Tea in ROME", {"type": "string", "pattern": "^[A-Z]+$"})["enum"] == ["ROME"]
    assert part("3 or 7 or 2.5", {"type": "integer", "minimum": 5})["enum"] == [7]


def test_the_users_and_the_tools_words_count_and_the_models_do_not():
    asked = [Message("system", "be kind"), user("look at amber")]
    answered = [Message("assistant", "birch?"), Message("tool", "cedar")]
    assert said([*asked, *answered]) == "look at amber\n\ncedar"


class Writes:
    """A model that writes the first value that the grammar still offers for each argument, in their order."""

    def __init__(self):
        self.rounds = []

    def parse(self, text):
        return parse(text)

    def call(self, constraint):
        assert not constraint.required
        assert constraint.parallel
        *_, tool = constraint.tools
        return ToolCall(tool.name, {name: self.value(part) for name, part in tool.properties.items()})

    def value(self, part):
        if part["type"] == "array":
            return [self.value(part["items"])] * 2
        if part["type"] == "object":
            return {name: self.value(inner) for name, inner in part["properties"].items()}
        return part["enum"][0]


@pytest.fixture
def scripted(monkeypatch):
    """The model's call, or its calls, in the place of what a model would generate."""

    def generate(model, prompts, constraints, **sampling):
        model.rounds.append(len(prompts))
        assert len(model.rounds) < 20, "it does not end"
        made = [model.call(constraint) for constraint in constraints]
        texts = ["".join(map(hermes, calls if isinstance(calls, list) else [calls])) for calls in made]
        return [Constrained(Completion(text, (), "stop", 1, 0.0), "valid") for text in texts]

    monkeypatch.setattr(grounding, "generate", generate)


def hermes(call):
    return f"<tool_call>\n{json.dumps({'name': call.name, 'arguments': dict(call.arguments)})}\n</tool_call>\n"


@pytest.fixture
def writes(scripted):
    return Writes()


class Unbound(Writes):
    """A model, as behind a server that enforces nothing, that writes one call whatever the grammar says."""

    def __init__(self, call):
        super().__init__()
        self._call = call

    def call(self, constraint):
        return self._call


def written(model, offered, text):
    [made] = generate_grounded(model, ["p"], [[offered]], [text], max_new_tokens=9)
    return model.parse(made.text).calls[0].arguments


def test_no_two_arguments_take_the_same_words(writes):
    two = tool(start={"type": "integer"}, end={"type": "integer"})
    assert written(writes, two, "from 1871 to 1945") == {"start": 1871, "end": 1945}
    names = tool(a={"type": "string"}, b={"type": "string"}, c={"type": "string"})
    assert written(writes, names, "Aries Gemini Leo") == {"a": "Aries", "b": "Gemini", "c": "Leo"}


def test_words_said_twice_may_be_taken_twice_and_a_stated_default_is_nobodys(writes):
    two = tool(a={"type": "string"}, b={"type": "string"})
    assert written(writes, two, "Rome Rome") == {"a": "Rome", "b": "Rome"}
    assert written(writes, tool(a={"type": "integer"}, b={"type": "integer", "default": 4}), "take 4") == {
        "a": 4,
        "b": 4,
    }


@pytest.mark.parametrize(
    ("text", "schema", "values"),
    [
        ("5% then 10%", {"type": "number", "maximum": 0.5}, [0.05, 0.1]),
        ("1,200 then 1,200 then 7", {"type": "integer"}, [1200, 1200]),
        ("three and three, not 7", {"type": "integer"}, [3, 3]),
        ("Aries with ARIES moon", {"type": "string", "minLength": 5, "maxLength": 5}, ["Aries", "ARIES"]),
        ("pay 4 and 5", {"type": "string", "maxLength": 4, "description": "Such as 'EUR'."}, ["EUR", "EUR"]),
    ],
)
def test_what_was_said_twice_or_stands_in_the_schema_is_not_taken_away(scripted, text, schema, values):
    call = ToolCall("go", {"a": values[0], "b": values[1]})
    model = Unbound(call)
    assert written(model, tool(a=schema, b=schema), text) == call.arguments
    assert model.rounds == [1]


def test_lists_take_words_and_none_are_barred_from_them(writes):
    words, one = {"type": "array", "items": {"type": "string"}}, {"type": "string"}
    assert written(writes, tool(a=words, b=one), "red blue") == {"a": ["red", "red"], "b": "blue"}
    assert written(writes, tool(a=one, b=words), "red blue") == {"a": "red", "b": ["red", "red"]}


def test_an_argument_called_items_is_no_list_and_what_lies_deeper_counts(writes):
    one, inner = {"type": "string"}, {"type": "object", "properties": {"b": {"type": "string"}}}
    assert written(writes, tool(a=one, items=one), "red blue") == {"a": "red", "items": "blue"}
    assert written(writes, tool(a=one, deep=inner), "red blue") == {"a": "red", "deep": {"b": "blue"}}


def test_two_values_that_share_one_word_share_too_much(writes):
    offered = tool(a={"type": "string", "pattern": "^sea green$"}, b={"type": "string", "minLength": 9})
    assert written(writes, offered, "sea green, lavender blue") == {"a": "sea green", "b": "lavender blue"}


def test_it_ends_where_nothing_enforces_the_grammar(scripted):
    model = Unbound(ToolCall("go", {"a": "Rome", "b": "Rome"}))
    assert written(model, tool(a={"type": "string"}, b={"type": "string"}), "Rome Paris") == {"a": "Rome", "b": "Rome"}
    assert len(model.rounds) == 2


def test_of_two_tools_of_one_name_none_is_written_for_ever(scripted):
    one = tool(a={"type": "string"}, b={"type": "string"})
    model = Writes()
    generate_grounded(model, ["p"], [[one, one]], ["Rome Paris"], max_new_tokens=9)
    assert len(model.rounds) <= 3


def test_calls_beside_each_other_may_share_words(scripted):
    model = Unbound([ToolCall("go", {"a": "Rome", "b": "Rome"}), ToolCall("go", {"a": "Rome", "b": "Rome"})])
    generate_grounded(model, ["p"], [[tool(a={"type": "string"}, b={"type": "string"})]], ["Rome Oslo"])
    assert model.rounds == [1]


def test_the_other_tools_stay(scripted):
    seen = []

    class Watches(Writes):
        def call(self, constraint):
            seen.append([tool.name for tool in constraint.tools])
            return ToolCall("go", {"a": "Rome", "b": "Rome"})

    two = [tool(a={"type": "string"}, b={"type": "string"}), Tool("stay", "", {"type": "object", "properties": {}})]
    generate_grounded(Watches(), ["p"], [two], ["Rome Oslo"])
    assert seen == [["go", "stay"], ["go", "stay"]]


def test_where_nothing_else_is_left_the_words_are_taken_again(writes):
    assert written(writes, tool(a={"type": "integer"}, b={"type": "integer"}), "take 4") == {"a": 4, "b": 4}


def test_only_what_has_to_be_written_again_is(writes):
    two = tool(a={"type": "integer"}, b={"type": "integer"})
    generate_grounded(writes, ["p", "q"], [[two], [tool(a={"type": "integer"})]], ["1 2", "3"], max_new_tokens=9)
    assert writes.rounds == [2, 1]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_with_a_real_engine_no_word_is_taken_twice(temperature):
    model, text = toy_model("pocket"), "green tea"
    offered = tool(a={"type": "string"}, b={"type": "string"})
    prompts = [model.render([user(text)], (offered,)) + "<tool_call>"] * 3
    made = generate_grounded(model, prompts, [[offered]] * 3, [text] * 3, max_new_tokens=90, temperature=temperature)
    calls = [call for one in made for call in model.parse(one.text).calls]
    assert all(call.arguments["a"] != call.arguments["b"] for call in calls if call.arguments["a"] != text)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_of_random_weights_writes_nothing_that_was_not_said(temperature):
    model, text = toy_model("pocket"), "green tea for 3 in red"
    bound = grounded([tool(what={"type": "string"}, many={"type": "integer"})], text)
    prompts = [model.render([user(text)], bound)] * 4
    made = generate(model, prompts, ToolCalls(bound), max_new_tokens=120, temperature=temperature, seed=1)
    calls = [call for one in made for call in model.parse(one.text).calls]
    assert len(calls) == 4
    assert [call_errors(call, bound) for call in calls] == [[]] * 4
