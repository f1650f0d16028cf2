"""How an instance is written before a grammar is asked about it.

Our grammars fix what a validator leaves open: the spelling of ``json.dumps``, and properties in the schema's
order, unlisted ones after them. A benchmark's instances come in any order. So each is brought into
the schema's order first, deep down, through references and combinations; what a keyword says of the *values* plays no
part. Where a schema combines parts, engines differ in whose properties come first, hence several spellings;
an instance counts as accepted when one of them is, its own order among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from workbook.core.validation import validator_of


def spellings(value: Any, schema: Any) -> list[str]:
    """The texts of ``value`` that are tried, without repetitions; the schema's order comes first."""
    reader = _Reader(schema)
    forms = [reader.ordered(value, [schema], own_first) for own_first in (True, False)]
    return list(dict.fromkeys(map(spelled, [*forms, value])))


def spelled(value: Any) -> str:
    """As ``json.dumps`` spells it, letters as they are; half a surrogate pair, which is no letter, as an escape."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


class _Reader:
    """Finds the subschemas that speak of a value, inside one root schema."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.validator = validator_of(root)

    def ordered(self, value: Any, schemas: list[Any], own_first: bool) -> Any:
        """``value`` with its properties in the order of the schemas that apply to it."""
        if not isinstance(value, dict | list):
            return value
        parts = [part for schema in schemas for part in self._applying(schema, value, own_first, frozenset())]
        if isinstance(value, list):
            return [self.ordered(item, _of_item(parts, index), own_first) for index, item in enumerate(value)]
        names = dict.fromkeys(name for part in parts for name in _mapping(part, "properties"))
        names |= dict.fromkeys(name for part in parts for name in _names(part.get("required")))
        order = [name for name in names if name in value] + [name for name in value if name not in names]
        return {name: self.ordered(value[name], _of_property(parts, name), own_first) for name in order}

    def _applying(self, schema: Any, value: Any, own_first: bool, seen: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        """``schema`` and all that it applies in place; of alternatives the one that fits, else all."""
        if not isinstance(schema, Mapping):
            return
        if own_first:
            yield schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            yield from self._applying(self._target(reference), value, own_first, seen | {reference})
        for part in [*_list(schema, "allOf"), *self._fitting(schema, value)]:
            yield from self._applying(part, value, own_first, seen)
        if not own_first:
            yield schema

    def _fitting(self, schema: Mapping[str, Any], value: Any) -> list[Any]:
        found = [schema[key] for key in ("then", "else") if key in schema]
        found += _mapping(schema, "dependentSchemas").values()
        for key in ("anyOf", "oneOf"):
            branches = _list(schema, key)
            found += [branch for branch in branches if self._fits(branch, value)][:1] or branches
        return found

    def _fits(self, branch: Any, value: Any) -> bool:
        try:
            return bool(self.validator.evolve(schema=branch).is_valid(value))
        except Exception:  # a broken branch fits nothing; what it is worth shows when it is compiled
            return False

    def _target(self, reference: str) -> Any:
        """What a local pointer leads to; None for any other reference, which then orders nothing."""
        node = self.root if reference.startswith("#") else None
        for step in [step for step in unquote(reference.removeprefix("#")).split("/") if step]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                node = node[int(name)] if name.isdigit() and int(name) < len(node) else None
            else:
                node = node.get(name) if isinstance(node, Mapping) else None
        return node


def _of_property(parts: list[Mapping[str, Any]], name: str) -> list[Any]:
    listed = [_mapping(part, "properties")[name] for part in parts if name in _mapping(part, "properties")]
    others = [value for part in parts for value in _mapping(part, "patternProperties").values()]
    return listed or [*others, *(part["additionalProperties"] for part in parts if "additionalProperties" in part)]


def _of_item(parts: list[Mapping[str, Any]], index: int) -> list[Any]:
    found = []
    for part in parts:
        fixed = _list(part, "prefixItems") or _list(part, "items")
        rest = part.get("additionalItems") if isinstance(part.get("items"), list) else part.get("items")
        found.append(fixed[index] if index < len(fixed) else rest)
    return found


def _mapping(part: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = part.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(part: Mapping[str, Any], key: str) -> list[Any]:
    value = part.get(key)
    return value if isinstance(value, list) else []


def _names(required: Any) -> list[str]:
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
