"""Grammars bound to what was said: which values they let through, and which of two arguments keeps its words."""

from __future__ import annotations

from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Message, Tool, ToolCall, user
from workbook.core.constraints import ToolCalls
from workbook.core.validation import call_errors
from workbook.grammar import generate
from workbook.grammar.grounding import generate_grounded, grounded, numbers, quoted, runs_of_words, said
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
        ("open ~/data/a.nii and c++", ["~/data/a.nii", "c++"], ["a.nii"]),
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
        {"type": ["string", "null"]},
        {"const": 1},
        {},
    ],
)
def test_a_part_that_lists_its_values_or_that_nothing_said_would_fit_stays_as_it_is(schema):
    assert part("Tea for 2 in Rome", schema) == schema


def test_only_values_that_fit_the_rest_of_the_schema_are_listed():
    assert part("Tea in ROME", {"type": "string", "pattern": "^[A-Z]+$"})["enum"] == ["ROME"]
    assert part("3 or 7 or 2.5", {"type": "integer", "minimum": 5})["enum"] == [7]


def test_the_users_and_the_tools_words_count_and_the_models_do_not():
    asked = [Message("system", "be kind"), user("look at amber")]
    answered = [Message("assistant", "birch?"), Message("tool", "cedar")]
    assert said([*asked, *answered]) == "look at amber\ncedar"


class Writes:
    """A model that writes the first value that the grammar still offers for each argument, in their order."""

    def __init__(self):
        self.rounds = []

    def parse(self, text):
        return parse(text)

    def call(self, constraint):
        [tool] = constraint.tools
        values = {name: part["enum"][0] for name, part in tool.properties.items()}
        return ToolCall(tool.name, values)


@pytest.fixture
def writes(monkeypatch):
    import json

    from workbook.grammar import grounding
    from workbook.grammar.generation import Constrained

    model = Writes()

    def generate(model, prompts, constraints, **sampling):
        model.rounds.append(len(prompts))
        calls = [model.call(constraint) for constraint in constraints]
        texts = [json.dumps({"name": call.name, "arguments": dict(call.arguments)}) for call in calls]
        made = [Completion(f"<tool_call>\n{text}\n</tool_call>", (), "stop", 1, 0.0) for text in texts]
        return [Constrained(one, "valid") for one in made]

    monkeypatch.setattr(grounding, "generate", generate)
    return model


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


def test_where_nothing_else_is_left_the_words_are_taken_again(writes):
    assert written(writes, tool(a={"type": "integer"}, b={"type": "integer"}), "take 4") == {"a": 4, "b": 4}


def test_only_what_has_to_be_written_again_is(writes):
    two = tool(a={"type": "integer"}, b={"type": "integer"})
    generate_grounded(writes, ["p", "q"], [[two], [tool(a={"type": "integer"})]], ["1 2", "3"], max_new_tokens=9)
    assert writes.rounds == [2, 1]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_of_random_weights_writes_nothing_that_was_not_said(temperature):
    model, text = toy_model("pocket"), "green tea for 3 in red"
    bound = grounded([tool(what={"type": "string"}, many={"type": "integer"})], text)
    prompts = [model.render([user(text)], bound)] * 4
    made = generate(model, prompts, ToolCalls(bound), max_new_tokens=120, temperature=temperature, seed=1)
    calls = [call for one in made for call in model.parse(one.text).calls]
    assert len(calls) == 4
    assert [call_errors(call, bound) for call in calls] == [[]] * 4
