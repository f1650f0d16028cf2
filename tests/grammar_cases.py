"""JSON Schema keyword by keyword: instances that must pass and instances that must not.

The invalid ones are what an engine lets through when it ignores the keyword, or gets
it wrong in a way that has been seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A schema about one keyword, with instances on both sides."""

    keyword: str
    schema: dict[str, Any]
    valid: list[Any]
    invalid: list[Any]


def obj(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


INT, STR, BOOL = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}

CASES = [
    Case("type", {"type": "integer"}, [0, -7, 120], ["0", 1.5, None, True, [1]]),
    Case("type", {"type": "number"}, [0, 1.5, -2.25], ["0", None, False]),
    Case("type", {"type": ["string", "null"]}, ["a", None], [1, True]),
    Case("type", {"type": "string"}, ["", "a b", "é", 'quote " and \\ and \n'], [1, None]),
    Case("enum", {"enum": ["a", 1, None, True]}, ["a", 1, None, True], ["b", 2, False]),
    Case("enum", {"type": "string", "enum": ["a", "b\"c"]}, ["a", 'b"c'], ["ab", "b"]),
    Case("enum", {"type": "integer", "enum": ["a", 1]}, [1], ["a", 2]),
    Case("const", {"const": {"a": [1]}}, [{"a": [1]}], [{"a": [2]}, {}]),
    Case("required", obj({"a": INT, "b": INT}, "a"), [{"a": 1}, {"a": 1, "b": 2}], [{}, {"b": 2}]),
    Case("required", {"type": "object", "required": ["a"]}, [{"a": 1}], [{}, {"b": 1}]),
    Case("required", obj({"b": INT}, "a"), [], [{}, {"b": 1}]),
    Case("required", {"type": "object", "properties": {"b": INT}, "required": ["a"], "additionalProperties": True},
         [{"b": 1, "a": 1}], [{"b": 1}]),
    Case("properties", obj({"a": INT, "b": STR}), [{}, {"a": 1}, {"b": "x"}, {"a": 1, "b": "x"}], [{"a": "x"}]),
    Case("properties", obj({"a-é \"q\"": INT}), [{'a-é "q"': 1}], [{'a-é "q"': "x"}]),
    Case("additionalProperties", obj({"a": INT}, additionalProperties=False), [{"a": 1}], [{"a": 1, "b": 2}, {"b": 2}]),
    Case("additionalProperties", {"type": "object", "additionalProperties": INT}, [{}, {"x": 1}], [{"x": "1"}]),
    Case("additionalProperties", obj({"a": BOOL}, additionalProperties=INT),
         [{"a": True, "b": 1}], [{"a": 1}, {"a": True, "b": "x"}]),
    Case("object", {"type": "object"}, [{}, {"a": 1, "b": {"c": [None]}}], [[], 1]),
    Case("array", {"type": "array"}, [[], [1, "a", {"b": []}]], [{}, 1]),
    Case("items", {"type": "array", "items": INT}, [[], [1], [1, 2, 3]], [["a"], [1, None]]),
    Case("items", {"type": "array", "items": obj({"a": INT}, "a")}, [[{"a": 1}, {"a": 2}]], [[{}]]),
    Case("prefixItems", {"type": "array", "prefixItems": [INT, STR], "items": False, "minItems": 2},
         [[1, "a"]], [["a", 1], [1], [1, "a", 2]]),
    Case("minItems", {"type": "array", "items": INT, "minItems": 2}, [[1, 2], [1, 2, 3]], [[], [1]]),
    Case("maxItems", {"type": "array", "items": INT, "maxItems": 2}, [[], [1, 2]], [[1, 2, 3]]),
    Case("minItems", {"type": "array", "minItems": 1, "maxItems": 2}, [[1], ["a", None]], [[], [1, 2, 3]]),
    Case("uniqueItems", {"type": "array", "items": INT, "uniqueItems": True}, [[1, 2]], [[1, 1]]),
    Case("contains", {"type": "array", "items": INT, "contains": {"const": 5}}, [[5]], [[], [1]]),
    Case("minLength", {"type": "string", "minLength": 2}, ["ab", "abc", "éé"], ["", "a", "é"]),
    Case("maxLength", {"type": "string", "maxLength": 2}, ["", "ab", "éé"], ["abc"]),
    Case("pattern", {"type": "string", "pattern": "^[a-c]+$"}, ["abc"], ["", "abd"]),
    Case("pattern", {"type": "string", "pattern": "^(ab|cd){2}$"}, ["abcd"], ["ab", "abab "]),
    Case("pattern", {"type": "string", "pattern": "b+"}, ["b"], ["", "aca"]),
    Case("pattern", {"type": "string", "pattern": "^a.b$"}, ["a b"], ["ab"]),
    Case("pattern", {"type": "string", "pattern": "^[^a]$"}, ["b"], ["a", ""]),
    Case("pattern", {"type": "string", "pattern": "^\\d{2}$"}, ["12"], ["1", "ab"]),
    Case("pattern", {"type": "string", "pattern": "^ab|cd$"}, ["ab", "cd"], ["xaby"]),
    Case("pattern", {"type": "string", "pattern": "^a+$", "maxLength": 2}, ["aa"], ["aaa", "b"]),
    Case("minimum", {"type": "integer", "minimum": 3}, [3, 10], [2, -5]),
    Case("maximum", {"type": "integer", "maximum": 30}, [30, -5], [31, 100]),
    Case("minimum", {"type": "number", "minimum": 1.5, "maximum": 3}, [1.5, 2, 3], [1.4, 3.1, -2]),
    Case("exclusiveMinimum", {"type": "integer", "exclusiveMinimum": 3}, [4], [3]),
    Case("exclusiveMaximum", {"type": "number", "exclusiveMaximum": 3}, [2.5], [3, 3.0, 4]),
    Case("multipleOf", {"type": "integer", "multipleOf": 5}, [0, 10, -15], [7, 12]),
    Case("multipleOf", {"type": "integer", "multipleOf": 5, "minimum": 7}, [10], [5, 12]),
    Case("multipleOf", {"type": "number", "multipleOf": 0.5}, [1.5], [0.3]),
    Case("minimum", {"minimum": 3, "type": ["integer", "null"]}, [3, None], [2]),
    Case("anyOf", {"anyOf": [INT, {"type": "null"}]}, [1, None], ["a", True]),
    Case("anyOf", {"anyOf": [obj({"a": INT}, "a"), obj({"b": INT}, "b")]}, [{"a": 1}, {"b": 1}], [{}, {"c": 1}]),
    Case("anyOf", obj({"a": INT, "b": INT}, anyOf=[{"required": ["a"]}, {"required": ["b"]}]), [{"a": 1}], [{}]),
    Case("anyOf", {"type": "string", "anyOf": [{"maxLength": 1}, {"minLength": 3}]}, ["a", "abc"], ["ab"]),
    Case("oneOf", {"oneOf": [INT, STR]}, [1, "a"], [None]),
    Case("oneOf", {"oneOf": [{"type": "integer"}, {"type": "integer", "minimum": 3}]}, [1], [5, "a"]),
    Case("allOf", {"allOf": [obj({"a": INT}, "a"), obj({"b": INT}, "b")]}, [{"a": 1, "b": 2}], [{"a": 1}, {"b": 2}]),
    Case("allOf", {"allOf": [{"type": "integer"}, {"minimum": 3}]}, [3], [2, "a"]),
    Case("allOf", {"type": "integer", "allOf": [{"minimum": 3}]}, [3], [2]),
    Case("not", {"type": "integer", "not": {"const": 5}}, [4], [5]),
    Case("if", obj({"a": BOOL, "b": INT}, "a", **{"if": obj({"a": {"const": True}}), "then": {"required": ["b"]}}),
         [{"a": True, "b": 1}], [{"a": True}]),
    Case("$ref", {"$ref": "#/$defs/x", "$defs": {"x": INT}}, [1], ["a"]),
    Case("$ref", obj({"a": {"$ref": "#/$defs/x"}}, "a", **{"$defs": {"x": {"enum": ["u", "v"]}}}),
         [{"a": "u"}], [{"a": "w"}]),
    Case("$ref", {"$ref": "#/$defs/x", "minimum": 3, "$defs": {"x": INT}}, [3], [2]),
    Case("$ref (recursive)", {"$ref": "#/$defs/t", "$defs": {"t": obj({"v": INT, "n": {"$ref": "#/$defs/t"}}, "v")}},
         [{"v": 1}, {"v": 1, "n": {"v": 2, "n": {"v": 1, "n": {"v": 1, "n": {"v": 3}}}}}],
         [{"v": 1, "n": {}}, {"v": 1, "n": {"v": 1, "n": {"v": 1, "n": {"v": 1, "n": {"v": 1, "n": {}}}}}}]),
    Case("minProperties", {"type": "object", "additionalProperties": INT, "minProperties": 1}, [{"a": 1}], [{}]),
    Case("maxProperties", {"type": "object", "additionalProperties": INT, "maxProperties": 1},
         [{"a": 1}], [{"a": 1, "b": 2}]),
    Case("minProperties", obj({"a": INT, "b": INT}, minProperties=1), [{"a": 1}], [{}]),
    Case("patternProperties", {"type": "object", "patternProperties": {"^x": INT}, "additionalProperties": False},
         [{"xa": 1}, {}], [{"xa": "a"}, {"y": 1}]),
    Case("propertyNames", {"type": "object", "propertyNames": {"maxLength": 1}, "additionalProperties": INT},
         [{"a": 1}], [{"ab": 1}]),
    Case("dependentRequired", obj({"a": INT, "b": INT}, dependentRequired={"a": ["b"]}),
         [{"a": 1, "b": 1}], [{"a": 1}]),
    Case("unevaluatedProperties", {"type": "object", "properties": {"a": INT}, "unevaluatedProperties": False},
         [{"a": 1}], [{"b": 1}]),
    Case("boolean schema", obj({"a": True, "b": False}), [{"a": 1}], [{"b": 1}]),
    Case("untyped", {"properties": {"a": INT}, "required": ["a"]}, [{"a": 1}], [{}, {"a": "x"}]),
    Case("untyped", {"minimum": 3}, [4], [2]),
    Case("unknown", {"type": "string", "madeUp": 1}, ["a"], [1]),
    Case("format", {"type": "string", "format": "date"}, ["2024-05-01"], [1]),
    Case("format", {"type": "string", "format": "made-up"}, ["x"], [1]),
]  # fmt: skip

RAW: list[tuple[dict[str, Any], list[str]]] = [
    ({"type": "string", "pattern": "^[^a]$"}, ['"""', '"\\"', '"\n"', '"\x01"']),
    ({"type": "string", "pattern": "^.*$"}, ['"""', '"\\"', '"a"b"', '"\x01"', '"\\x"']),
    ({"type": "string", "pattern": "^\\S+$"}, ['"""', '"\\"', '"a"b"', '"\x01"']),
    ({"type": "string", "pattern": "^[ -~]+$"}, ['"""', '"\\"']),
    ({"type": "string"}, ['"\x01"', '"\n"', '"\\x"', '"\\u12"', '"', '""" ']),
    ({"type": "string", "maxLength": 3}, ['"\x01"', '"\n"', '"\\x"', '"\t"', '"""']),
    ({"type": "string", "minLength": 1}, ['"\x01"', '"\n"', '"\\x"', '"\t"', '"""', '""']),
    ({"type": "string", "minLength": 2, "maxLength": 2}, ['"\\ud83d\\ude00"', '"\\n"', '"a"']),
    (
        {"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": {"type": "integer"}},
        ['{"a": true, "\\u0061": 1}', '{"\\u0061": 1}', '{"a": true, "a": 1}'],
    ),
    ({"type": "number"}, ["01", "1.", ".5", "+1", "-", "1e", "NaN", "Infinity", "1 "]),
    ({"type": "integer"}, ["01", "1.0", "--1", "-"]),
    ({"type": "array"}, ["[1,2]", "[1, ]", "[,1]", "[1 , 2]"]),
    ({"type": "object"}, ['{"a":1}', '{"a" : 1}', '{"a": 1,}', "{ }", '{"a": 01}']),
    ({"enum": ['a"b', "c\\d", "e\nf"]}, ['"a"b"', '"c\\d"', '"e\nf"']),
    ({"type": "object", "properties": {'q"x': {"type": "null"}}}, ['{"q"x": null}']),
    ({"type": "string", "format": "email"}, ['"a"@b.c"', '"@"']),
]
"""Texts that are not JSON, or not spelled as json.dumps spells it, or that hide an invalid value."""
