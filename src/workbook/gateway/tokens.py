"""Who may call what: bearer tokens with scopes.

A token is shown once, when it is made; the database keeps its SHA-256 alone, which is enough for 256 random bits.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.gateway.catalogue import scopes

ADMIN = "gateway.admin"
"""The scope that may switch faults; no pattern grants it."""


@dataclass(frozen=True)
class Client:
    """A caller: the name that its token was made for, and what it may do."""

    name: str
    scopes: frozenset[str]


def issue(connection: sqlite3.Connection, client: str, wanted: Iterable[str]) -> str:
    """A new token for these scopes; ``people.*`` and ``*`` stand for many. Raises ``UsageError`` for unknown ones."""
    if not client.strip():
        raise UsageError("a token needs a client's name", "It counts the rate limit, and names the caller in metrics.")
    token = secrets.token_urlsafe(32)
    row = (_digest(token), client.strip(), " ".join(granted(wanted)))
    connection.execute("INSERT INTO gateway_tokens VALUES (?, ?, ?)", row)
    return token


def granted(wanted: Iterable[str]) -> list[str]:
    """The scopes that names and patterns stand for. Raises ``UsageError`` for one that stands for none."""
    return sorted({scope for pattern in wanted for scope in _matching(pattern)})


def client_of(connection: sqlite3.Connection, token: str) -> Client | None:
    """Whose token it is, with its scopes; None for one that was revoked or never issued."""
    query = "SELECT client, scopes FROM gateway_tokens WHERE digest = ?"
    found = connection.execute(query, (_digest(token),)).fetchone()
    return Client(found[0], frozenset(found[1].split())) if found else None


def revoke(connection: sqlite3.Connection, client: str) -> int:
    """Take back all tokens of a client; how many they were."""
    return connection.execute("DELETE FROM gateway_tokens WHERE client = ?", (client,)).rowcount


def _matching(pattern: str) -> list[str]:
    if pattern == ADMIN:
        return [ADMIN]
    found = [scope for scope in scopes() if fnmatchcase(scope, pattern)]
    if not found:
        raise unknown("scope", pattern, [*scopes(), ADMIN])
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
