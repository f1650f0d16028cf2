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
    from workbook.lab import ledger

    with stdout_kept_free():
        rows = ledger.claims(every=every)
    if json:
        print_json(rows)
    else:
        columns = ["id", "claim", "measured", "verdict", "model", "profile"]
        print_table(columns, [_shown(row) for row in rows])


def _shown(row: dict[str, Any]) -> list[str]:
    return [row["id"], row["claim"], _interval(row), *(row[key] or "–" for key in ("verdict", "model", "profile"))]


def _interval(row: dict[str, Any]) -> str:
    if row["estimate"] is None:
        return "not yet"
    if row["low"] is None:
        return f"{row['estimate']:.3g}"
    return f"{row['estimate']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
