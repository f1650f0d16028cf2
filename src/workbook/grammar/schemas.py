"""JSON Schemas made ready for grammars.

A grammar writes properties in the order in which the schema lists them, and an
engine differs from the next in what it takes an object to admit beyond them. So an
object that lists properties and does not speak of others is closed here, which is
what function calling means by it; an object that lists none stays open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbook.core.chat import Tool

IN_OBJECT = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
IN_PLACE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "additionalItems", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip


def closed(schema: Any) -> Any:
    """The schema in which every object with listed properties admits no others, unless it says so itself.

    The parts of an ``allOf`` stay open: closed, they would forbid each other's properties.
    """
    if not isinstance(schema, Mapping):
        return schema
    result = {key: _closed_part(key, value) for key, value in schema.items()}
    speaks = {"additionalProperties", "unevaluatedProperties", "patternProperties", "allOf", "$ref"} & set(schema)
    if "properties" in schema and not speaks:
        result["additionalProperties"] = False
    return result


def _closed_part(key: str, value: Any) -> Any:
    if key in IN_OBJECT and isinstance(value, Mapping):
        return {name: closed(part) for name, part in value.items()}
    if key in IN_LIST and key != "allOf" and isinstance(value, list):
        return [closed(part) for part in value]
    return closed(value) if key in IN_PLACE and key not in ("not", "if") else value


def subschemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema inside ``schema``, itself first; examples and enum values are not schemas."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for key, value in schema.items():
        if key in IN_OBJECT and isinstance(value, Mapping):
            parts = list(value.values())
        elif key in IN_LIST and isinstance(value, list):
            parts = value
        else:
            parts = [value] if key in IN_PLACE and not isinstance(value, list) else []
        for part in parts:
            yield from subschemas(part)


def call_schema(tool: Tool) -> dict[str, Any]:
    """The schema of one call in Hermes form: this name, and arguments that fit this tool."""
    arguments = {"type": "object", **tool.parameters}
    if "properties" not in arguments:
        arguments["properties"] = {}
    properties = {"name": {"const": tool.name}, "arguments": closed(_with_local_refs(arguments))}
    schema = {"type": "object", "properties": properties, "required": ["name", "arguments"]}
    return schema | {"additionalProperties": False}


def _with_local_refs(schema: Any, prefix: str = "#/properties/arguments/") -> Any:
    """References from the root of the arguments, moved to where the arguments now stand."""
    if isinstance(schema, list):
        return [_with_local_refs(item, prefix) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    moved = {key: _with_local_refs(value, prefix) for key, value in schema.items()}
    target = schema.get("$ref")
    if isinstance(target, str) and target.startswith("#"):
        moved["$ref"] = prefix.rstrip("/") + target[1:]
    return moved
