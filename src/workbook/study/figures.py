"""Numbers of ours in the texts of the bank: ``{claim:ID}`` becomes the measurement, from the ledger, when shown.

Written with its interval, n, model, profile and verdict, so that no figure of ours is ever typed into a text; a claim
that nobody has measured says so. Notebooks, whose numbers come from the run as well, use ``workbook.lab.prose``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbook.core.settings import unknown
from workbook.lab.ledger import claims_table, row_interval
from workbook.lab.units import show_interval, show_number

KEY = re.compile(r"\{claim:([\w.@-]+)\}")
NOT_YET = "not measured yet"

Rows = Mapping[str, Mapping[str, Any]]
"""The table of claims, by id."""


def measured() -> Rows:
    """The table of claims by id, with what the ledger has measured until now."""
    return {row["id"]: row for row in claims_table()}


def filled(text: str, rows: Rows) -> str:
    """``text`` with every ``{claim:ID}`` written out; an unknown id names the nearest."""
    return KEY.sub(lambda match: figure(match[1], rows), text)


def figure(id: str, rows: Rows) -> str:
    """One measurement in words, such as ``62 % [50 %, 73 %] (n = 60, pocket, study; fails)``."""
    if id not in rows:
        raise unknown("claim", id, rows)
    row = rows[id]
    if row["kind"] == "documented":
        about = f"{row['model']}; documented, {row['verdict']}"
        return f"{show_number(row['estimate'], row['unit'])} ({about})" if row["estimate"] is not None else f"({about})"
    if row["n"] is None:
        return NOT_YET
    shown = show_interval(row_interval(row), row["unit"])
    return f"{shown} (n = {row['n']}, {row['model']}, {row['profile']}; {row['verdict']})"


def claims_in(text: str) -> list[str]:
    """The ids of the claims whose numbers ``text`` shows."""
    return KEY.findall(text)
