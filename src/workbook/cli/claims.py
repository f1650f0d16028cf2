"""``workbook claims``: every claim of the course with its measurement and verdict."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli.console import print_json, print_table, stdout_kept_free


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("claims", epilog="Example: workbook claims --json")(claims)


def claims(
    every: Annotated[bool, typer.Option("--all", help="Every row, not only the largest profile of a claim.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List the claims with estimate, interval and verdict; a claim without a measurement is listed too."""
    from workbook.lab.ledger import claims_table

    with stdout_kept_free():
        rows = claims_table(all=every)
    if json:
        print_json(rows)
    else:
        print_table(["id", "claim", "measured", "verdict", "model"], [_shown(row) for row in rows], wide="claim")


def _shown(row: dict[str, Any]) -> list[str]:
    model = " ".join(filter(None, (row["model"], row["profile"] and f"({row['profile']})")))
    return [row["id"], row["claim"], _measured(row), row["verdict"] or "–", model or "–"]


def _measured(row: dict[str, Any]) -> str:
    from workbook.lab.units import NOT_ESTIMABLE, show_number

    if row["estimate"] is None:
        return row["kind"] if row["kind"] == "documented" else NOT_ESTIMABLE if row["profile"] else "not yet"
    estimate, low, high = (show_number(row[key], row["unit"]) for key in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]" if row["low"] is not None else estimate
