"""Prose that takes its numbers from the run: nothing measured is ever typed into a text.

``say("It parses in {q1.parses.prompt} of the calls.", numbers)`` displays
Markdown with the number filled in. A key is looked up among the numbers that
are passed in, then among what this run recorded, then in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbook.core.settings import unknown
from workbook.core.stats import Interval
from workbook.lab.ledger import claims_table, row_interval
from workbook.lab.record import recorded
from workbook.lab.units import show_interval, show_number

KEY = re.compile(r"\{([A-Za-z][\w.@+-]*)(?::(\w+))?\}")
"""``{key}`` or ``{key:unit}``, such as ``{q1.tokens_per_right.prompt:tokens}``."""

FIELDS = ("estimate", "low", "high", "n", "verdict")
"""What may follow a key after a dot; without one the estimate and its interval are written."""

NOT_MEASURED = "(not measured yet)"


def say(text: str, numbers: Mapping[str, Any] | None = None) -> None:
    """Display ``text`` as Markdown with its numbers filled in."""
    from IPython.display import Markdown, display

    display(Markdown(fill(text, numbers)))


def fill(text: str, numbers: Mapping[str, Any] | None = None) -> str:
    """``text`` with every ``{key}`` replaced.

    A key that is neither a number of this run nor a claim is an error that
    names the nearest; a claim without a measurement says so in the text.
    """
    known = {**_from_run(), **{k: _given(v) for k, v in (numbers or {}).items()}}
    if any(_split(key, known) is None for key, _ in KEY.findall(text)):
        known = {**_from_ledger(), **known}  # reading it takes a moment

    def value(match: re.Match[str]) -> str:
        key, unit = match.groups()
        place = _split(key, known)
        if place is None:
            raise unknown("number", key, known)
        name, field = place
        found, own_unit, verdict = known[name]
        return _write(found, field, unit or own_unit, verdict)

    return KEY.sub(value, text)


def finding(sentence: str, difference: Interval) -> str:
    """``sentence`` in bold where the interval excludes zero; else as it is, with the remark that zero is inside."""
    clear = difference.low > 0 or difference.high < 0
    return f"**{sentence}**" if clear else f"{sentence} (zero is inside the interval: no difference is shown)"


Known = tuple[Any, str, str | None]


def _split(key: str, known: Mapping[str, Known]) -> tuple[str, str] | None:
    """The name of a number and the field of it that is asked for; None where there is no such number."""
    name, _, field = key.rpartition(".")
    if key in known:
        return key, ""
    return (name, field) if field in FIELDS and name in known else None


def _write(value: Any, field: str, unit: str, verdict: str | None) -> str:
    if field == "verdict":
        return verdict or NOT_MEASURED
    if value is None:
        return NOT_MEASURED
    if not isinstance(value, Interval):
        return show_number(value, unit) if isinstance(value, int | float) else str(value)
    if field == "n":
        return str(value.n)
    return show_number(getattr(value, field), unit) if field else show_interval(value, unit)


def _given(value: Any) -> Known:
    unit = "share" if isinstance(value, Interval) else "none"
    return value, unit, None


def _from_run() -> dict[str, Known]:
    return {id: (interval, claim.unit, verdict) for id, (claim, interval, verdict) in recorded().items()}


def _from_ledger() -> dict[str, Known]:
    return {row["id"]: (_measured(row), row["unit"], row["verdict"]) for row in claims_table()}


def _measured(row: Mapping[str, Any]) -> Any:
    """An interval, or the bare figure of a documented claim."""
    return row_interval(row) if row["n"] is not None else row["estimate"]
