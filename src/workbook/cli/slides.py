"""``workbook slides``: the notebooks as slides for whoever teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbook.cli.console import err, stdout_kept_free


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("slides", epilog="Example: workbook slides 01 09, or workbook slides runs/study/*.ipynb")(slides)


def slides(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Paths, names or numbers; all without.")] = None,
    out: Annotated[Path | None, typer.Option(help="The slides' folder; runs/slides without.")] = None,
) -> None:
    """Make slides of executed notebooks: one file a notebook, that opens without a server or a network."""
    from workbook.core.settings import repo_root
    from workbook.runner.notebooks import find_notebooks
    from workbook.runner.slides import make_slides

    with stdout_kept_free():
        made = make_slides(find_notebooks(notebooks or []), out or repo_root() / "runs" / "slides")
    err.print(str(made), markup=False, soft_wrap=True)
