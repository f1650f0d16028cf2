"""The command's entry: puts the commands together and turns expected errors into an exit status."""

from __future__ import annotations

from typing import Annotated

import typer

from workbook import __version__
from workbook.cli import (
    agent,
    bench,
    book,
    claims,
    doctor,
    evaluate,
    finetune,
    gateway,
    interview,
    lab,
    quiz,
    registry,
    run,
    sandbox,
    slides,
    train,
)
from workbook.cli.console import report_error
from workbook.core.errors import WorkbookError

app = typer.Typer(
    name="workbook",
    help="Interview questions on agents and function calling, each answered by an experiment that you can rerun.",
    epilog="Example: workbook doctor",
    no_args_is_help=True,
    add_completion=False,
    # A traceback in colours, with local variables, hides what a bug report needs.
    pretty_exceptions_enable=False,
)
for module in (
    doctor,
    lab,
    run,
    book,
    slides,
    claims,
    quiz,
    interview,
    agent,
    train,
    finetune,
    evaluate,
    bench,
    registry,
    gateway,
    sandbox,
):
    module.register(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Hold the options of ``workbook`` itself."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except WorkbookError as error:
        report_error(error)
        raise SystemExit(error.exit_status) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
