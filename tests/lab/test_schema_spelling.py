"""Instances are brought into the order in which grammars write them, deep down, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbook.lab.schema_spelling import spelled, spellings

AB: dict[str, Any] = {"properties": {"a": {}, "b": {}}}


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (AB, {"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        (AB, {"z": 0, "b": 1, "y": 0, "a": 2}, '{"a": 2, "b": 1, "z": 0, "y": 0}'),
        ({**AB, "required": ["q"]}, {"z": 0, "q": 1, "b": 2}, '{"b": 2, "q": 1, "z": 0}'),
        ({"properties": {"o": AB}}, {"o": {"b": 1, "a": 2}}, '{"o": {"a": 2, "b": 1}}'),
        ({"items": AB}, [{"b": 1, "a": 2}], '[{"a": 2, "b": 1}]'),
        ({"prefixItems": [{}, AB]}, [3, {"b": 1, "a": 2}], '[3, {"a": 2, "b": 1}]'),
        ({"items": [AB], "additionalItems": AB}, [{"b": 1, "a": 2}, {"b": 1, "a": 2}],
         '[{"a": 2, "b": 1}, {"a": 2, "b": 1}]'),
        ({"additionalProperties": AB}, {"x": {"b": 1, "a": 2}}, '{"x": {"a": 2, "b": 1}}'),
        ({"patternProperties": {"^x": AB}}, {"x": {"b": 1, "a": 2}}, '{"x": {"a": 2, "b": 1}}'),
        ({"$ref": "#/$defs/ab", "$defs": {"ab": AB}}, {"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": AB}}, {"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        ({"allOf": [{"properties": {"b": {}}}, {"properties": {"a": {}}}]}, {"a": 1, "b": 2}, '{"b": 2, "a": 1}'),
        ({"anyOf": [{"type": "null"}, AB]}, {"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        # Of alternatives, the one that the instance satisfies gives the order.
        ({"anyOf": [{**AB, "required": ["c"]}, {"properties": {"b": {}, "a": {}}}]}, {"a": 1, "b": 2},
         '{"b": 2, "a": 1}'),
        ({"properties": {"next": {"$ref": "#"}, "v": {}}}, {"v": 1, "next": {"v": 2, "next": {"v": 3}}},
         '{"next": {"next": {"v": 3}, "v": 2}, "v": 1}'),
        ({"$ref": "#/$defs/loop", "$defs": {"loop": {"$ref": "#/$defs/loop"}}}, {"b": 1}, '{"b": 1}'),
        ({"$ref": "https://elsewhere.example/x"}, {"b": 1}, '{"b": 1}'),
        ({"properties": [], "required": 3, "allOf": {}, "$ref": 5, "items": 7}, {"b": 1}, '{"b": 1}'),
        (True, {"b": 1, "a": [{}]}, '{"b": 1, "a": [{}]}'),
    ],
)  # fmt: skip
def test_the_order_of_the_schema_comes_first(schema: Any, value: Any, text: str) -> None:
    found = spellings(value, schema)
    assert found[0] == text
    assert json.dumps(value) in found
    assert all(json.loads(form) == value for form in found)
    assert len(set(found)) == len(found)


def test_parts_before_or_after_the_schema_that_holds_them() -> None:
    schema = {"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}
    assert spellings({"a": 1, "b": 2}, schema) == ['{"b": 2, "a": 1}', '{"a": 1, "b": 2}']


def test_letters_stay_and_half_letters_become_escapes() -> None:
    assert spelled("é\n🙂") == '"é\\n🙂"'
    assert spelled("\ud83d") == '"\\ud83d"'
