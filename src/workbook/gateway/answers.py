"""Doing a thing once: effect and answer are kept in one transaction, and the same key gives the same answer again.

Leaves out what is done (``effects``). Only what had an effect is kept: a refusal may be tried again with the same key.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict
from typing import NamedTuple

from workbook.gateway.catalogue import Operation
from workbook.gateway.checks import Inputs
from workbook.gateway.effects import perform
from workbook.gateway.problems import Problem
from workbook.gateway.state import transaction

LONGEST_KEY = 200


class Done(NamedTuple):
    """An answer as it is sent; ``replayed`` when the effect lies further back."""

    status: int
    body: str
    replayed: bool = False


def perform_once(
    connection: sqlite3.Connection, operation: Operation, inputs: Inputs, client: str, key: str | None
) -> Done:
    """Perform the operation, unless this client has had it performed under this key.

    Raises a 422 when the key belongs to another request, a 400 when it is none.
    """
    if operation.risk == "read":
        return _performed(connection, operation, inputs)
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise Problem(400, f"an idempotency key has 1 to {LONGEST_KEY} printable characters")
    with transaction(connection):
        request = _digest(operation, inputs)
        earlier = _earlier(connection, client, key, request) if key else None
        if earlier:
            return earlier
        done = _performed(connection, operation, inputs)
        if key:
            kept = (client, key, request, done.status, done.body)
            connection.execute("INSERT INTO gateway_answers VALUES (?, ?, ?, ?, ?)", kept)
    return done


def _performed(connection: sqlite3.Connection, operation: Operation, inputs: Inputs) -> Done:
    status, content = perform(connection, operation, inputs)
    return Done(status, "" if content is None else json.dumps(content, ensure_ascii=False))


def _earlier(connection: sqlite3.Connection, client: str, key: str, request: str) -> Done | None:
    query = "SELECT request, status, body FROM gateway_answers WHERE client = ? AND key = ?"
    found = connection.execute(query, (client, key)).fetchone()
    if found is None:
        return None
    if found[0] != request:
        raise Problem(422, "this idempotency key belongs to another request", ["Idempotency-Key: used before"])
    return Done(found[1], found[2], replayed=True)


def _digest(operation: Operation, inputs: Inputs) -> str:
    text = json.dumps([operation.name, asdict(inputs)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
