"""What is remembered, as rows in one SQLite file: by kind and id, and a log of what happened.

Each change is one transaction that reads and writes, so two open notebooks lose nothing of each other's, and a killed
process leaves the last whole change. Needs a disk of this machine: SQLite's write-ahead log does not work over network
folders. Leaves out what the rows mean (``progress``).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Change = Callable[[Row | None], Mapping[str, Any]]

WAIT = 30.0
"""Seconds that a change waits for another notebook's; each takes a few milliseconds."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, data TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, kind TEXT, id TEXT, data TEXT NOT NULL);
"""


class ProgressFile:
    """The rows in ``path``; None keeps them in memory. A file that cannot be written is said once, then memory too."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._memory: sqlite3.Connection | None = None

    def rows(self, kind: str) -> dict[str, Row]:
        """The rows of ``kind`` by id, sorted by it; empty where there are none."""
        found = self._read("SELECT id, data FROM kept WHERE kind = ? ORDER BY id", kind)
        return {id: json.loads(data) for id, data in found}

    def logged(self, kind: str) -> list[tuple[str, Row]]:
        """What was logged of a kind, in order, with the id that it was about."""
        found = self._read("SELECT id, data FROM log WHERE kind = ? ORDER BY number", kind)
        return [(id, json.loads(data)) for id, data in found]

    def change(self, kind: str, id: str, change: Change, log: Mapping[str, Any] | None = None) -> Row:
        """Put what ``change`` makes of the row (None where there is none), and ``log``, in one transaction."""
        try:
            return self._changed(kind, id, change, log)
        except (sqlite3.OperationalError, OSError) as error:
            self._give_up(error)
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
        return self._changed(kind, id, change, log)

    def _changed(self, kind: str, id: str, change: Change, log: Mapping[str, Any] | None) -> Row:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:  # commits, or takes all of it back
                found = connection.execute("SELECT data FROM kept WHERE kind = ? AND id = ?", (kind, id)).fetchone()
                row = dict(change(json.loads(found[0]) if found else None))
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (kind, id, json.dumps(row)))
                if log is not None:
                    connection.execute("INSERT INTO log VALUES (NULL, ?, ?, ?)", (kind, id, json.dumps(dict(log))))
        return row

    def _read(self, query: str, kind: str) -> list[Any]:
        if self.path is not None and not self.path.exists():
            return []
        try:
            with self._open() as connection:
                return connection.execute(query, (kind,)).fetchall()
        except (sqlite3.OperationalError, OSError) as error:
            self._give_up(error)
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
        return self._read(query, kind)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of this moment: none is held between two cells, nor shared by threads or forks."""
        if self.path is None:
            self._memory = self._memory or _connect(":memory:")
            yield self._memory
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(_connect(str(self.path))) as connection:
            yield connection

    def _give_up(self, error: Exception) -> None:
        if self.path is None:
            raise error
        warnings.warn(
            f"progress is kept in memory only: cannot write {self.path} ({error}). "
            "Set WORKBOOK_HOME to a folder that you can write to.",
            stacklevel=5,
        )
        self._memory = _copy(self.path)
        self.path = None

    def _set_aside(self, error: Exception) -> None:
        """Keep an unreadable file under another name: a learner's history is never overwritten."""
        if self.path is None:
            raise error
        number = 1
        while (spare := self.path.with_suffix(f".broken{number}.sqlite3")).exists():
            number += 1
        for ending in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + ending)
            if part.exists():
                part.rename(spare.with_name(spare.name + ending))
        warnings.warn(
            f"{self.path} could not be read ({error}); it is kept as {spare.name}, and progress starts anew.",
            stacklevel=5,
        )


def _connect(where: str) -> sqlite3.Connection:
    # No isolation level: transactions begin and end where the code says so. Widgets call from threads of their own.
    connection = sqlite3.connect(where, timeout=WAIT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _copy(path: Path) -> sqlite3.Connection:
    """What can still be read of a file that cannot be written, in memory."""
    memory = _connect(":memory:")
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as old,
    ):
        for table in ("kept", "log"):
            for row in old.execute(f"SELECT * FROM {table}"):
                memory.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    return memory
