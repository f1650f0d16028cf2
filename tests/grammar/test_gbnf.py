"""A schema as GBNF admits what jsonschema admits, spelled as ``json.dumps`` spells it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from workbook.core.chat import Tool
from workbook.core.validation import schema_errors
from workbook.grammar.engine import GrammarError
from workbook.grammar.gbnf import JSON_RULES, call_gbnf, gbnf_of
from workbook.grammar.schemas import prepared
from workbook.study.recognize import accepts

PARTS: dict[str, Any] = {
    "name": {"type": "string"},
    "days": {"type": "integer"},
    "unit": {"enum": ["c", "f"]},
    "tags": {"type": "array", "items": {"type": "number"}},
}
VALUES: dict[str, list[Any]] = {
    "name": ['a "b"\n', 3],
    "days": [0, -12, 1.5],
    "unit": ["c", "x"],
    "tags": [[], [1.5, 2], ["a"]],
}


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
