"""The state of the whole company in SQLite: a table a kind, foreign keys between them, a fresh copy in milliseconds.

What a task has changed is read off the data: a snapshot before, one after, and the difference. Leaves out the rows
(``rows``) and what operations do (``effects``). Tables whose name begins with ``gateway_`` are the gateway's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.gateway.catalogue import Field, Kind, kinds
from workbook.gateway.rows import columns, company_rows

Snapshot = Mapping[str, Mapping[str, tuple[Any, ...]]]
"""The rows of each table, by id."""
NUMBERS = {"integer": "INTEGER", "yes": "INTEGER", "money": "REAL"}
OWN = """
CREATE TABLE gateway_counters (kind TEXT PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE gateway_tokens (digest TEXT PRIMARY KEY, client TEXT NOT NULL, scopes TEXT NOT NULL);
CREATE TABLE gateway_answers (
    client TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, key)
);
"""


@dataclass(frozen=True)
class Change:
    """A row that is not as it was; ``before`` is None for a new one, ``after`` for one that is gone."""

    table: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def fields(self) -> dict[str, Any]:
        """What has changed, with the new values; all of a new row, nothing of one that is gone."""
        if self.after is None:
            return {}
        return {name: value for name, value in self.after.items() if not self.before or self.before[name] != value}


def company() -> sqlite3.Connection:
    """A fresh copy in memory."""
    return _copied(sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None))


def open_company(path: Path) -> sqlite3.Connection:
    """The company in a file, which is made where there is none. Raises :class:`WorkbookError` for another file."""
    is_new = not path.exists() or path.stat().st_size == 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        if is_new:
            _copied(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT 1 FROM gateway_tokens")
    except (OSError, sqlite3.Error) as error:
        raise WorkbookError(f"{path} holds no company: {error}", "Give another path; a new file is filled.") from error
    return _ready(connection)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or roll all of it back when it raises; other writers wait meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def snapshot(connection: sqlite3.Connection) -> Snapshot:
    """Everything that stands in the company's tables."""
    return {
        kind.table: {row[0]: row for row in connection.execute(f'SELECT * FROM "{kind.table}"')}
        for kind in kinds().values()
    }


def difference(before: Snapshot, after: Snapshot) -> list[Change]:
    """What has changed between two snapshots, by table and id."""
    return [change for kind in kinds().values() for change in _changes(kind, before[kind.table], after[kind.table])]


def record(kind: Kind, row: tuple[Any, ...]) -> dict[str, Any]:
    """A row as the API shows it: names, and truth values where they are meant."""
    truths = {one.name for one in kind.fields if one.type == "yes"}
    named = dict(zip(columns(kind), row, strict=True))
    return {name: bool(value) if name in truths and value is not None else value for name, value in named.items()}


def _changes(kind: Kind, before: Mapping[str, tuple[Any, ...]], after: Mapping[str, tuple[Any, ...]]) -> list[Change]:
    if before == after:
        return []
    differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [
        Change(kind.table, key, *(record(kind, rows[key]) if key in rows else None for rows in (before, after)))
        for key in sorted(differing)
    ]


def _copied(connection: sqlite3.Connection) -> sqlite3.Connection:
    """``connection``, filled with the company as it is at first."""
    _original().backup(connection)
    return _ready(connection)


def _ready(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


@cache
def _original() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(OWN + "".join(_table(kind) for kind in kinds().values()))
    rows = company_rows()
    for kind in kinds().values():
        names = ", ".join(f'"{name}"' for name in columns(kind))
        values = ", ".join(f":{name}" for name in columns(kind))
        connection.executemany(f'INSERT INTO "{kind.table}" ({names}) VALUES ({values})', rows[kind.table])
        connection.execute("INSERT INTO gateway_counters VALUES (?, ?)", (kind.full_name, kind.rows))
    connection.commit()
    return connection


def _table(kind: Kind) -> str:
    lines = ["id TEXT PRIMARY KEY", *(_column(one) for one in kind.fields)]
    if kind.states:
        listed = ", ".join(f"'{state}'" for state in kind.states)
        lines.append(f"status TEXT NOT NULL CHECK (status IN ({listed}))")
    return f'CREATE TABLE "{kind.table}" ({", ".join(lines)}) STRICT;\n'


def _column(one: Field) -> str:
    points = f' REFERENCES "{one.refers_to.replace(".", "_")}" (id)' if one.refers_to else ""
    return f'"{one.name}" {NUMBERS.get(one.type, "TEXT")}{" NOT NULL" if one.required else ""}{points}'
