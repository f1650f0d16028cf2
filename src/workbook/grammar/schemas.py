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
from workbook.core.errors import WorkbookError
from workbook.core.validation import schema_errors

IN_OBJECT = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
MEANT = {
    "object": ("properties", "required", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
}
"""A schema without a type means this one: it admits less than the standard says, never more."""
FORMATS = {"date", "time", "date-time", "uuid", "email", "uri"}
"""Known to all engines. The standard makes ``format`` an annotation: others, or beside a pattern, are no constraint."""
BESIDE_FORMAT = {"pattern", "minLength", "maxLength"}
IN_PLACE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "additionalItems", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip


def prepared(schema: Any) -> Any:
    """The schema as all engines get it: closed, with a type where one is meant, and constants spelled out.

    The parts of an ``allOf`` stay open: closed, they would forbid each other's properties.
    """
    if not isinstance(schema, Mapping):
        return schema
    if "const" in schema or "enum" in schema:
        return _constants(schema)
    result = {key: _prepared_part(key, value) for key, value in schema.items()}
    if "format" in result and (result["format"] not in FORMATS or BESIDE_FORMAT & set(result)):
        del result["format"]
    if "type" not in result and not {"anyOf", "oneOf", "allOf", "$ref"} & set(result):
        result |= next(({"type": kind} for kind, keys in MEANT.items() if set(keys) & set(result)), {})
    speaks = {"additionalProperties", "unevaluatedProperties", "patternProperties", "allOf", "$ref"} & set(schema)
    if "properties" in schema and not speaks:
        result["additionalProperties"] = False
    return result


def _prepared_part(key: str, value: Any) -> Any:
    if key in IN_OBJECT and isinstance(value, Mapping):
        return {name: prepared(part) for name, part in value.items()}
    if key in IN_LIST and key != "allOf" and isinstance(value, list):
        return [prepared(part) for part in value]
    return prepared(value) if key in IN_PLACE and key not in ("not", "if") else value


def _constants(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Only the constants that satisfy the rest of the schema, so that the rest need not be enforced."""
    offered = [schema["const"]] if "const" in schema else list(schema["enum"])
    rest = {key: value for key, value in schema.items() if "$defs" not in key}
    kept = offered if _refers(rest) else [value for value in offered if not schema_errors(value, rest)]
    if not kept:
        raise WorkbookError(f"no value of {str(offered)[:80]} satisfies the rest of its schema", "Mend the enum.")
    if all(not isinstance(value, dict | list) for value in kept):
        return {"enum": kept}
    spelled = [spelled_out(value) for value in kept]
    return spelled[0] if len(spelled) == 1 else {"anyOf": spelled}


def _refers(schema: Any) -> bool:
    return any("$ref" in part for part in subschemas(schema))


def spelled_out(value: Any) -> dict[str, Any]:
    """The schema of exactly ``value``: engines disagree on the spaces inside a constant object or array."""
    if isinstance(value, dict):
        properties = {name: spelled_out(item) for name, item in value.items()}
        return {"type": "object", "properties": properties, "required": list(value), "additionalProperties": False}
    if isinstance(value, list):
        exact = {"type": "array", "minItems": len(value), "maxItems": len(value)}
        return exact | ({"prefixItems": [spelled_out(item) for item in value], "items": False} if value else {})
    return {"enum": [value]}


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
    properties = {"name": {"enum": [tool.name]}, "arguments": prepared(_with_local_refs(arguments))}
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
