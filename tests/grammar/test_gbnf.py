"""A schema as GBNF admits what jsonschema admits, spelled as ``json.dumps`` spells it."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import grammar_walking
import pytest

from workbook.core.chat import Tool
from workbook.core.constraints import Gbnf
from workbook.core.validation import schema_errors
from workbook.grammar.engine import GrammarError
from workbook.grammar.gbnf import JSON_RULES, call_gbnf, gbnf_of
from workbook.grammar.integer_ranges import integers
from workbook.grammar.schemas import prepared

PARTS: dict[str, Any] = {
    "name": {"type": "string"},
    "days": {"type": "integer"},
    "unit": {"enum": ["c", "f"]},
    "tags": {"type": "array", "items": {"type": "number"}},
}
VALUES: dict[str, list[Any]] = {
    "name": ['a "b"\n', 3],
    "days": [-12, 1.5],
    "unit": ["c", "x"],
    "tags": [[1.5, 2], ["a"]],
}


def accepts(grammar: str, text: str) -> bool:
    """Whether xgrammar, over the tokens of a toy, derives the text."""
    return grammar_walking.accepts(grammar_walking.compile_for("pocket", Gbnf(grammar), "xgrammar"), text)


@pytest.mark.parametrize("required", [r for n in range(4) for r in itertools.combinations(PARTS, n)], ids=str)
def test_every_subset_of_properties_as_jsonschema_judges(required: tuple[str, ...]) -> None:
    schema = prepared({"type": "object", "properties": PARTS, "required": list(required)})
    grammar = gbnf_of(schema)
    for number in range(5):
        for chosen in itertools.combinations(PARTS, number):
            for values in itertools.product(*(VALUES[name] for name in chosen)):
                instance = dict(zip(chosen, values, strict=True))
                assert accepts(grammar, json.dumps(instance)) == (not schema_errors(instance, schema)), instance


def test_name_and_arguments_are_tied() -> None:
    one = Tool("one", "", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    two = Tool("two", "", {"type": "object", "properties": {"b": {"type": "boolean"}}})
    grammar = call_gbnf([one, two])
    assert accepts(grammar, '{"name": "one", "arguments": {"a": 1}}')
    assert accepts(grammar, '{"name": "two", "arguments": {}}')
    assert not accepts(grammar, '{"name": "two", "arguments": {"a": 1}}')
    assert not accepts(grammar, '{"name": "one", "arguments": {}}')


@pytest.mark.parametrize(
    ("text", "legal"),
    [
        ('{"a": [1, {}]}', True),
        ("007", False),
        ('"a\nb"', False),
        ('"\\q"', False),
        ('"\\u00e9"', False),  # legal JSON; but one spelling for each string keeps lengths and keys honest
        ('"é"', True),
        ("-0.5e+3", True),
    ],
)
def test_any_json(text: str, legal: bool) -> None:
    assert accepts(f"root ::= value\n{JSON_RULES}\n", text) == legal


@pytest.mark.parametrize("schema", [{"type": "string", "pattern": "a+"}, {"type": "date"}, {"allOf": []}])
def test_what_it_cannot_express_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(GrammarError, match="GBNF cannot say"):
        gbnf_of({"type": "object", "properties": {"x": schema}})


@pytest.mark.parametrize("engine", ["xgrammar", "llguidance"])
def test_ranges_of_integers_hold_exactly_those(engine: str) -> None:
    chance = random.Random(3)
    for _ in range(25):
        low, high = sorted(chance.randint(-1500, 1500) for _ in range(2))
        bounds = (chance.choice([None, low]), chance.choice([None, high]))
        constraint = grammar_walking.compile_for("pocket", Gbnf("root ::= " + integers(*bounds)), engine)
        near = {edge + step for edge in (low, high) for step in (-10, -1, 0, 1, 10)}
        for value in near | {chance.randint(-20_000, 20_000) for _ in range(15)} | set(range(-11, 12)):
            inside = (bounds[0] is None or bounds[0] <= value) and (bounds[1] is None or value <= bounds[1])
            assert grammar_walking.accepts(constraint, str(value)) == inside, (bounds, value)
        assert not any(grammar_walking.accepts(constraint, text) for text in ("00", "01", "-0", "+1", "", "1.0"))


def test_an_empty_range_is_an_error() -> None:
    with pytest.raises(GrammarError, match="no integer lies between 5 and 3"):
        gbnf_of({"type": "integer", "minimum": 5, "maximum": 3})


def test_a_recursive_schema_is_a_recursive_rule() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "v": {"type": "null"}}, "required": ["v"]}
    grammar = gbnf_of(tree)
    assert accepts(grammar, '{"left": {"left": {"v": null}, "v": null}, "v": null}')
    assert not accepts(grammar, '{"left": {"left": {}, "v": null}, "v": null}')


@pytest.mark.parametrize("target", ["#/$defs/nowhere", "#/nowhere", "http://example.org/x"])
def test_a_reference_that_leads_nowhere_is_an_error(target: str) -> None:
    with pytest.raises(GrammarError, match="points nowhere"):
        gbnf_of({"type": "object", "properties": {"a": {"$ref": target}}})
