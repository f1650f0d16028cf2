"""Random schemas of every keyword that some engine enforces, and values on both sides of them.

All chance comes from one seeded ``random.Random``. A value is drawn towards its schema, and most are then changed
in one place; ``jsonschema`` says which are valid. Names and texts look like grammars, escapes and keywords.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

NAMES = ["a", "b", "ab", "größe", "éa", "n_x", "$ref", "enum", 'q"', "b\\", "|", "[a-z]", "root ::= x", ".*"]
TEXTS = [
    "", "a", "b", "ab", "aab", "ba", "abc", "é", "éa", "日本", "A1", "x y", 'q"', "b\\", "n\n", "/", "٣", "2031-05-09",
    "x@y.zz", "10.0.0.1", "a.example", "10:20:30Z", "P3D", "https://a.example/b", "1", "-", "🙂", "true", "\xa0",
]  # fmt: skip
PATTERNS = [
    "^a", "b$", "^[a-c]+$", "a|b", "^(?:ab)*$", "^a{1,2}$", "^\\w{1,2}$", "[^a]", "^.{2}$", "\\d", "^a?b*$", "^\\S*$",
    '^[^"]*$', "(^a|c$)", "^$", "", "^\\W$", "^[^\\w]$", "^\\D+$", "^(a|ab)(c|bcd)*$", "^[à-ü]a?$", "^a\\.b$", "^a*+b",
    "^(a+)+$", '^["\\/bfnrt]$', "^\\x41", "^a.c$", "\\s", "[^\\s]", "[[:alpha:]]", "[a-c&&b]", "^[\\]x]$",
    "^éa$", "^a{,2}$", "^[\\^a]$", "^.[^!日]$", "^b\\\\$", '^q"$', "^n\\n$", "^.[\\\\]$", "^(?:ab{1,2})?$",
    "^a$b", "^[^\\\\]+$",
]  # fmt: skip
FORMATS = ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "uuid", "uri", "x-none"]
NUMBERS = [0, 1, 2, 3, 4, 5, 7, 9, 10, 12, 99, 100, -1, -3, -10, 0.5, 1.5, 2.25, -0.5, 1e3, 1e-2]
ANY = ["integer", "number", "string", "boolean", "null", "array", "object"]


class Draws:
    """Schemas and values of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def schema(self) -> dict[str, Any]:
        """A schema with two definitions, which may refer to each other and to the root."""
        definitions = {name: self._part(1) for name in ("p", "q")}
        return {**self._part(2), "$defs": definitions}

    def values(self, schema: Any, count: int) -> list[Any]:
        """Values near the schema: drawn towards it, and most of them changed in one place."""
        drawn = [self._towards(schema, schema, 4) for _ in range(count)]
        return [value if self._chance(0.4) else self._changed(value) for value in drawn]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _some(self, values: list[Any], most: int) -> list[Any]:
        return self.random.sample(values, self.random.randint(1, most))

    def _part(self, depth: int) -> dict[str, Any]:
        """One schema, with at most ``depth`` levels of schemas inside."""
        if self._chance(0.08):
            return {"$ref": self.random.choice(["#/$defs/p", "#/$defs/q", "#"])}
        if self._chance(0.12):
            return {"enum": [self._value(1) for _ in range(self.random.randint(1, 4))]}
        if depth and self._chance(0.12):
            return {self.random.choice(["anyOf", "oneOf", "allOf"]): [self._part(depth - 1) for _ in range(2)]}
        kind = self.random.choice(ANY[: 7 if depth else 5])
        part = {"type": kind} | KEYWORDS.get(kind, lambda draws, depth: {})(self, depth)
        return self._complicated(part, depth) if self._chance(0.15) else part

    def _complicated(self, part: dict[str, Any], depth: int) -> dict[str, Any]:
        """With something that few engines enforce beside the rest."""
        beside: list[dict[str, Any]] = [
            {"type": [part["type"], "null"]}, {"enum": [self._value(1) for _ in range(3)]}, {"const": self._value(2)},
            {"not": {"const": 1}}, {"uniqueItems": True}, {"minProperties": 2}, {"$ref": "#/$defs/q"},
            {"allOf": [self._part(0)]}, {"anyOf": [self._part(0), self._part(0)]}, {"propertyNames": {"maxLength": 1}},
            {"minimum": 2}, {"maxLength": 1}, {"pattern": "^a"}, {"maxItems": 1}, {"required": ["a"]},
        ]  # fmt: skip
        return part | self.random.choice(beside)

    def _numbers(self, depth: int) -> dict[str, Any]:
        bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
        part = {name: self.random.choice(NUMBERS) for name in bounds if self._chance(0.25)}
        return part | ({"multipleOf": self.random.choice([1, 2, 3, 7, 0.5, 0.25])} if self._chance(0.2) else {})

    def _strings(self, depth: int) -> dict[str, Any]:
        least = self.random.choice([0, 1, 2])
        keywords: list[dict[str, Any]] = [
            {}, {"minLength": least}, {"maxLength": 2}, {"minLength": least, "maxLength": 3},
            {"pattern": self.random.choice(PATTERNS)}, {"pattern": self.random.choice(PATTERNS)},
            {"format": self.random.choice(FORMATS)}, {"pattern": self.random.choice(PATTERNS), "maxLength": 2},
        ]  # fmt: skip
        return self.random.choice(keywords)

    def _arrays(self, depth: int) -> dict[str, Any]:
        part: dict[str, Any] = {"items": self._part(depth - 1)} if self._chance(0.8) else {}
        part |= {"prefixItems": [self._part(depth - 1) for _ in range(2)]} if self._chance(0.2) else {}
        part |= {name: self.random.choice([0, 1, 2, 3]) for name in ("minItems", "maxItems") if self._chance(0.3)}
        return part | ({"items": False} if "prefixItems" in part and self._chance(0.5) else {})

    def _objects(self, depth: int) -> dict[str, Any]:
        names = self._some(NAMES, 3)
        required = self._some([*names, "z"] if self._chance(0.1) else names, 1)
        extra = self.random.choice([False, False, True, self._part(0)])
        offered: list[tuple[float, dict[str, Any]]] = [
            (0.8, {"properties": {name: self._part(depth - 1) for name in names}}),
            (0.5, {"required": required}),
            (0.4, {"additionalProperties": extra}),
            (0.1, {"patternProperties": {pattern: self._part(0) for pattern in self._some(PATTERNS, 2)}}),
            (0.1, {"minProperties": self.random.choice([0, 1, 2])}),
            (0.1, {"maxProperties": self.random.choice([0, 1, 2])}),
        ]
        return {key: value for share, keywords in offered if self._chance(share) for key, value in keywords.items()}

    def _value(self, depth: int) -> Any:
        """Any JSON value."""
        kind = self.random.choice(ANY[: 7 if depth else 5])
        if kind == "array":
            return [self._value(depth - 1) for _ in range(self.random.randint(0, 3))]
        if kind == "object":
            return {name: self._value(depth - 1) for name in self._some(NAMES, 3)}
        return self.random.choice({"string": TEXTS, "boolean": [True, False], "null": [None]}.get(kind, NUMBERS))

    def _towards(self, schema: Any, root: Any, depth: int) -> Any:
        """A value that has a chance to satisfy the schema."""
        if not isinstance(schema, dict) or depth < 0:
            return self._value(0)
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#").removeprefix("/$defs/")
            return self._towards(root["$defs"][name] if name else root, root, depth - 1)
        listed = [schema[key] for key in ("enum", "anyOf", "oneOf", "allOf") if key in schema]
        if "const" in schema or listed:
            chosen = schema["const"] if "const" in schema else self.random.choice(listed[0])
            return chosen if {"const", "enum"} & set(schema) else self._towards(chosen, root, depth - 1)
        return self._typed(schema, root, depth)

    def _typed(self, schema: dict[str, Any], root: Any, depth: int) -> Any:
        kind = schema.get("type", "object")
        kind = self.random.choice(kind) if isinstance(kind, list) else kind
        if kind == "array":
            fixed, rest = schema.get("prefixItems", []), schema.get("items", True)
            count = self.random.choice([schema.get("minItems", 0), schema.get("maxItems", 2), 1, 2])
            return [self._towards(part, root, depth - 1) for part in [*fixed, *[rest] * 3][:count]]
        if kind == "object":
            listed, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
            names = [name for name in listed if name in schema.get("required", ()) or self._chance(0.6)]
            names += self._some(NAMES, 2) if rest and self._chance(0.4) else []
            return {name: self._towards(listed.get(name, rest), root, depth - 1) for name in names}
        return self.random.choice({"string": TEXTS, "boolean": [True, False], "null": [None]}.get(kind, NUMBERS))

    def _changed(self, value: Any) -> Any:
        """The value with one change: something else, something more or less, or the same deeper inside."""
        if isinstance(value, list) and value and self._chance(0.8):
            index = self.random.randrange(len(value))
            changes = [[*value, self._value(0)], value[:index] + value[index + 1 :],
                       [*value[:index], self._changed(value[index]), *value[index + 1 :]]]  # fmt: skip
            return self.random.choice(changes)
        if isinstance(value, dict) and value and self._chance(0.8):
            name = self.random.choice(list(value))
            without = {key: item for key, item in value.items() if key != name}
            changed = self.random.choice([without, value | {name: self._changed(value[name])}])
            return changed if self._chance(0.7) else value | {self.random.choice(NAMES): self._value(0)}
        if isinstance(value, str) and self._chance(0.5):
            return self.random.choice([value + "a", value[1:], value.upper(), value + "\n", f" {value}"])
        if isinstance(value, int | float) and not isinstance(value, bool) and self._chance(0.6):
            return value + self.random.choice([1, -1, 0.5, 100])
        return self._value(1)


KEYWORDS: dict[str, Callable[[Draws, int], dict[str, Any]]] = {
    "integer": Draws._numbers, "number": Draws._numbers, "string": Draws._strings, "array": Draws._arrays,
    "object": Draws._objects,
}  # fmt: skip
