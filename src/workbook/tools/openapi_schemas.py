"""Schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12, for what a caller sends.

References are put in place; those that lead back to themselves stay, as ``$defs``, and so do all where putting them
in place would make the schema huge. 3.0's own keywords become the standard's; read-only properties are left out.
Leaves out references to other documents: nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.tools.converted import Unconvertible, expect, references, resolve
from workbook.tools.openapi_keywords import (
    IN_PLACE,
    MANY,
    NAMED,
    NOTES,
    ONE,
    PLAIN,
    as_object,
    mended,
    names_in,
    or_null,
)
from workbook.tools.toolbox import legal_name

MOST_IN_PLACE = 3_000
"""Schemas in one tool, from where on references stay references."""
MOST = 10_000
"""Schemas in one tool, from where on it is none."""


class _TooLarge(Exception):
    pass


class Schemas:
    """Reads the schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._direct: dict[str, set[str]] = {}
        self._recursive: dict[str, bool] = {}

    def closed_object(self, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
        """The schema of an object with these properties and no others; raises :class:`Unconvertible`."""
        try:
            return _Conversion(self, keep_all=False, most=MOST_IN_PLACE).whole(properties, required)
        except (_TooLarge, RecursionError):
            pass
        try:
            return _Conversion(self, keep_all=True, most=MOST).whole(properties, required)
        except _TooLarge:
            raise Unconvertible(f"its schema has more than {MOST:,} parts, more than any model reads") from None

    def follow(self, node: Any) -> Any:
        """``node``, or what its chain of references leads to."""
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            if node["$ref"] in seen:
                raise Unconvertible(f"$ref that leads to itself: {node['$ref']}")
            seen.append(node["$ref"])
            node = resolve(self.document, node["$ref"])
        return node

    def fields(self, schema: Any, seen: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[str]] | None:
        """The properties of a plain object and the names of those it requires, ``allOf`` merged; None for others."""
        if isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            seen = (*seen, schema["$ref"])
            if len(set(seen)) < len(seen):
                raise Unconvertible(f"$ref that leads to itself: {schema['$ref']}")
            return self.fields(resolve(self.document, schema["$ref"]), seen)
        if not isinstance(schema, Mapping) or not _is_plain_object(schema):
            return None
        properties: dict[str, Any] = {}
        required: list[str] = []
        for part in schema.get("allOf", ()):
            found = self.fields(part, seen)
            if found is None:
                return None
            properties |= found[0]
            required += found[1]
        return properties | schema.get("properties", {}), required + names_in(schema.get("required"))

    def is_read_only(self, schema: Any) -> bool:
        """Whether only the server writes the property; said beside a reference or behind it."""
        if not isinstance(schema, Mapping):
            return False
        target = self.follow(schema)
        return schema.get("readOnly") is True or (isinstance(target, Mapping) and target.get("readOnly") is True)

    def is_recursive(self, reference: str) -> bool:
        """Whether what ``reference`` points to refers, at any depth, to itself."""
        if reference not in self._recursive:
            reached: set[str] = set()
            pending = [reference]
            while pending:
                for found in self._refers_to(pending.pop()) - reached:
                    reached.add(found)
                    pending.append(found)
            self._recursive[reference] = reference in reached
        return self._recursive[reference]

    def _refers_to(self, reference: str) -> set[str]:
        if reference not in self._direct:
            self._direct[reference] = set(references(resolve(self.document, reference)))
        return self._direct[reference]


def _is_plain_object(schema: Mapping[str, Any]) -> bool:
    """Whether its properties can be parameters: it takes an object, and no others than it names."""
    shaped = isinstance(schema.get("properties", {}), Mapping) and isinstance(schema.get("allOf", []), list)
    named = bool(schema.get("properties") or schema.get("allOf") or schema.get("required"))
    kind = schema.get("type", "object") in ("object", ["object"], ["object", "null"])
    open_to = any(key in schema for key in ("oneOf", "anyOf", "not", "if", "patternProperties", "enum", "const"))
    return shaped and named and kind and not open_to and not _has_content(schema.get("additionalProperties"))


def _has_content(schema: Any) -> bool:
    return isinstance(schema, Mapping) and bool(schema)


class _Conversion:
    """One schema on its way: what it refers to is collected under ``$defs``."""

    def __init__(self, schemas: Schemas, keep_all: bool, most: int) -> None:
        self.schemas, self.keep_all, self.left = schemas, keep_all, most
        self.names: dict[str, str] = {}
        self.in_place: dict[str, set[str]] = {}

    def whole(self, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
        made = {name: self.convert(schema, frozenset()) for name, schema in properties.items()}
        shared = self._definitions()
        self._refuse_circles()
        needed = {"required": required} if required else {}
        kept = {"$defs": shared} if shared else {}
        return {"type": "object", "properties": made, **needed, "additionalProperties": False, **kept}

    def _definitions(self) -> dict[str, Any]:
        """Those that are referred to, and those that they refer to, one after the other."""
        made: dict[str, Any] = {}
        while len(made) < len(self.names):
            reference, name = list(self.names.items())[len(made)]
            made[name] = self.convert(resolve(self.schemas.document, reference), frozenset({reference}))
        return made

    def _refuse_circles(self) -> None:
        """A definition that judges its own value by itself would be judged without end."""
        for start in self.in_place:
            reached: set[str] = set()
            pending = [start]
            while pending:
                onward = self.in_place.get(pending.pop(), set()) - reached
                reached |= onward
                pending.extend(onward)
            if start in reached:
                raise Unconvertible(f"$ref that leads to itself: {start}")

    def convert(self, schema: Any, within: frozenset[str]) -> Any:
        """``schema``; ``within`` are the references whose value is the very value that it judges."""
        self.left -= 1
        if self.left < 0:
            raise _TooLarge
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            raise Unconvertible(f"a schema is not an object: {str(schema)[:60]!r}")
        nullable = schema.get("nullable") is True or schema.get("x-nullable") is True
        made = self._reference(schema, within) if "$ref" in schema else self._keywords(schema, within)
        return or_null(made) if nullable else made

    def _reference(self, schema: Mapping[str, Any], within: frozenset[str]) -> Any:
        reference = schema["$ref"]
        if not isinstance(reference, str):
            raise Unconvertible("a $ref is not text")
        if reference in within:
            raise Unconvertible(f"$ref that leads to itself: {reference}")
        beside = self._keywords({key: value for key, value in schema.items() if key != "$ref"}, within)
        if self.keep_all or self.schemas.is_recursive(reference):
            return {"$ref": self._definition(reference, within)} | beside
        target = self.convert(resolve(self.schemas.document, reference), within | {reference})
        if not beside:
            return target
        noted = isinstance(target, dict) and set(beside) <= set(NOTES)
        return target | beside if noted else {"allOf": [target, beside]}

    def _definition(self, reference: str, within: frozenset[str]) -> str:
        if reference not in self.names:
            self.names[reference] = legal_name(reference.rsplit("/", 1)[-1], self.names.values())
        for source in within:
            self.in_place.setdefault(source, set()).add(reference)
        return f"#/$defs/{self.names[reference]}"

    def _keywords(self, schema: Mapping[str, Any], within: frozenset[str]) -> dict[str, Any]:
        plain = mended({key: value for key, value in schema.items() if key in PLAIN})
        made: dict[str, Any] = dict(plain)
        for key, value in schema.items():
            inside = within if key in IN_PLACE else frozenset()
            if key == "items" and isinstance(value, list):  # before 2020-12
                made["prefixItems"] = [self.convert(part, inside) for part in value]
            elif key in ONE:
                made[key] = self.convert(value, inside)
            elif key in MANY:
                made[key] = [self.convert(part, inside) for part in expect(value, list, key)]
            elif key in NAMED:
                parts = expect(value, Mapping, key)
                made[key] = {name: self.convert(part, inside) for name, part in self._writable(key, parts).items()}
        return as_object(made, schema)

    def _writable(self, key: str, parts: Mapping[str, Any]) -> Mapping[str, Any]:
        if key != "properties":
            return parts
        return {name: part for name, part in parts.items() if not self.schemas.is_read_only(part)}
