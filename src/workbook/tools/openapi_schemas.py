"""Schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12, for what a caller sends.

References are put in place; those that lead back to themselves stay, as ``$defs``, and so do all where putting them
in place would make the schema huge. 3.0's own keywords become the standard's; read-only properties are left out.
Leaves out references to other documents: nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbook.tools.converted import Unconvertible, expect, references, resolve, valid
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


@dataclass(frozen=True)
class _Kept:
    """A definition: the references in it, and those among them that judge the very value that it judges."""

    schema: Any
    parts: int
    mentions: tuple[str, ...]
    in_place: frozenset[str]


class Schemas:
    """Reads the schemas of one document; what many operations refer to is converted once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._direct: dict[str, set[str]] = {}
        self._recursive: dict[str, bool] = {}
        self._names: dict[str, str] = {}
        self._kept: dict[tuple[str, bool], _Kept] = {}

    def closed_object(self, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
        """The schema of an object with these properties and no others; raises :class:`Unconvertible`."""
        for keep_all, most in ((False, MOST_IN_PLACE), (True, MOST)):
            with suppress(_TooLarge, RecursionError):
                return self._whole(properties, required, keep_all, most)
        raise Unconvertible(f"its schema has more than {MOST:,} parts, or is too deep")

    def name(self, reference: str) -> str:
        """The name among ``$defs`` of what ``reference`` points to; the same in all tools."""
        if reference not in self._names:
            self._names[reference] = legal_name(reference.rsplit("/", 1)[-1], self._names.values())
        return self._names[reference]

    def follow(self, node: Any) -> Any:
        """``node``, or what its chain of references leads to; ``Unconvertible`` for a chain that is a circle."""
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            if node["$ref"] in seen:
                raise Unconvertible(f"$ref that leads to itself: {node['$ref']}")
            seen.append(node["$ref"])
            node = resolve(self.document, node["$ref"])
        return node

    def fields(self, schema: Any, seen: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[str]] | None:
        """The properties of a plain object and the names of those it requires, ``allOf`` merged; None for others.

        Raises ``Unconvertible`` for references that lead to themselves.
        """
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

    def _whole(self, properties: Mapping[str, Any], required: list[str], keep_all: bool, most: int) -> dict[str, Any]:
        root = _Conversion(self, keep_all, most)
        made = {name: root.convert(schema, frozenset()) for name, schema in properties.items()}
        kept = self._reachable(root, keep_all)
        _refuse_circles(kept)
        needed = {"required": required} if required else {}
        shared = {"$defs": {self.name(reference): one.schema for reference, one in kept.items()}} if kept else {}
        whole = valid({"type": "object", "properties": made, **needed, "additionalProperties": False})
        return whole | shared

    def _reachable(self, root: _Conversion, keep_all: bool) -> dict[str, _Kept]:
        """What the root refers to, and what that refers to, without end."""
        kept: dict[str, _Kept] = {}
        pending, left = list(root.mentions), root.left
        for reference in pending:  # it grows
            if reference not in kept:
                one = kept[reference] = self._definition(reference, keep_all, left)
                left -= one.parts
                pending.extend(one.mentions)
                if left < 0:
                    raise _TooLarge
        return kept

    def _definition(self, reference: str, keep_all: bool, most: int) -> _Kept:
        key = reference, keep_all
        if key not in self._kept:
            conversion = _Conversion(self, keep_all, most, own=reference)
            schema = valid(conversion.convert(resolve(self.document, reference), frozenset({reference})))
            mentions, in_place = tuple(conversion.mentions), frozenset(conversion.in_place)
            self._kept[key] = _Kept(schema, most - conversion.left, mentions, in_place)
        return self._kept[key]

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


def _refuse_circles(kept: Mapping[str, _Kept]) -> None:
    """A definition that judges its own value by itself would be judged without end."""
    for start in kept:
        reached: set[str] = set()
        pending = [start]
        while pending:
            onward = kept[pending.pop()].in_place - reached
            reached |= onward
            pending.extend(onward)
        if start in reached:
            raise Unconvertible(f"$ref that leads to itself: {start}")


class _Conversion:
    """One schema on its way: ``mentions`` are the references that stay in it, ``left`` the parts it may still have."""

    def __init__(self, schemas: Schemas, keep_all: bool, most: int, own: str | None = None) -> None:
        self.schemas, self.keep_all, self.left, self.own = schemas, keep_all, most, own
        self.mentions: dict[str, None] = {}
        self.in_place: set[str] = set()

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
            return {"$ref": self._mention(reference, within)} | beside
        target = self.convert(resolve(self.schemas.document, reference), within | {reference})
        if not beside:
            return target
        noted = isinstance(target, dict) and set(beside) <= set(NOTES)
        return target | beside if noted else {"allOf": [target, beside]}

    def _mention(self, reference: str, within: frozenset[str]) -> str:
        self.mentions[reference] = None
        if self.own in within:
            self.in_place.add(reference)
        return f"#/$defs/{self.schemas.name(reference)}"

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
