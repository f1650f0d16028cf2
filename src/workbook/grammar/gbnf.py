"""A JSON Schema written out as GBNF, the dialect that llama.cpp, xgrammar and llguidance share.

Covers what tools use: objects with required and optional properties in the schema's order, arrays,
strings, numbers, booleans, enums, constants and alternatives. A keyword that it cannot express is an error,
never passed over, except ``format``, which is an annotation. Spacing is that of ``json.dumps``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool
from workbook.grammar.engine import GrammarError
from workbook.grammar.schemas import call_schema

JSON_RULES = r"""
value   ::= object | array | string | number | "true" | "false" | "null"
object  ::= "{" (string ": " value (", " string ": " value)*)? "}"
array   ::= "[" (value (", " value)*)? "]"
string  ::= "\"" ([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
integer ::= "-"? ("0" | [1-9] [0-9]*)
number  ::= integer ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
boolean ::= "true" | "false"
null    ::= "null"
""".strip()

NAMED = ("string", "integer", "number", "boolean", "null", "object", "array")
SILENT = {"type", "description", "title", "default", "examples", "format", "additionalProperties", "required"}


def gbnf_of(schema: Mapping[str, Any]) -> str:
    """A grammar whose texts are the JSON values that satisfy ``schema``; raises :class:`GrammarError`."""
    lines: list[str] = []
    lines.append(f"root ::= {_expression(schema, 'root', lines)}")
    return "\n".join([lines.pop(), *lines, JSON_RULES]) + "\n"


def call_gbnf(tools: Sequence[Tool]) -> str:
    """A grammar for one call of one of ``tools``: ``{"name": ..., "arguments": {...}}``, the two tied together."""
    return gbnf_of({"anyOf": [call_schema(tool) for tool in tools]})


def _expression(schema: Mapping[str, Any], rule: str, lines: list[str]) -> str:
    """The right-hand side for ``schema``; rules that it needs are added to ``lines``, named after ``rule``."""
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return "(" + " | ".join(_literal(json.dumps(v, ensure_ascii=False)) for v in values) + ")"
    if "anyOf" in schema:
        parts = [_named(part, f"{rule}-{i}", lines) for i, part in enumerate(schema["anyOf"])]
        return "(" + " | ".join(parts) + ")"
    unknown = set(schema) - SILENT - {"properties", "items"}
    kind = schema.get("type", "value")
    if unknown or not (kind == "value" or kind in NAMED):
        raise GrammarError(f"GBNF cannot express {', '.join(sorted(unknown)) or kind!r} in {rule}")
    if kind == "object" and "properties" in schema:
        return _object(schema, rule, lines)
    if kind == "array" and "items" in schema:
        item = _named(schema["items"], f"{rule}-item", lines)
        return f'"[" ({item} (", " {item})*)? "]"'
    return str(kind)


def _named(schema: Mapping[str, Any], rule: str, lines: list[str]) -> str:
    """Give ``schema`` a rule of its own and return its name."""
    expression = _expression(schema, rule, lines)
    lines.append(f"{rule} ::= {expression}")
    return rule


def _object(schema: Mapping[str, Any], rule: str, lines: list[str]) -> str:
    """Properties in order. Optional ones may be left out, so where a comma is due depends on what came before:
    each property has two tails, one for an object that is still empty and one for the rest."""
    required, pairs = set(schema.get("required", ())), []
    for index, (name, part) in enumerate(schema["properties"].items()):
        value = _named(part, f"{rule}-{index}", lines)
        pairs.append((f'{_literal(json.dumps(name, ensure_ascii=False))} ": " {value}', name in required))
    for index in range(len(pairs) - 1, -1, -1):
        pair, must = pairs[index]
        last = index == len(pairs) - 1
        onward = "" if last else f" {rule}-more{index + 1}"
        for empty, tail in ((True, "first"), (False, "more")):
            written = f"{pair}{onward}" if empty else f'", " {pair}{onward}'
            skipped = '""' if last else f"{rule}-{tail}{index + 1}"
            lines.append(f"{rule}-{tail}{index} ::= {written if must else f'{written} | {skipped}'}")
    return f'"{{" {rule}-first0 "}}"' if pairs else '"{}"'


def _literal(text: str) -> str:
    """Text as a GBNF literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
