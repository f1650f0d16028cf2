"""``workbook doctor``: what this machine has and lacks."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from workbook.cli.console import print_json, stdout_kept_free

STYLES = {"ok": "green", "missing": "bold red", "warn": "yellow"}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("doctor", epilog="Example: workbook doctor --json")(doctor)


def doctor(
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check Python, packages, device, engines, models and optional parts, and say how to get what is missing.

    Exit status 1 when something is missing that the workbook cannot do without.
    """
    from workbook.lab.doctor import MARKS, diagnose

    with stdout_kept_free():
        diagnosis = diagnose()
    if json:
        print_json(diagnosis.to_dict())
    else:
        console = Console(highlight=False)
        for check in diagnosis.checks:
            mark = Text.assemble((MARKS[check.status], STYLES[check.status]), f" {check.name}: {check.detail}")
            console.print(mark, soft_wrap=True)
            if check.remedy:
                console.print(Text(f"    to get it: {check.remedy}", "dim"), soft_wrap=True)
        console.print("Ready." if diagnosis.ok else "Not ready: see the lines marked ✗.")
    raise typer.Exit(0 if diagnosis.ok else 1)
