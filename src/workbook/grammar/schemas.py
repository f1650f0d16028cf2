"""JSON Schemas made ready for grammars.

A grammar writes properties in the order in which the schema lists them, and an
engine differs from the next in what it takes an object to admit beyond them. So an
object that lists properties and does not speak of others is closed here, which is
what function calling means by it; an object that lists none stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from referencing.exceptions import Unresolvable

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.core.validation import validator_of

IN_OBJECT = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
MEANT = {
    "object": ("properties", "required", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
}
"""A schema without a type means this one: it admits less than the standard says, never more."""
ANNOTATIONS = {
    "title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions",
    "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding",
}  # fmt: skip
FORMATS = {
    "date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uuid",
    "uri", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex",
}  # fmt: skip
"""The standard's own. Validators may check them, so they are enforced or refused; any other name is an annotation."""
IDLE: dict[str, tuple[Any, ...]] = {
    "uniqueItems": (False,), "propertyNames": (True, {}), "unevaluatedProperties": (True, {}),
    "unevaluatedItems": (True, {}), "dependentRequired": ({},), "dependentSchemas": ({},), "patternProperties": ({},),
    "required": ([],), "minItems": (0,), "minLength": (0,), "minProperties": (0,),
}  # fmt: skip
"""Values with which a keyword says nothing; engines that do not know the keyword would refuse it all the same."""
COMBINING = {"allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "if", "dependentSchemas", "patternProperties"}
"""Keywords through which other schemas speak of the same properties."""
IN_PLACE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "additionalItems", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip


def prepared(schema: Any) -> Any:
    """The schema as all engines get it: closed, with a type where one is meant, and constants spelled out.

    The parts of an ``allOf`` stay open, and so does a definition that is combined with others: closed,
    they would forbid each other's properties. Raises :class:`WorkbookError` where nothing can satisfy it.
    """
    if isinstance(schema, bool):
        if not schema:
            raise WorkbookError("the schema is false, which admits nothing", "Give a schema that admits something.")
        return {}
    return _Preparer(schema).part(schema) if isinstance(schema, Mapping) else schema


class _Preparer:
    """Prepares the parts of one root schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
        self.combined = set(_combined(root))

    def part(self, schema: Any) -> Any:
        """One subschema, prepared; a boolean stays one."""
        if not isinstance(schema, Mapping):
            return schema
        if "const" in schema or "enum" in schema:
            return self._constants(schema)
        result = {key: self._inside(key, value) for key, value in _telling(schema).items()}
        if "type" not in result and not {"anyOf", "oneOf", "allOf", "$ref"} & set(result):
            result |= next(({"type": kind} for kind, keys in MEANT.items() if set(keys) & set(result)), {})
        return result | _closing(result)

    def _inside(self, key: str, value: Any) -> Any:
        if key in IN_OBJECT and isinstance(value, Mapping):
            return {name: part if f"#/{key}/{name}" in self.combined else self.part(part)
                    for name, part in value.items()}  # fmt: skip
        if key in IN_LIST and key != "allOf" and isinstance(value, list):
            return [self.part(part) for part in value]
        return self.part(value) if key in IN_PLACE and key not in ("not", "if") else value

    def _constants(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Only the constants that satisfy the rest of the schema, so that the rest need not be enforced."""
        used = "const" if "const" in schema else "enum"
        offered = [schema["const"]] if used == "const" else list(schema["enum"])
        rest = {key: value for key, value in schema.items() if key != used and key not in ANNOTATIONS}
        kept = [value for value in offered if not self._errors(value, rest)] if rest else offered
        if not kept:
            raise WorkbookError(f"no value of {str(offered)[:80]} satisfies the rest of its schema", "Mend the enum.")
        if all(not isinstance(value, dict | list) for value in kept):
            return {"enum": kept}
        spelled = [spelled_out(value) for value in kept]
        return spelled[0] if len(spelled) == 1 else {"anyOf": spelled}

    def _errors(self, value: Any, rest: Mapping[str, Any]) -> list[str]:
        try:
            validator = validator_of({**self.definitions, **rest}, formats=True)
            return [error.message for error in validator.iter_errors(value)]
        except (Unresolvable, RecursionError) as error:  # nowhere, or round in a circle
            raise WorkbookError(f"a constant beside a broken reference: {error}", "Mend the $ref.") from error


def _telling(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that say something: without those of :data:`IDLE`, conditions without consequence, mere formats."""
    told = {key: value for key, value in schema.items() if not _idle(key, value)}
    if told.get("format") not in FORMATS:
        told.pop("format", None)
    for without, orphans in (("if", ("then", "else")), ("contains", ("minContains", "maxContains"))):
        if without not in told:
            told = {key: value for key, value in told.items() if key not in orphans}
    if "if" in told and not {"then", "else"} & set(told):
        del told["if"]
    if told.get("maxItems") in (0, 1):
        told.pop("uniqueItems", None)
    if "unevaluatedProperties" in told and not (COMBINING | {"additionalProperties"}) & set(told):
        told["additionalProperties"] = told.pop("unevaluatedProperties")
    return told


def _idle(key: str, value: Any) -> bool:
    # By type too: to Python, False is 0.
    return any(type(value) is type(idle) and value == idle for idle in IDLE.get(key, ()))


def _closing(part: Mapping[str, Any]) -> dict[str, Any]:
    """What closes an object that lists properties and does not speak of others; those it requires are listed too."""
    speaks = {"additionalProperties", "unevaluatedProperties", "patternProperties", "allOf", "$ref"} & set(part)
    if not isinstance(part.get("properties"), Mapping) or speaks:
        return {}
    unlisted: dict[str, Any] = {name: {} for name in part.get("required", ()) if name not in part["properties"]}
    return {"properties": {**part["properties"], **unlisted}, "additionalProperties": False}


def _combined(root: Mapping[str, Any]) -> Iterator[str]:
    """The references that stand in an ``allOf`` or beside other keywords."""
    for part in subschemas(root):
        if "$ref" in part and set(part) - ANNOTATIONS - {"$ref"}:
            yield part["$ref"]
        for piece in part.get("allOf", ()):
            yield from (inner["$ref"] for inner in subschemas(piece) if isinstance(inner.get("$ref"), str))


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


def mapped(schema: Any, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Any:
    """The schema with every part changed, those inside first."""
    if not isinstance(schema, Mapping):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in IN_OBJECT and isinstance(value, Mapping):
            result[key] = {name: mapped(part, change) for name, part in value.items()}
        elif key in IN_LIST and isinstance(value, list):
            result[key] = [mapped(part, change) for part in value]
        else:
            result[key] = mapped(value, change) if key in IN_PLACE else value
    return change(result)


def call_schema(tool: Tool) -> dict[str, Any]:
    """The schema of one call in Hermes form: this name, and arguments that fit this tool."""
    # An $id would make every reference start from where the arguments now stand no more.
    told = {key: value for key, value in tool.parameters.items() if key not in ("$id", "$schema")}
    arguments = {"type": "object", **told}
    if "properties" not in arguments:
        arguments["properties"] = {}
    properties = {"name": {"enum": [tool.name]}, "arguments": _with_local_refs(prepared(arguments))}
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
    if isinstance(target, str) and (target == "#" or target.startswith("#/")):
        moved["$ref"] = prefix.rstrip("/") + target[1:]
    return moved
