"""A JSON Schema written out as GBNF, the dialect that llama.cpp, xgrammar and llguidance share.

Objects with required and optional properties in the schema's order, arrays, strings, their lengths and common
formats, integers and their bounds, constants, alternatives, local references, recursion included.
A keyword that GBNF cannot say, or this module does not, is an error and never passed over.
Spelling and spacing are those of ``json.dumps``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool
from workbook.grammar.engine import GrammarError
from workbook.grammar.formats_gbnf import FORMATS
from workbook.grammar.integer_ranges import integers
from workbook.grammar.schemas import ANNOTATIONS, call_schema, prepared
from workbook.grammar.support import BOUNDS, LENGTHS

_CHARACTER = "[ !#-[\\]-\ud7ff\ue000-\U0010ffff]"
"""What a JSON string holds as it is: no control character, quote or backslash; nor a surrogate, which is none."""
JSON_RULES = r"""
value   ::= object | array | string | number | "true" | "false" | "null"
object  ::= "{" (string ": " value (", " string ": " value)*)? "}"
array   ::= "[" (value (", " value)*)? "]"
string  ::= "\"" char* "\""
char    ::= CHARACTER | "\\" ["\\bfnrt]
integer ::= "-"? ("0" | [1-9] [0-9]*)
number  ::= integer ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
boolean ::= "true" | "false"
null    ::= "null"
""".strip().replace("CHARACTER", _CHARACTER)

STRING = r'string  ::= "\"" char* "\""'
COMMA = ' ", " '

SAYS: dict[str, set[str]] = {
    "string": {"minLength", "maxLength", "format"},
    "integer": BOUNDS,
    "number": set(),
    "boolean": set(),
    "null": set(),
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
}
"""What this module can say of each type."""
WAY_OUT = (
    "Leave the keyword out and validate the output against the full schema; a model that runs in transformers may take "
    "the JSON Schema itself."
)


def gbnf_of(schema: Mapping[str, Any]) -> str:
    """A grammar whose texts are JSON values that satisfy ``schema``; raises :class:`GrammarError`."""
    return SchemaWriter(prepared(schema)).grammar()


def call_gbnf(tools: Sequence[Tool]) -> str:
    """A grammar for one call of one of ``tools``: ``{"name": ..., "arguments": {...}}``, the two tied together."""
    return call_rules("root", tools)


def call_rules(name: str, tools: Sequence[Tool]) -> str:
    """The rule ``name`` for one call, and all rules that it needs; raises ``GrammarError`` without a tool."""
    writers = [SchemaWriter(call_schema(tool), f"call-{index}") for index, tool in enumerate(tools)]
    if not writers:
        raise GrammarError("a constraint to tool calls needs at least one tool")
    choice = f"{name} ::= " + " | ".join(writer.root for writer in writers)
    return "\n".join([choice, *(line for writer in writers for line in writer.lines()), JSON_RULES]) + "\n"


def literal(text: str) -> str:
    """``text`` between quotes; quotes, backslashes, tabs and ends of lines inside are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped.replace(chr(9), chr(92) + "t")}"'


class SchemaWriter:
    """Collects the rules of one schema; a rule is named after the place that it comes from."""

    def __init__(self, schema: Any, root: str = "root") -> None:
        self.schema, self.root = schema, root
        self.rules: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.name(schema, root)

    def lines(self) -> list[str]:
        """``name ::= expression``, the root first."""
        return [f"{name} ::= {expression}" for name, expression in self.rules.items()]

    def grammar(self) -> str:
        """All rules with those of JSON, from ``root`` on, as llama.cpp reads them."""
        return "\n".join([*self.lines(), JSON_RULES]) + "\n"

    def name(self, schema: Any, rule: str) -> str:
        """Give ``schema`` a rule of its own and return its name."""
        self.rules[rule] = ""  # the place in the order, before the rules that it needs
        self.rules[rule] = self.expression(schema, rule)
        return rule

    def expression(self, schema: Any, rule: str) -> str:
        """The right-hand side for ``schema``; ``GrammarError`` for what GBNF, or this module, cannot say."""
        if schema is True or schema == {}:
            return "value"
        if not isinstance(schema, Mapping):
            raise GrammarError(f"GBNF cannot say the schema {schema!r} in {rule}")
        if schema is not self.schema:
            _refuse({"$id"} & set(schema), f"{rule}, where it moves what references start from")
        keywords = set(schema) - ANNOTATIONS
        for keyword, write in (("enum", self._enum), ("anyOf", self._any_of), ("$ref", self._reference)):
            if keyword in schema:
                _refuse(keywords - {keyword, "type"} if keyword == "enum" else keywords - {keyword}, rule)
                return write(schema, rule)
        return self._typed(schema, keywords - {"type"}, rule)

    def _typed(self, schema: Mapping[str, Any], keywords: set[str], rule: str) -> str:
        kind = schema.get("type")
        if isinstance(kind, list) and not keywords:
            return "(" + " | ".join(self.expression({"type": one}, rule) for one in kind) + ")"
        if not isinstance(kind, str) or kind not in SAYS:
            _refuse(keywords or {f"type {kind!r}"}, rule)
        _refuse(keywords - SAYS[str(kind)], rule)
        writers = {"object": self._object, "array": self._array, "string": _string, "integer": _integer}
        return writers[str(kind)](schema, rule) if keywords and kind in writers else str(kind)

    def _enum(self, schema: Mapping[str, Any], rule: str) -> str:
        return "(" + " | ".join(literal(json.dumps(value, ensure_ascii=False)) for value in schema["enum"]) + ")"

    def _any_of(self, schema: Mapping[str, Any], rule: str) -> str:
        parts = [self.name(part, f"{rule}-{index}") for index, part in enumerate(schema["anyOf"])]
        return "(" + " | ".join(parts) + ")"

    def _reference(self, schema: Mapping[str, Any], rule: str) -> str:
        """The rule of what is referred to, written once: that is how recursion ends."""
        target = schema["$ref"]
        if target not in self.references:
            self.references[target] = f"{self.root}-ref{len(self.references)}"
            self.name(_target(self.schema, target), self.references[target])
        return self.references[target]

    def _object(self, schema: Mapping[str, Any], rule: str) -> str:
        extra = schema.get("additionalProperties", True)
        properties = schema.get("properties", {})
        if properties and extra is not False:
            raise GrammarError(f"GBNF cannot say additionalProperties beside the listed ones (in {rule})", WAY_OUT)
        absent = set(schema.get("required", ())) - set(properties)
        if absent:
            raise GrammarError(f"{rule} requires {', '.join(sorted(absent))}, which it does not list", WAY_OUT)
        return self._listed(schema, rule) if properties or extra is False else self._open(extra, rule)

    def _open(self, extra: Any, rule: str) -> str:
        value = self.name(extra, f"{rule}-value")
        return f'"{{" (string ": " {value} (", " string ": " {value})*)? "}}"'

    def _listed(self, schema: Mapping[str, Any], rule: str) -> str:
        """Properties in order. An optional one may be left out, so where a comma is due depends on what came
        before: each property has two tails, one for an object that is still empty and one for the rest."""
        required, properties = set(schema.get("required", ())), schema.get("properties", {})
        pairs = [
            (self.pair(name, self.name(part, f"{rule}-{index}"), rule), name)
            for index, (name, part) in enumerate(properties.items())
        ]
        for index, (pair, name) in enumerate(pairs):
            last = index == len(pairs) - 1
            onward = "" if last else f" {rule}-more{index + 1}"
            for tail, comma in (("first", ""), ("more", '", " ')):
                skipped = '""' if last else f"{rule}-{tail}{index + 1}"
                written = f"{comma}{pair}{onward}"
                self.rules[f"{rule}-{tail}{index}"] = written if name in required else f"{written} | {skipped}"
        self.rules.pop(f"{rule}-more0", None)
        opening, closing = self.brackets(rule)
        return f"{literal(opening)} {rule}-first0 {literal(closing)}" if pairs else literal(opening + closing)

    def pair(self, name: str, value: str, rule: str) -> str:
        """A property of the object of ``rule``, whose value has the rule ``value``."""
        return f"{literal(json.dumps(name, ensure_ascii=False) + ': ')} {value}"

    def brackets(self, rule: str) -> tuple[str, str]:
        """What stands around the properties of the object of ``rule``."""
        return "{", "}"

    def _array(self, schema: Mapping[str, Any], rule: str) -> str:
        fixed, rest = schema.get("prefixItems", []), schema.get("items", True)
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if not fixed and rest is not False:
            return _repeated(self.name(rest, f"{rule}-item"), least, most)
        if rest is not False or least != len(fixed) or (most is not None and most < least):
            raise GrammarError(f"GBNF cannot say prefixItems but for arrays of exactly those (in {rule})", WAY_OUT)
        items = [self.name(part, f"{rule}-item{index}") for index, part in enumerate(fixed)]
        return f'"[" {COMMA.join(items)} "]"'


def _repeated(item: str, least: int, most: int | None) -> str:
    """``[item, item, ...]`` from ``least`` to ``most`` times."""
    if most == 0:
        return '"[]"'
    more = f'(", " {item}){{{max(0, least - 1)},{"" if most is None else most - 1}}}'
    return f'"[" {item} {more} "]"' if least else f'"[" ({item} {more})? "]"'


def _string(schema: Mapping[str, Any], rule: str) -> str:
    if "format" in schema:
        _refuse(set(schema) & LENGTHS, f"{rule}, beside a format")
        _refuse({f"format {schema['format']}"} - {f"format {name}" for name in FORMATS}, rule)
        return rf'"\"" {FORMATS[schema["format"]]} "\""'
    most = schema.get("maxLength")
    return f'"\\"" char{{{schema.get("minLength", 0)},{"" if most is None else most}}} "\\""'


def _integer(schema: Mapping[str, Any], rule: str) -> str:
    _refuse({name for name in BOUNDS & set(schema) if isinstance(schema[name], bool)}, f"{rule}, as draft 4 has it")
    lows = [math.ceil(schema["minimum"])] if "minimum" in schema else []
    lows += [math.floor(schema["exclusiveMinimum"]) + 1] if "exclusiveMinimum" in schema else []
    highs = [math.floor(schema["maximum"])] if "maximum" in schema else []
    highs += [math.ceil(schema["exclusiveMaximum"]) - 1] if "exclusiveMaximum" in schema else []
    try:
        return integers(max(lows, default=None), min(highs, default=None))
    except ValueError as error:
        raise GrammarError(f"in {rule}, {error}") from error


def _refuse(keywords: set[str], rule: str) -> None:
    if keywords:
        raise GrammarError(f"GBNF cannot say {', '.join(sorted(keywords))} (in {rule})", WAY_OUT)


def _target(root: Any, reference: str) -> Any:
    """What a local reference, ``#/$defs/name``, points at."""
    node = root
    for step in re.split("/", reference.removeprefix("#").strip("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        if name and not (isinstance(node, Mapping) and name in node):
            raise GrammarError(f"the reference {reference!r} points nowhere")
        node = node[name] if name else node
    return node
