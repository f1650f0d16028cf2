"""A corpus of small JSON Schemas in MaskBench's form, our own: every keyword alone, and in the pairs that bite.

Each line is a topic, a schema, instances that satisfy it and instances that do not. The invalid ones are
chosen to be what an engine lets through when it drops the keyword, or enforces it alone but not in company.
``jsonschema`` judges them all in ``tests/grammar/test_schema_corpus.py``, formats included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

INT, STR, BOOL, NUL, NUM = ({"type": kind} for kind in ("integer", "string", "boolean", "null", "number"))


def obj(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """An object schema, closed or open as ``more`` says."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


def arr(items: Any = None, **more: Any) -> dict[str, Any]:
    """An array schema."""
    return {"type": "array", **({} if items is None else {"items": items}), **more}


def closed(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """An object that admits nothing unlisted."""
    return obj(properties, *required, additionalProperties=False, **more)


def rooted(definitions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A schema with definitions."""
    return {**more, "$defs": definitions}


TREE = obj({"v": INT, "kids": arr({"$ref": "#"})}, "v", additionalProperties=False)
Row = tuple[str, Any, list[Any], list[Any]]

TYPES: list[Row] = [
    ("type integer", INT, [0, -3, 77], ["7", 7.5, None, True, [7]]),
    ("type number", NUM, [0, -2.5, 8], ["1", False, None, {}]),
    ("type string", STR, ["", "plain", "é 日", 'say "hi"', "back\\slash", "two\nlines"], [3, None, ["a"]]),
    ("type boolean", BOOL, [True, False], [0, 1, "true", None]),
    ("type null", NUL, [None], [0, "", False, "null"]),
    ("type array", arr(), [[], [1, "x", None]], [{}, "[]", 1]),
    ("type object", {"type": "object"}, [{}, {"k": [1, {}]}], [[], "{}", None]),
    ("type list nullable", {"type": ["integer", "null"]}, [4, None], ["4", 1.5, False]),
    ("type list with bounds", {"type": ["integer", "null"], "minimum": 3}, [3, None], [2, "3"]),
    ("type list with length", {"type": ["string", "integer"], "maxLength": 2, "minimum": 5},
     ["ab", 5], ["abc", 4, None]),
    ("type list of object and array", {"type": ["object", "array"], "maxProperties": 1, "maxItems": 1},
     [{}, [1]], [{"a": 1, "b": 2}, [1, 2], 3]),
    ("type list of number and integer", {"type": ["number", "integer"]}, [1, 1.5], ["1", None]),
    ("schema true", True, [1, None, {"a": []}], []),
    ("schema empty", {}, [1, "a", [None]], []),
    ("schema false as property", obj({"a": INT, "b": False}), [{}, {"a": 1}], [{"b": 1}, {"a": 1, "b": None}]),
    ("schema true as property", closed({"a": True}, "a"), [{"a": 1}, {"a": None}], [{}, {"b": 1}]),
    ("schema false as items", arr(False), [[]], [[1], [None]]),
    ("untyped minimum", {"minimum": 3}, [3, "x", None], [2, -1.5]),
    ("untyped maxLength", {"maxLength": 1}, ["a", 55, None], ["ab"]),
    ("untyped pattern", {"pattern": "^a$"}, ["a"], ["b"]),
    ("untyped properties", {"properties": {"a": INT}}, [{"a": 1}], [{"a": "1"}]),
    ("untyped required", {"required": ["a"]}, [{"a": 1}], [{}, {"b": 1}]),
    ("untyped items", {"items": INT}, [[1]], [["1"]]),
    ("untyped multipleOf", {"multipleOf": 4}, [8], [9]),
]  # fmt: skip

CONSTANTS: list[Row] = [
    ("enum of strings", {"enum": ["up", "down"]}, ["up", "down"], ["UP", "u", "updown", 1]),
    ("enum of mixed", {"enum": [1, "1", None, [1], {"a": 1}]}, [1, "1", None, [1], {"a": 1}],
     [2, "2", [], [1, 1], {"a": 2}, {}]),
    ("enum one prefix of another", {"enum": ["a", "ab", "abc"]}, ["a", "ab", "abc"], ["", "abcd", "b"]),
    ("enum of numbers", {"enum": [1, 10, 1.5]}, [1, 10, 1.5], [11, 0, 1.25, 15]),
    ("enum of escapes", {"enum": ['q"', "b\\", "n\n", "é"]}, ['q"', "b\\", "n\n", "é"], ["q", "b", "n", "e"]),
    ("enum beside type", {"type": "string", "enum": ["a", 1, None]}, ["a"], [1, None, "b"]),
    ("enum beside bounds", {"type": "integer", "enum": [1, 5, 9], "minimum": 4}, [5, 9], [1, 4]),
    ("enum beside pattern", {"type": "string", "enum": ["ax", "bx"], "pattern": "^a"}, ["ax"], ["bx", "a"]),
    ("enum beside format", {"enum": ["x", "2031-05-09", 1], "format": "date"}, ["2031-05-09", 1], ["x"]),
    ("enum in allOf twice", {"allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 3, 4]}]}, [2, 3], [1, 4]),
    ("enum with reference", rooted({"n": INT}, **{"$ref": "#/$defs/n", "enum": [1, "a"]}), [1], ["a", 2]),
    ("const string", {"const": "only"}, ["only"], ["onl", "only ", None]),
    ("const object", {"const": {"k": [1, {"z": None}]}}, [{"k": [1, {"z": None}]}], [{"k": [1]}, {"k": [1, {}]}, {}]),
    ("const null", {"const": None}, [None], [0, "", False]),
    ("const false is not zero", {"const": False}, [False], [0, None, ""]),
    ("const one is not true", {"const": 1}, [1], [True, "1", 2]),
    ("const empty array", {"const": []}, [[]], [[None], {}]),
    ("const beside type", {"type": "number", "const": 3}, [3], [4, "3"]),
    ("const in a property", closed({"kind": {"const": "a"}}, "kind"), [{"kind": "a"}], [{"kind": "b"}, {}]),
    ("const with unicode", {"const": "naïve 🙂"}, ["naïve 🙂"], ["naive", "naïve"]),
]  # fmt: skip

NUMBERS: list[Row] = [
    ("minimum", {"type": "integer", "minimum": -5}, [-5, 0, 400], [-6, -50]),
    ("maximum", {"type": "integer", "maximum": 99}, [99, 0, -1000], [100, 990]),
    ("minimum and maximum", {"type": "integer", "minimum": 8, "maximum": 12}, [8, 10, 12], [7, 13, 80, -9]),
    ("exclusiveMinimum", {"type": "integer", "exclusiveMinimum": 0}, [1, 10], [0, -1]),
    ("exclusiveMaximum", {"type": "integer", "exclusiveMaximum": 10}, [9, -9], [10, 11]),
    ("minimum and exclusiveMinimum", {"type": "integer", "minimum": 3, "exclusiveMinimum": 3}, [4], [3, 2]),
    ("minimum above exclusiveMinimum", {"type": "integer", "minimum": 5, "exclusiveMinimum": 2}, [5], [3, 4]),
    ("fractional bounds", {"type": "integer", "minimum": 1.5, "maximum": 3.5}, [2, 3], [1, 4]),
    ("number minimum", {"type": "number", "minimum": 0.5}, [0.5, 0.75, 3], [0.25, 0, -1]),
    ("number exclusiveMaximum", {"type": "number", "exclusiveMaximum": 1}, [0.5, 0, -4], [1, 1.0, 1.5, 2]),
    ("number between", {"type": "number", "minimum": -0.5, "maximum": 0.5}, [0, -0.5, 0.25], [0.51, -0.6, 1, -1]),
    ("number exponents", {"type": "number", "maximum": 100}, [1, 99.5], [1e3, 1e30, 100.5]),
    ("multipleOf", {"type": "integer", "multipleOf": 7}, [0, 7, -14, 70], [1, 8, 71]),
    ("multipleOf with exclusiveMinimum", {"type": "integer", "multipleOf": 4, "exclusiveMinimum": 8}, [12], [8, 9, 10]),
    ("multipleOf with maximum", {"type": "integer", "multipleOf": 5, "maximum": 20}, [20, 0, -5], [25, 19]),
    ("multipleOf of a number", {"type": "number", "multipleOf": 0.5}, [0.5, 2, -1.5], [0.3, 1.25]),
    ("multipleOf of one", {"type": "number", "multipleOf": 1}, [3, -2], [3.5]),
    ("multipleOf in allOf", {"allOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]},
     [6, 12], [2, 3, 4, 9]),
    ("bounds in allOf", {"allOf": [{"type": "integer", "minimum": 3}, {"type": "integer", "maximum": 6}]},
     [3, 6], [2, 7]),
    ("huge bounds", {"type": "integer", "minimum": 0, "maximum": 9007199254740993},
     [0, 9007199254740993], [9007199254740994, -1]),
    ("integer and number in anyOf", {"anyOf": [{"type": "integer", "minimum": 10}, {"type": "number", "maximum": 0}]},
     [10, -0.5], [5, 0.5]),
]  # fmt: skip

STRINGS: list[Row] = [
    ("minLength", {"type": "string", "minLength": 3}, ["abc", "日本語", "a\nb"], ["", "ab", "日本", "a\n"]),
    ("maxLength", {"type": "string", "maxLength": 3}, ["", "abc", "🙂🙂🙂", "a\"b"], ["abcd", "🙂🙂🙂🙂"]),
    ("length of exactly", {"type": "string", "minLength": 2, "maxLength": 2}, ["ab", "é\\"], ["a", "abc"]),
    ("maxLength of zero", {"type": "string", "maxLength": 0}, [""], ["a", " "]),
    ("pattern anchored", {"type": "string", "pattern": "^[a-f]{2}$"}, ["ab", "ff"], ["a", "abc", "xab", "ag"]),
    ("pattern unanchored", {"type": "string", "pattern": "[0-9]{2}"}, ["12"], ["1", "a1b2"]),
    ("pattern anchored at its start", {"type": "string", "pattern": "^ab"}, ["ab"], ["b", "xab"]),
    ("pattern anchored at its end", {"type": "string", "pattern": "ab$"}, ["ab"], ["a", "abx"]),
    ("pattern with alternatives", {"type": "string", "pattern": "^(cat|dog)s?$"}, ["cat", "dogs"], ["ca", "catz", "x"]),
    ("pattern with loose anchors", {"type": "string", "pattern": "^ab|cd$"}, ["ab", "cd"], ["b", "cdx", "xaby"]),
    ("pattern with a quote", {"type": "string", "pattern": '^"[a-z]"$'}, ['"a"'], ["a", '"A"', '""']),
    ("pattern with a backslash", {"type": "string", "pattern": "^a\\\\b$"}, ["a\\b"], ["ab", "a/b"]),
    ("pattern any character", {"type": "string", "pattern": "^a.c$"}, ["abc", "a\"c"], ["ac", "abbc", "a\nc"]),
    ("pattern negated class", {"type": "string", "pattern": "^[^x]+$"}, ["abc", "a b"], ["", "x", "abxc"]),
    ("pattern class of digits", {"type": "string", "pattern": "^\\d{3}-\\d$"}, ["123-4"], ["12-4", "123-", "abc-d"]),
    ("pattern class of words", {"type": "string", "pattern": "^\\w+$"}, ["a_1"], ["", "a b", "-"]),
    ("pattern class of spaces", {"type": "string", "pattern": "^a\\sb$"}, ["a b"], ["ab", "axb"]),
    ("pattern not spaces", {"type": "string", "pattern": "^\\S+$"}, ["ab"], ["", "a b"]),
    ("pattern not digits", {"type": "string", "pattern": "^\\D+$"}, ["ab"], ["", "a1"]),
    ("pattern with an escape", {"type": "string", "pattern": "^a\\.b$"}, ["a.b"], ["axb", "ab"]),
    ("pattern with a newline", {"type": "string", "pattern": "^a\\nb$"}, ["a\nb"], ["anb", "ab"]),
    ("pattern lookahead", {"type": "string", "pattern": "^(?!ab)[a-c]{2}$"}, ["ac", "bb"], ["ab", "a"]),
    ("pattern word boundary", {"type": "string", "pattern": "^\\bab\\b$"}, ["ab"], ["a", "abc"]),
    ("pattern unicode", {"type": "string", "pattern": "^[à-ü]+$"}, ["éà"], ["", "e", "ée"]),
    ("pattern lazy", {"type": "string", "pattern": "^a+?b$"}, ["ab", "aab"], ["b", "abb"]),
    ("pattern backreference", {"type": "string", "pattern": "^(a|b)\\1$"}, ["aa", "bb"], ["ab", "a"]),
    ("pattern with maxLength", {"type": "string", "pattern": "^a*$", "maxLength": 2}, ["", "aa"], ["aaa", "b"]),
    ("pattern with minLength", {"type": "string", "pattern": "^a*$", "minLength": 2}, ["aa"], ["a", "", "bb"]),
    ("pattern twice in allOf", {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}]}, ["az"], ["a", "z"]),
    ("format date", {"type": "string", "format": "date"}, ["2031-05-09"], ["2031-5-9", "today", "2031-13-01"]),
    ("format time", {"type": "string", "format": "time"}, ["10:20:30Z"], ["10:20", "25:00:00Z"]),
    ("format date-time", {"type": "string", "format": "date-time"}, ["2031-05-09T10:20:30Z"],
     ["2031-05-09", "2031-05-09 noon"]),
    ("format duration", {"type": "string", "format": "duration"}, ["P3D", "PT5M"], ["3 days", "P"]),
    ("format email", {"type": "string", "format": "email"}, ["ada@mail.example"], ["ada", "example"]),
    ("format hostname", {"type": "string", "format": "hostname"}, ["mail.example"], ["-x", "a b", "a..b"]),
    ("format ipv4", {"type": "string", "format": "ipv4"}, ["10.0.200.1"], ["10.0.0", "256.1.1.1", "a"]),
    ("format ipv6", {"type": "string", "format": "ipv6"}, ["fe80::1"], ["fe80", "1.2.3.4", "::g"]),
    ("format uuid", {"type": "string", "format": "uuid"}, ["9b2e6a54-1f0c-4c8e-9a3d-0d5b7c1e2f3a"], ["9b2e", "x"]),
    ("format uri", {"type": "string", "format": "uri"}, ["https://a.example/x?y=1"], ["no uri", "/x"]),
    ("format regex", {"type": "string", "format": "regex"}, ["a+"], ["(", "["]),
    ("format json-pointer", {"type": "string", "format": "json-pointer"}, ["/a/b~0"], ["a", "/~"]),
    ("format idn-email", {"type": "string", "format": "idn-email"}, ["ada@mail.example"], ["ada"]),
    ("format unknown", {"type": "string", "format": "house-number"}, ["12b", ""], [12, None]),
    ("format of a number", {"type": "integer", "format": "int32"}, [12], ["12", 1.5]),
    ("format with maxLength", {"type": "string", "format": "date", "maxLength": 10}, ["2031-05-09"], ["x", "2031"]),
    ("format with a shorter maxLength", {"type": "string", "format": "email", "maxLength": 6},
     ["a@b.cd"], ["ada@b.cd", "ab"]),
    ("format with pattern", {"type": "string", "format": "date", "pattern": "^2031"}, ["2031-05-09"],
     ["2030-05-09", "2031"]),
    ("format nullable", {"type": ["string", "null"], "format": "date"}, ["2031-05-09", None], ["x", 1]),
    ("contentEncoding", {"type": "string", "contentEncoding": "base64"}, ["aGk="], [1]),
]  # fmt: skip

OBJECTS: list[Row] = [
    ("properties", closed({"a": INT, "b": STR}), [{}, {"a": 1}, {"b": "x"}, {"a": 1, "b": ""}],
     [{"a": "1"}, {"b": 1}, {"c": 1}]),
    ("required", closed({"a": INT, "b": INT}, "b"), [{"b": 1}, {"a": 1, "b": 2}], [{}, {"a": 1}]),
    ("required unlisted", obj({"a": INT}, "z"), [{"z": 1}, {"a": 1, "z": None}], [{}, {"a": 1}]),
    ("required unlisted and closed", closed({"a": INT}, "z"), [], [{}, {"a": 1}, {"z": 1}]),
    ("required beside patternProperties",
     {"type": "object", "patternProperties": {"^x": INT}, "required": ["xa"], "additionalProperties": False},
     [{"xa": 1}], [{}, {"xb": 1}, {"xa": "1"}]),
    ("additionalProperties false", closed({"a": INT}), [{}, {"a": 1}], [{"b": 1}, {"a": 1, "b": 1}]),
    ("additionalProperties typed", {"type": "object", "additionalProperties": INT}, [{}, {"q": 1}], [{"q": "1"}]),
    ("additionalProperties beside properties", obj({"a": STR}, additionalProperties=INT),
     [{"a": "x", "b": 1}], [{"a": 1}, {"b": "x"}, {"a": "x", "b": "y"}]),
    ("additionalProperties true", obj({"a": STR}, additionalProperties=True), [{"a": "x", "b": None}], [{"a": 1}]),
    ("additionalProperties beside patternProperties",
     {"type": "object", "patternProperties": {"^n_": INT}, "additionalProperties": STR},
     [{"n_a": 1, "b": "x"}], [{"n_a": "x"}, {"b": 1}]),
    ("additionalProperties false beside patternProperties",
     {"type": "object", "patternProperties": {"^n_": INT}, "additionalProperties": False},
     [{"n_a": 1}, {}], [{"n_a": "x"}, {"b": 1}, {"xn_": 1}]),
    ("properties that match a pattern too",
     {"type": "object", "properties": {"n_a": {"minimum": 5}}, "patternProperties": {"^n_": INT},
      "additionalProperties": False}, [{"n_a": 5}], [{"n_a": 4}, {"n_a": "x"}, {"n_b": "x"}]),
    ("two patterns that overlap",
     {"type": "object", "patternProperties": {"^a": INT, "b$": {"maximum": 3}}, "additionalProperties": False},
     [{"ax": 9}, {"ab": 3}], [{"ab": 9}, {"ab": "x"}, {"xb": 4}]),
    ("patternProperties unanchored",
     {"type": "object", "patternProperties": {"id": INT}, "additionalProperties": False},
     [{"my_id": 1}], [{"my_id": "x"}, {"name": 1}]),
    ("propertyNames length", {"type": "object", "propertyNames": {"maxLength": 2}}, [{"ab": 1}, {}], [{"abc": 1}]),
    ("propertyNames enum", {"type": "object", "propertyNames": {"enum": ["x", "y"]}}, [{"x": 1}], [{"z": 1}]),
    ("propertyNames pattern", {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}, [{"a": 1}], [{"A": 1}]),
    ("propertyNames beside properties", obj({"a": INT, "bb": INT}, propertyNames={"maxLength": 1}),
     [{"a": 1}], [{"bb": 1}]),
    ("minProperties", {"type": "object", "minProperties": 2}, [{"a": 1, "b": 2}], [{}, {"a": 1}]),
    ("maxProperties", {"type": "object", "maxProperties": 1}, [{}, {"a": 1}], [{"a": 1, "b": 2}]),
    ("minProperties with listed ones", closed({"a": INT, "b": INT}, minProperties=1), [{"a": 1}, {"b": 1}], [{}]),
    ("maxProperties with listed ones", closed({"a": INT, "b": INT}, maxProperties=1), [{}, {"b": 1}],
     [{"a": 1, "b": 1}]),
    ("minProperties beyond required", closed({"a": INT, "b": INT, "c": INT}, "a", minProperties=2),
     [{"a": 1, "c": 1}], [{"a": 1}, {"b": 1, "c": 1}]),
    ("names in unicode", closed({"größe": INT, "日": STR}, "größe"), [{"größe": 1}, {"größe": 1, "日": "x"}],
     [{"grosse": 1}, {"日": "x"}, {"größe": "x"}]),
    ("names with escapes", closed({'q"': INT, "b\\": INT, "t\t": INT}), [{'q"': 1}, {"b\\": 1, "t\t": 2}],
     [{'q"': "x"}, {"q": 1}, {"t": 1}]),
    ("name empty", closed({"": INT}, ""), [{"": 1}], [{}, {"": "x"}, {"a": 1}]),
    ("names like keywords", closed({"type": INT, "enum": STR, "$ref": BOOL, "required": INT}, "type"),
     [{"type": 1}, {"type": 1, "enum": "a", "$ref": True}], [{"type": "x"}, {"type": 1, "$ref": "x"}, {"enum": "a"}]),
    ("name one prefix of another", closed({"a": INT, "ab": STR}), [{"a": 1}, {"ab": "x"}, {"a": 1, "ab": "x"}],
     [{"ab": 1}, {"a": "x"}]),
    ("nested", closed({"in": closed({"x": INT}, "x")}, "in"), [{"in": {"x": 1}}], [{"in": {}}, {}, {"in": {"x": "1"}}]),
    ("dependentRequired", closed({"a": INT, "b": INT}, dependentRequired={"a": ["b"]}),
     [{}, {"b": 1}, {"a": 1, "b": 1}], [{"a": 1}]),
    ("dependentSchemas", obj({"a": INT, "b": INT}, dependentSchemas={"a": {"properties": {"b": {"minimum": 5}}}}),
     [{"b": 1}, {"a": 1, "b": 5}], [{"a": 1, "b": 1}]),
    ("dependencies of old drafts", {"$schema": "http://json-schema.org/draft-07/schema#",
                                    **closed({"a": INT, "b": INT}, dependencies={"a": ["b"]})},
     [{"a": 1, "b": 1}], [{"a": 1}]),
    ("unevaluatedProperties", obj({"a": INT}, unevaluatedProperties=False), [{"a": 1}], [{"b": 1}, {"a": "x"}]),
    ("unevaluatedProperties over allOf",
     {"type": "object", "allOf": [{"properties": {"a": INT}}], "properties": {"b": INT},
      "unevaluatedProperties": False}, [{"a": 1, "b": 1}], [{"a": 1, "c": 1}]),
    ("additionalProperties false does not see allOf",
     {"type": "object", "allOf": [{"properties": {"a": INT}}], "properties": {"b": INT},
      "additionalProperties": False}, [{"b": 1}, {}], [{"a": 1}, {"a": 1, "b": 1}]),
]  # fmt: skip

ARRAYS: list[Row] = [
    ("items", arr(INT), [[], [1], [1, 2, 3]], [["1"], [1, None], [1.5]]),
    ("items of objects", arr(closed({"a": INT}, "a")), [[{"a": 1}]], [[{}], [{"a": 1}, {"b": 1}]]),
    ("minItems", arr(INT, minItems=2), [[1, 2], [1, 2, 3]], [[], [1]]),
    ("maxItems", arr(INT, maxItems=2), [[], [1, 2]], [[1, 2, 3]]),
    ("maxItems of zero", arr(maxItems=0), [[]], [[1]]),
    ("minItems untyped items", arr(minItems=1, maxItems=2), [[1], ["a", None]], [[], [1, 2, 3]]),
    ("prefixItems", arr(False, prefixItems=[INT, STR]), [[1, "a"], [1], []], [["a"], [1, 2], [1, "a", 1]]),
    ("prefixItems then items", arr(BOOL, prefixItems=[INT]), [[1, True], [1]], [[True], [1, 2]]),
    ("prefixItems alone", arr(prefixItems=[INT]), [[1], [1, "x"]], [["x"]]),
    ("prefixItems with minItems", arr(False, prefixItems=[INT, INT], minItems=2), [[1, 2]], [[1], [], [1, 2, 3]]),
    ("prefixItems with maxItems", arr(INT, prefixItems=[STR], maxItems=2), [["a", 1], ["a"]], [["a", 1, 2], [1]]),
    ("prefixItems beyond maxItems", arr(prefixItems=[INT, INT, INT], maxItems=1), [[1], []], [[1, 2], ["a"]]),
    ("items as a list, old drafts", {"$schema": "http://json-schema.org/draft-07/schema#",
                                     **arr([INT, STR], additionalItems=False)},
     [[1, "a"]], [["a"], [1, 2], [1, "a", 3]]),
    ("uniqueItems", arr(INT, uniqueItems=True), [[1, 2], []], [[1, 1]]),
    ("uniqueItems of an enum", arr({"enum": ["a", "b"]}, uniqueItems=True), [["a", "b"]], [["a", "a"]]),
    ("uniqueItems false", arr(INT, uniqueItems=False), [[1, 1]], [["x"]]),
    ("uniqueItems of one at most", arr(INT, uniqueItems=True, maxItems=1), [[1], []], [[1, 1], ["x"]]),
    ("contains", arr(INT, contains={"const": 5}), [[5], [1, 5]], [[], [1]]),
    ("minContains", arr(INT, contains={"minimum": 5}, minContains=2), [[5, 6]], [[5], [1, 5]]),
    ("maxContains", arr(INT, contains={"minimum": 5}, maxContains=1), [[5]], [[5, 6], [1]]),
    ("unevaluatedItems", arr(prefixItems=[INT], unevaluatedItems=False), [[1]], [[1, 2], ["x"]]),
    ("nested", arr(arr(INT, minItems=1), maxItems=2), [[[1]], [[1], [2, 3]]], [[[]], [1], [[1], [1], [1]]]),
]  # fmt: skip

COMBINED: list[Row] = [
    ("anyOf", {"anyOf": [INT, BOOL]}, [1, True], ["x", None, 1.5]),
    ("anyOf overlapping", {"anyOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 2}]},
     [1, 2, 9], [1.5, "x"]),
    ("anyOf of objects", {"anyOf": [closed({"a": INT}, "a"), closed({"b": INT}, "b")]}, [{"a": 1}, {"b": 1}],
     [{}, {"a": 1, "b": 1}, {"a": "x"}]),
    ("anyOf beside type", {"type": "string", "anyOf": [{"maxLength": 1}, {"minLength": 3}]}, ["a", "abc"], ["ab", 1]),
    ("anyOf beside properties", obj({"a": INT, "b": INT}, anyOf=[{"required": ["a"]}, {"required": ["b"]}]),
     [{"a": 1}, {"b": 1}], [{}, {"a": "x"}]),
    ("anyOf beside required", {"type": "object", "required": ["k"], "properties": {"k": INT},
                               "anyOf": [{"properties": {"k": {"minimum": 5}}}, {"properties": {"k": {"maximum": 0}}}]},
     [{"k": 5}, {"k": 0}], [{"k": 3}, {}]),
    ("oneOf of types", {"oneOf": [INT, STR]}, [1, "x"], [None, True]),
    ("oneOf overlapping numbers", {"oneOf": [{"type": "number", "minimum": 2}, {"type": "integer"}]},
     [1, 2.5], [3, 1.5, "x"]),
    ("oneOf overlapping objects", {"oneOf": [obj({"a": INT}, "a"), obj({"b": INT}, "b")]},
     [{"a": 1}, {"b": 1}], [{"a": 1, "b": 1}, {}]),
    ("oneOf closed objects", {"oneOf": [closed({"a": INT}, "a"), closed({"b": INT}, "b")]},
     [{"a": 1}, {"b": 1}], [{"a": 1, "b": 1}, {}]),
    ("oneOf optional objects overlap", {"oneOf": [closed({"a": INT}), closed({"b": INT})]},
     [{"a": 1}, {"b": 1}], [{}, {"a": 1, "b": 1}]),
    ("oneOf tagged", {"oneOf": [closed({"t": {"const": "c"}, "r": NUM}, "t", "r"),
                                closed({"t": {"const": "s"}, "w": NUM}, "t", "w")]},
     [{"t": "c", "r": 1}, {"t": "s", "w": 2.5}], [{"t": "c", "w": 1}, {"t": "x", "r": 1}, {"t": "s"}]),
    ("oneOf same branch twice", {"oneOf": [INT, INT]}, [], [1, "x"]),
    ("oneOf constants", {"oneOf": [{"const": "a"}, {"const": "b"}]}, ["a", "b"], ["c", "ab"]),
    ("oneOf constant twice", {"oneOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, ["a", "c"], ["b", "d"]),
    ("oneOf a type and a constant of it", {"oneOf": [STR, {"const": "x"}]}, ["y"], ["x", 1]),
    ("oneOf through references", rooted({"a": INT, "b": NUM}, oneOf=[{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]),
     [1.5], [1, "x"]),
    ("oneOf nested in anyOf", {"anyOf": [{"oneOf": [INT, NUM]}, NUL]}, [None, 1.5], [1, "x"]),
    ("oneOf beside properties", obj({"a": INT, "b": INT}, oneOf=[{"required": ["a"]}, {"required": ["b"]}]),
     [{"a": 1}, {"b": 1}], [{}, {"a": 1, "b": 1}]),
    ("allOf with required", {"allOf": [obj({"a": INT}, "a"), obj({"b": INT}, "b")]},
     [{"a": 1, "b": 2}], [{"a": 1}, {"b": 1}, {}]),
    ("allOf required alone", obj({"a": INT, "b": INT}, allOf=[{"required": ["a"]}, {"required": ["b"]}]),
     [{"a": 1, "b": 2}], [{"a": 1}, {}]),
    ("allOf same property twice", {"allOf": [obj({"a": INT}), obj({"a": {"minimum": 5}}, "a")]},
     [{"a": 5}], [{"a": 4}, {"a": "x"}, {}]),
    ("allOf of one", {"allOf": [INT]}, [1], ["x"]),
    ("allOf of lengths", {"allOf": [{"type": "string", "minLength": 2}, {"maxLength": 3}]}, ["ab", "abc"],
     ["a", "abcd"]),
    ("allOf with closed parts", {"allOf": [closed({"a": INT}), obj({"b": INT})]}, [{"a": 1}], [{"b": 1}, {"a": "x"}]),
    ("allOf with anyOf", {"allOf": [{"anyOf": [INT, STR]}, {"anyOf": [STR, NUL]}]}, ["x"], [1, None]),
    ("allOf beside items", {"type": "array", "items": INT, "allOf": [{"minItems": 1}, {"maxItems": 2}]},
     [[1], [1, 2]], [[], [1, 2, 3], ["x"]]),
    ("allOf of items", {"type": "array", "allOf": [{"items": INT}, {"items": {"minimum": 3}}]}, [[3]], [[2], ["x"]]),
    ("not const", {"type": "integer", "not": {"const": 5}}, [4], [5]),
    ("not type", {"not": STR}, [1, None], ["x"]),
    ("not required", obj({"a": INT, "b": INT}, **{"not": {"required": ["a"]}}), [{"b": 1}], [{"a": 1}]),
    ("not in allOf", {"type": "string", "allOf": [{"not": {"const": "x"}}]}, ["y"], ["x"]),
    ("if then",
     obj({"a": BOOL, "b": INT}, **{"if": {"properties": {"a": {"const": True}}}, "then": {"required": ["b"]}}),
     [{"a": False}, {"a": True, "b": 1}], [{"a": True}, {}]),
    ("if else", {"if": {"type": "integer"}, "else": {"type": "string"}}, [1, "x"], [None, 1.5]),
    ("if then else", {"type": "integer", "if": {"minimum": 10}, "then": {"multipleOf": 10}, "else": {"multipleOf": 2}},
     [20, 4], [11, 3, 12]),
    ("then without if", {"type": "integer", "then": {"minimum": 5}}, [1], ["x"]),
    ("if inside allOf", obj({"k": STR, "v": INT}, allOf=[{"if": {"required": ["k"]}, "then": {"required": ["v"]}}]),
     [{"k": "x", "v": 1}, {}], [{"k": "x"}]),
]  # fmt: skip

REFERENCES: list[Row] = [
    ("$ref", rooted({"n": INT}, **{"$ref": "#/$defs/n"}), [1], ["x"]),
    ("$ref beside bounds", rooted({"n": INT}, **{"$ref": "#/$defs/n", "minimum": 3}), [3], [2, "x"]),
    ("$ref beside required", rooted({"o": obj({"a": INT})}, **{"$ref": "#/$defs/o", "required": ["a"]}),
     [{"a": 1}], [{}, {"a": "x"}]),
    ("$ref beside properties", rooted({"o": obj({"a": INT}, "a")}, **{"$ref": "#/$defs/o", "properties": {"b": STR}}),
     [{"a": 1, "b": "x"}, {"a": 1}], [{"b": "x"}, {"a": 1, "b": 2}]),
    ("$ref in allOf", rooted({"n": INT}, allOf=[{"$ref": "#/$defs/n"}, {"maximum": 3}]), [3], [4, "x"]),
    ("$ref of a $ref", rooted({"a": {"$ref": "#/$defs/b"}, "b": STR}, **{"$ref": "#/$defs/a"}), ["x"], [1]),
    ("$ref into properties", closed({"a": INT, "b": {"$ref": "#/properties/a"}}), [{"a": 1, "b": 2}], [{"b": "x"}]),
    ("$ref to the root", TREE, [{"v": 1}, {"v": 1, "kids": [{"v": 2, "kids": []}]}],
     [{}, {"v": 1, "kids": [{}]}, {"v": 1, "kids": [{"v": 1, "kids": [{"v": 1, "kids": [{"v": 1, "kids": [{}]}]}]}]}]),
    ("$ref cycle of two", rooted({"a": closed({"b": {"$ref": "#/$defs/b"}}), "b": closed({"a": {"$ref": "#/$defs/a"}})},
                                 **{"$ref": "#/$defs/a"}),
     [{}, {"b": {}}, {"b": {"a": {"b": {}}}}], [{"a": {}}, {"b": {"b": {}}}, {"b": {"a": {"a": {}}}}]),
    ("$ref list", rooted({"l": {"anyOf": [NUL, closed({"h": INT, "t": {"$ref": "#/$defs/l"}}, "h", "t")]}},
                         **{"$ref": "#/$defs/l"}),
     [None, {"h": 1, "t": None}, {"h": 1, "t": {"h": 2, "t": None}}], [{"h": 1}, {"h": 1, "t": {"h": 1}}, 1]),
    ("$ref with an escaped slash", rooted({"a/b": INT}, **{"$ref": "#/$defs/a~1b"}), [1], ["x"]),
    ("$ref with an escaped tilde", rooted({"a~b": INT}, **{"$ref": "#/$defs/a~0b"}), [1], ["x"]),
    ("$ref with an escaped space", rooted({"a b": INT}, **{"$ref": "#/$defs/a%20b"}), [1], ["x"]),
    ("$ref with an escaped letter", rooted({"é": INT}, **{"$ref": "#/$defs/%C3%A9"}), [1], ["x"]),
    ("$ref into a list", {"anyOf": [INT, closed({"x": {"$ref": "#/anyOf/0"}}, "x")]}, [1, {"x": 2}], [{"x": "a"}, {}]),
    ("$ref into definitions", {"definitions": {"n": INT}, "$ref": "#/definitions/n"}, [1], ["x"]),
    ("$ref to a name that is a keyword", rooted({"properties": INT}, **{"$ref": "#/$defs/properties"}), [1], ["x"]),
    ("$ref inside not a reference", closed({"$ref": STR}), [{"$ref": "#/nowhere"}, {}], [{"$ref": 1}]),
    ("$anchor", rooted({"n": {"$anchor": "num", **INT}}, **{"$ref": "#num"}), [1], ["x"]),
    ("$id and a relative $ref", {"$id": "https://workbook.example/root", "$ref": "part",
                                 "$defs": {"p": {"$id": "part", **INT}}}, [1], ["x"]),
    ("$id changes the base", rooted({"p": {"$id": "https://workbook.example/p", "$ref": "#/$defs/q",
                                           "$defs": {"q": STR}}, "q": INT}, **{"$ref": "#/$defs/p"}), ["x"], [1]),
    ("$dynamicRef", rooted({"n": {"$dynamicAnchor": "num", **INT}}, **{"$dynamicRef": "#num"}), [1], ["x"]),
    ("$comment and annotations", {"$comment": "c", "title": "t", "description": "d", "default": 1, "examples": [2],
                                  "deprecated": True, "readOnly": False, "writeOnly": False, **INT}, [1], ["x"]),
    ("keyword made up", {"x-ours": {"minimum": 3}, **INT}, [1], ["x"]),
    ("$schema of an old draft", {"$schema": "http://json-schema.org/draft-07/schema#", **INT}, [1], ["x"]),
    ("exclusiveMinimum of an old draft", {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer",
                                          "minimum": 3, "exclusiveMinimum": True}, [4], [3, 2]),
    ("$ref hides its siblings in old drafts", {"$schema": "http://json-schema.org/draft-07/schema#",
                                               "definitions": {"n": INT}, "properties": {
                                                   "a": {"$ref": "#/definitions/n"}}, "type": "object",
                                               "additionalProperties": False}, [{"a": 1}], [{"a": "x"}]),
]  # fmt: skip

ROWS: dict[str, list[Row]] = {
    "types": TYPES, "constants": CONSTANTS, "numbers": NUMBERS, "strings": STRINGS,
    "objects": OBJECTS, "arrays": ARRAYS, "combined": COMBINED, "references": REFERENCES,
}  # fmt: skip


def corpus() -> dict[str, dict[str, Any]]:
    """Every case in MaskBench's form, by the name of its file."""
    return {
        f"{topic}/{name.replace(' ', '_').replace('$', '')}.json": wrapped(name, schema, valid, invalid)
        for topic, rows in ROWS.items()
        for name, schema, valid, invalid in rows
    }


def wrapped(name: str, schema: Any, valid: list[Any], invalid: list[Any]) -> dict[str, Any]:
    """One case as MaskBench writes it, with the keys of its tests in the order that its files have."""
    tests = [{"description": "ours", "valid": True, "data": value} for value in valid]
    tests += [{"description": "ours", "valid": False, "data": value} for value in invalid]
    return {"description": name, "meta": {"features": []}, "schema": schema, "tests": tests}


def write_corpus(folder: Path) -> Path:
    """One file a case, as the benchmark lies on disk."""
    for name, case in corpus().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(case, ensure_ascii=False, indent=2), encoding="utf-8")
    return folder
