"""The company as nouns: departments, the kinds of record that they keep, and the operations on them.

Everything is read from ``data/catalogue/departments``, one short file a department. Leaves out how those files are
written (``descriptions``), the OpenAPI documents (``documents``) and the rows (``rows``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from workbook.core.settings import data_dir, unknown
from workbook.tools.toolbox import Risk

Verb = Literal["list", "get", "create", "update", "delete", "act"]
"""``act`` moves a record from one state to another, and may set fields on the way."""
SHORT = 12
"""A whole number that ends at or below this is a scale, whose both ends are limits; others are only not negative."""
PATTERNS = {"country": "^[A-Z]{2}$", "time": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
LONGEST = {"text": 200, "note": 2000}


@dataclass(frozen=True)
class Field:
    """One column of a kind. ``states`` are those in which a generated row has a value; empty means any."""

    name: str
    type: str
    args: str
    about: str
    required: bool = False
    read_only: bool = False
    states: tuple[str, ...] = ()
    pattern: str = ""
    """For a reference: what an id of the other kind looks like."""

    @property
    def refers_to(self) -> str:
        """The full name of the kind that the field points to, or ``""``."""
        return self.args.split()[0] if self.type == "ref" else ""

    @property
    def follows(self) -> str:
        """The date of the same record that this date must not lie before, or ``""``."""
        return self.args.split("+")[0] if self.type == "date" and "+" in self.args else ""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a value, with its description."""
        return {**self._type_schema(), "description": self.about}

    def _type_schema(self) -> dict[str, Any]:
        if self.type == "enum":
            return {"type": "string", "enum": self.args.split()}
        if self.type == "yes":
            return {"type": "boolean"}
        if self.type in ("integer", "money"):
            return {"type": "integer" if self.type == "integer" else "number", **self._limits()}
        if self.type in ("date", "email"):
            return {"type": "string", "format": self.type}
        pattern = self.pattern or PATTERNS.get(self.type)
        return {"type": "string", "pattern": pattern} if pattern else _text(LONGEST.get(self.type, 120))

    def _limits(self) -> dict[str, int]:
        low, high = map(int, self.args.split(".."))
        if self.type == "integer" and high <= SHORT:
            return {"minimum": low, "maximum": high}
        return {"minimum": 0} if low >= 0 else {}


@dataclass(frozen=True)
class Kind:
    """A kind of record: its fields, how many rows there are at first, and the states that it goes through.

    ``states`` maps each to how often it is drawn, the first being that of a new record; empty for kinds without any.
    """

    department: str
    name: str
    noun: str
    about: str
    first_id: str
    rows: int
    states: Mapping[str, int]
    fields: tuple[Field, ...]
    confidential: bool = False

    @property
    def full_name(self) -> str:
        """``procurement.request``, as references write it."""
        return f"{self.department}.{self.name}"

    @property
    def table(self) -> str:
        """``procurement_request``, in the database."""
        return f"{self.department}_{self.name}"

    @property
    def prefix(self) -> str:
        """``first_id`` without its number: what every id of the kind begins with."""
        return self.first_id.rstrip("0123456789")

    @property
    def id_pattern(self) -> str:
        """What an id looks like, as a regular expression."""
        return f"^{self.prefix}[0-9]+$"

    def id_of(self, number: int) -> str:
        """The id of the row of that number, from 0."""
        digits = self.first_id.removeprefix(self.prefix)
        return f"{self.prefix}{int(digits) + number:0{len(digits)}d}"

    def field(self, name: str) -> Field:
        """The field ``name``; ``StopIteration`` where the kind has none."""
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class Operation:
    """One thing that an API can do.

    ``inputs`` are the fields of its body, or the filters of a list; ``sources`` the states that it starts from (empty:
    any), ``target`` the one that it leads to (empty: the same), and ``sets`` what it writes into fields by itself.
    ``id_parameter`` is the path's parameter, ``key_text`` what is said about it.
    """

    kind: Kind
    verb: Verb
    word: str
    id: str
    path: str
    inputs: tuple[Field, ...]
    summary: str
    description: str
    scope: str
    risk: Risk
    id_parameter: str
    key_text: str
    sources: tuple[str, ...] = ()
    target: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    deprecated: bool = False

    @property
    def name(self) -> str:
        """Its name among all APIs: ``procurement_approve_request``."""
        return f"{self.kind.department}_{self.id}"

    @property
    def method(self) -> str:
        """The HTTP method, in lower case."""
        return {"list": "get", "get": "get", "update": "patch", "delete": "delete"}.get(self.verb, "post")

    @property
    def on_one(self) -> bool:
        """Whether it is about one record, whose id stands in the path."""
        return self.verb not in ("list", "create")


@dataclass(frozen=True)
class Department:
    """One internal API: the kinds that a department keeps and the operations that it offers."""

    name: str
    title: str
    owner: str
    about: str
    kinds: tuple[Kind, ...]
    operations: tuple[Operation, ...]


@cache
def departments() -> Mapping[str, Department]:
    """The 25 departments of the catalogue by name, read once."""
    from workbook.gateway.descriptions import read_department

    files = sorted(folder().glob("departments/*.yaml"))
    found = [read_department(path) for path in files]
    prefixes = {kind.full_name: kind.id_pattern for one in found for kind in one.kinds}
    return {one.name: _linked(one, prefixes) for one in found}


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of record by its full name, such as ``procurement.request``."""
    return {kind.full_name: kind for department in departments().values() for kind in department.kinds}


@cache
def operations() -> Mapping[str, Operation]:
    """The 500 operations by the name that a model knows, such as ``procurement_approve_request``."""
    return {one.name: one for department in departments().values() for one in department.operations}


def operation(name: str) -> Operation:
    """The operation of that name; raises ``UsageError`` that names the nearest."""
    if name not in operations():
        raise unknown("operation", name, operations())
    return operations()[name]


def scopes() -> tuple[str, ...]:
    """Every scope that an operation asks for."""
    return tuple(sorted({one.scope for one in operations().values()}))


def folder() -> Path:
    """``data/catalogue``: descriptions under ``departments``, the documents made of them under ``openapi``."""
    return data_dir() / "catalogue"


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _linked(department: Department, patterns: Mapping[str, str]) -> Department:
    """The department with the pattern of each reference; raises ``UsageError`` for one that leads nowhere."""

    def link(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(_link(field) for field in fields)

    def _link(field: Field) -> Field:
        if field.refers_to and field.refers_to not in patterns:
            raise unknown(f"kind in {department.name}", field.refers_to, patterns)
        return replace(field, pattern=patterns.get(field.refers_to, ""))

    linked = {kind.name: replace(kind, fields=link(kind.fields)) for kind in department.kinds}
    made = tuple(replace(one, kind=linked[one.kind.name], inputs=link(one.inputs)) for one in department.operations)
    return replace(department, kinds=tuple(linked.values()), operations=made)
