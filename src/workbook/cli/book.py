"""``workbook book``: the notebooks and the questions as a site, and the questions as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbook.cli.console import err, stdout_kept_free


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("book", epilog="Example: workbook book --pdf runs/questions.pdf")(book)


def book(
    out: Annotated[Path | None, typer.Option(help="The site's folder; runs/book without.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Print the questions into this PDF instead.")] = None,
) -> None:
    """Build a site of the executed notebooks and the questions. It opens from a file, and needs no network."""
    from workbook.core.settings import repo_root
    from workbook.runner.book import make_book, print_bank

    with stdout_kept_free():
        made = print_bank(pdf) if pdf else make_book(out or repo_root() / "runs" / "book")
    err.print(str(made), markup=False, soft_wrap=True)
