"""What operations do to the data: a list, one record, a new one, changes, a step from one state to the next.

Runs inside the caller's transaction and raises :class:`Problem` for what the data forbids. Column and table names come
from the catalogue; whatever a caller sends is bound as a parameter. Leaves out HTTP (``app``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from workbook.gateway.catalogue import Field, Kind, Operation, kinds
from workbook.gateway.checks import Inputs
from workbook.gateway.documents import USUAL
from workbook.gateway.problems import Problem
from workbook.gateway.rows import columns
from workbook.gateway.state import record
from workbook.gateway.wording import article
from workbook.suites.enterprise import TODAY

Answer = tuple[int, Any]
"""Status and body; None for no body."""
EXACT = ("ref", "enum", "yes", "integer", "money", "email")
"""Types that a filter compares as they are; other text need only be contained."""


def perform(connection: sqlite3.Connection, operation: Operation, inputs: Inputs) -> Answer:
    """Carry out a checked request; gives status and body. Raises ``Problem`` where the record's state forbids it."""
    kind = operation.kind
    if operation.verb == "list":
        return 200, _list(connection, operation, inputs.query)
    if operation.verb == "create":
        return 201, _create(connection, kind, inputs.body)
    current = _one(connection, kind, str(inputs.path[operation.id_parameter]))
    if operation.verb == "get":
        return 200, current
    _allow(operation, current)
    if operation.verb == "delete":
        return _delete(connection, kind, current)
    new = {**_left_behind(operation), **operation.sets, **inputs.body}
    return 200, _change(connection, kind, current, new)


def _left_behind(operation: Operation) -> dict[str, Any]:
    """The new state, and nothing in fields that have no value in it: who sat at a desk that is free now."""
    target = operation.target
    if not target:
        return {}
    gone = [one.name for one in operation.kind.fields if one.states and target not in one.states]
    return {"status": target} | dict.fromkeys(gone)


def _list(connection: sqlite3.Connection, operation: Operation, query: Mapping[str, Any]) -> dict[str, Any]:
    clauses, values = [], []
    for field in operation.inputs:
        for clause, value in _conditions(field, query):
            clauses.append(clause)
            values.append(value)
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    table = f'FROM "{operation.kind.table}"{where}'
    total = connection.execute(f"SELECT COUNT(*) {table}", values).fetchone()[0]
    page = (query.get("limit", USUAL), query.get("offset", 0))
    rows = connection.execute(f"SELECT * {table} ORDER BY rowid DESC LIMIT ? OFFSET ?", (*values, *page))
    return {"items": [record(operation.kind, row) for row in rows], "total": total}


def _conditions(field: Field, query: Mapping[str, Any]) -> list[tuple[str, Any]]:
    name, ends = field.name, {"from": ">=", "to": "<="}
    if field.type == "date":
        asked = {sign: query.get(f"{name}_{end}") for end, sign in ends.items()}
        return [(f'"{name}" {sign} ?', value) for sign, value in asked.items() if value is not None]
    if name not in query:
        return []
    if field.type in EXACT:
        return [(f'"{name}" = ?', query[name])]
    literal = str(query[name]).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [(f"\"{name}\" LIKE ? ESCAPE '\\'", f"%{literal}%")]


def _one(connection: sqlite3.Connection, kind: Kind, id: str) -> dict[str, Any]:
    row = connection.execute(f'SELECT * FROM "{kind.table}" WHERE id = ?', (id,)).fetchone()
    if row is None:
        raise Problem(404, f"there is no {kind.noun} {id}")
    return record(kind, row)


def _allow(operation: Operation, current: Mapping[str, Any]) -> None:
    """A record must be in one of the states that the operation starts from."""
    sources = operation.sources
    if sources and current["status"] not in sources:
        wanted = " or ".join(sources)
        said = f"{operation.kind.noun} {current['id']} is {current['status']}"
        raise Problem(409, f"{said}; to {operation.word.replace('_', ' ')} it, it must be {wanted}")


def _create(connection: sqlite3.Connection, kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    count = "UPDATE gateway_counters SET next = next + 1 WHERE kind = ? RETURNING next - 1"
    number = connection.execute(count, (kind.full_name,)).fetchone()[0]
    first = {"status": next(iter(kind.states))} if kind.states else {}
    own = _set_by_system(kind) | first | {"id": kind.id_of(number)}
    row = dict.fromkeys(columns(kind)) | dict(body) | own
    _check(connection, kind, row, body)
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    connection.execute(f'INSERT INTO "{kind.table}" ({names}) VALUES ({marks})', row)
    return _one(connection, kind, str(row["id"]))


def _set_by_system(kind: Kind) -> dict[str, Any]:
    made = {"date": TODAY.isoformat(), "integer": 0}
    return {one.name: made[one.type] for one in kind.fields if one.read_only and one.type in made and not one.states}


def _change(connection: sqlite3.Connection, kind: Kind, current: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
    _check(connection, kind, {**current, **new}, new)
    if new:
        assigned = ", ".join(f'"{name}" = :{name}' for name in new)
        connection.execute(f'UPDATE "{kind.table}" SET {assigned} WHERE id = :id', {**new, "id": current["id"]})
    return _one(connection, kind, str(current["id"]))


def _delete(connection: sqlite3.Connection, kind: Kind, current: Mapping[str, Any]) -> Answer:
    try:
        connection.execute(f'DELETE FROM "{kind.table}" WHERE id = ?', (current["id"],))
    except sqlite3.IntegrityError:
        raise Problem(409, f"{kind.noun} {current['id']} is still referred to by other records") from None
    return 204, None


def _check(connection: sqlite3.Connection, kind: Kind, row: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """What a schema cannot say: references lead somewhere, and days are in order."""
    errors = []
    for field in kind.fields:
        value = row[field.name]
        if field.refers_to and field.name in given and value is not None:
            errors += _dangling(connection, field, str(value))
        start = row.get(field.follows) if field.follows else None
        if value and start and value < start:
            errors.append(f"{field.name}: {value} lies before {field.follows}, {start}")
    if errors:
        raise Problem(422, "; ".join(errors), errors)


def _dangling(connection: sqlite3.Connection, field: Field, id: str) -> list[str]:
    target = kinds()[field.refers_to]
    found = connection.execute(f'SELECT 1 FROM "{target.table}" WHERE id = ?', (id,)).fetchone()
    return [] if found else [f"{field.name}: {id} is not {article(target.noun)} {target.noun} that exists"]
