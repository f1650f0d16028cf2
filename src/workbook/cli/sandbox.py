"""``workbook sandbox``: whether code that a model writes can get out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from workbook.cli.console import err, print_json, print_table, stdout_kept_free


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook sandbox check")
    # A group of one command needs something of its own, or it becomes that command.
    group.callback()(_group)
    group.command("check", epilog="Example: workbook sandbox check --json")(check)
    app.add_typer(group, name="sandbox", help="Where code that a model writes runs.")


def check(
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Attack every sandbox of this machine, and say what was held.

    Exit status 1 when something got out, and when there is no sandbox to attack.
    """
    with stdout_kept_free():
        sandboxes = _checked()
    if json:
        print_json({"sandboxes": sandboxes})
    else:
        _show(sandboxes)
    attempts = [attempt for sandbox in sandboxes for attempt in sandbox["attempts"]]
    raise typer.Exit(0 if attempts and all(attempt["held"] for attempt in attempts) else 1)


def _group() -> None:
    pass


def _checked() -> list[dict[str, Any]]:
    from workbook.tools.escapes import check as attack
    from workbook.tools.sandbox import sandboxes

    rows = []
    for sandbox in sandboxes():
        reason = sandbox.available()
        err.print(f"{sandbox.name}: " + (reason or "attacking it, which takes some seconds"), soft_wrap=True)
        attempts = [] if reason else [asdict(attempt) for attempt in attack(sandbox)]
        rows.append({"name": sandbox.name, "available": not reason, "reason": reason, "attempts": attempts})
    return rows


def _show(sandboxes: list[dict[str, Any]]) -> None:
    for sandbox in sandboxes:
        rows = [[row["name"], "held" if row["held"] else "ESCAPED", row["detail"]] for row in sandbox["attempts"]]
        if rows:
            print_table(["attempt", "", "what happened"], rows, title=sandbox["name"], wide="what happened")
    if not any(sandbox["available"] for sandbox in sandboxes):
        err.print("No sandbox works here, so code of a model is not run. To get one: make system-deps", soft_wrap=True)
