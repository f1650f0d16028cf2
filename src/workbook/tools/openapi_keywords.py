"""The keywords of a schema: which there are, and how 3.0's and the wild's spellings become those of 2020-12."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ONE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
       "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")
NOTES = ("title", "description", "default", "deprecated", "examples")
PLAIN = (*NOTES, "type", "enum", "const", "format", "pattern", "multipleOf", "minimum", "maximum", "exclusiveMinimum",
         "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minContains",
         "maxContains", "minProperties", "maxProperties", "required", "dependentRequired", "contentEncoding",
         "contentMediaType")  # fmt: skip
IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas judge the same value: a reference that comes back through them never ends."""
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def as_object(made: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What readers assume: with properties it is an object, and it does not require what was left out; type first."""
    if "properties" in made and "type" not in schema:
        made["type"] = "object"
    if "required" in made:
        gone = set(schema.get("properties", {})) - set(made.get("properties", {}))
        made["required"] = [name for name in dict.fromkeys(names_in(made["required"])) if name not in gone]
        if not made["required"]:
            del made["required"]
    return {key: made[key] for key in sorted(made, key=lambda key: key != "type")}


def mended(plain: dict[str, Any]) -> dict[str, Any]:
    """3.0's and the wild's spellings of keywords that hold values."""
    for bound in ("Minimum", "Maximum"):
        exclusive, limit = f"exclusive{bound}", bound.lower()
        if isinstance(plain.get(exclusive), bool):
            strict = plain.pop(exclusive)
            if strict and limit in plain:
                plain[exclusive] = plain.pop(limit)
    if "type" in plain:
        kinds = _types(plain.pop("type"))
        if kinds:
            plain["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "pattern" in plain and not _compiles(plain["pattern"]):
        del plain["pattern"]
    return plain


def _types(given: Any) -> list[str]:
    """The types that exist; a file is sent as text, and ``any`` says nothing."""
    listed = given if isinstance(given, list) else [given]
    named = ["string" if kind == "file" else kind for kind in listed]
    return list(dict.fromkeys(kind for kind in named if isinstance(kind, str) and kind in TYPES))


def _compiles(pattern: Any) -> bool:
    """Whether validators here can use it; a pattern of another dialect is left to the server."""
    try:
        re.compile(pattern)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return True


def or_null(made: Any) -> Any:
    """The schema, or null: what 3.0 calls ``nullable``."""
    if not isinstance(made, dict):
        return made
    kinds = made.get("type")
    if kinds is None or any(key in made for key in ("$ref", *MANY[:3], "not", "const")):
        return made if not made else {"anyOf": [made, {"type": "null"}]}
    listed = kinds if isinstance(kinds, list) else [kinds]
    values = {"enum": [*made["enum"], None]} if isinstance(made.get("enum"), list) and None not in made["enum"] else {}
    return made | {"type": [*listed, *(["null"] if "null" not in listed else [])]} | values


def names_in(required: Any) -> list[str]:
    """The names in ``required``; draft 3's ``true`` at a property means something else, and is left out."""
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
