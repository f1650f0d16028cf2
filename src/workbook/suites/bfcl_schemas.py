"""BFCL's descriptions of functions as tools: ``dict``, ``float``, ``tuple``, ``any`` and their like as JSON Schema.

The mapping of types is the one by which the leaderboard shows them to models, so that scores compare: ``any`` and
what is unknown become strings, and so does every parameter of a Java or JavaScript function, which is to be written
in that language's source. When2Call and BFCL share the form. Leaves out how calls are judged (``bfcl_checker``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.core.chat import Tool
from workbook.core.validation import schema_errors

TYPES: Mapping[str, str] = {
    "string": "string", "str": "string", "char": "string", "any": "string",
    "integer": "integer", "int": "integer", "byte": "integer", "short": "integer", "long": "integer",
    "bigint": "integer",
    "number": "number", "float": "number", "double": "number",
    "boolean": "boolean", "bool": "boolean",
    "array": "array", "list": "array", "tuple": "array", "arraylist": "array", "queue": "array", "stack": "array",
    "set": "array",
    "dict": "object", "object": "object", "hashmap": "object", "hashtable": "object", "null": "null",
}  # fmt: skip
SOURCE = {"java": "Java", "javascript": "JavaScript"}
"""Languages whose values are written as source, by the name of their category."""


def bfcl_tool(function: Mapping[str, Any], language: str = "python") -> Tool:
    """One entry of ``function`` as a tool; raises ``ValueError`` for one without a name."""
    name, parameters = function.get("name"), function.get("parameters")
    if not isinstance(name, str) or not name:
        raise ValueError(f"a function without a name: {str(function)[:80]!r}")
    given = parameters if isinstance(parameters, Mapping) else {}
    schema = json_schema({"type": "dict", **given})
    if language in SOURCE:
        listed = properties_of(given)
        schema["properties"] = {key: _as_source(part, SOURCE[language]) for key, part in listed.items()}
    return Tool(name, str(function.get("description") or ""), {"properties": {}, **schema})


def json_schema(given: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of BFCL's as JSON Schema, keywords that it misspells or contradicts left out.

    An ``enum`` keeps the values that fit the type, and is dropped where none does: the benchmark never checks it.
    """
    kind = TYPES.get(str(given.get("type", "any")).lower(), "string")
    schema: dict[str, Any] = {"type": kind}
    if given.get("description"):
        schema["description"] = str(given["description"])
    if "default" in given:
        schema["default"] = given["default"]
    if isinstance(given.get("enum"), list):
        schema |= _fitting(given["enum"], kind)
    if kind == "object" and "properties" in given:
        schema |= _object(given)
    if kind == "array" and isinstance(given.get("items"), Mapping):
        schema["items"] = json_schema(given["items"])
    return schema


def properties_of(parameters: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The parameters whose schema is an object, by name; empty where ``properties`` is none."""
    listed = parameters.get("properties")
    named = listed.items() if isinstance(listed, Mapping) else ()
    return {name: part for name, part in named if isinstance(part, Mapping)}


def required_of(parameters: Mapping[str, Any]) -> list[str]:
    """The names that ``required`` lists; empty for anything that is no list."""
    listed = parameters.get("required")
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _object(given: Mapping[str, Any]) -> dict[str, Any]:
    listed = properties_of(given)
    known = [name for name in dict.fromkeys(required_of(given)) if name in listed]
    return {"properties": {name: json_schema(part) for name, part in listed.items()}} | (
        {"required": known} if known else {}
    )


def _fitting(values: list[Any], kind: str) -> dict[str, Any]:
    fit = [value for value in values if not schema_errors(value, {"type": kind})]
    return {"enum": fit} if fit else {}


def _as_source(part: Mapping[str, Any], language: str) -> dict[str, Any]:
    kind, items = str(part.get("type", "any")), part.get("items")
    inner = f" of {items['type']}" if isinstance(items, Mapping) and "type" in items else ""
    words = f"{part.get('description') or ''} A {language} value of type {kind}{inner}, as {language} source."
    return {"type": "string", "description": words.strip()}
