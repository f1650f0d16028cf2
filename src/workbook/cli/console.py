"""Where the command line writes: results to stdout, everything else to stderr.

With ``--json`` exactly one JSON document goes to stdout, whatever a library prints meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbook.core.errors import WorkbookError

err = Console(stderr=True, highlight=False)
"""Progress, notes and errors."""

MODEL_HELP = "pocket, pocket@RUNG, a folder, a hub id or a server's URL."


@contextlib.contextmanager
def stdout_kept_free() -> Iterator[None]:
    """Send what libraries print to stderr, so that stdout holds the result alone."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def print_json(document: Any) -> None:
    """Write the one JSON document; NaN becomes null, because JSON has none."""
    sys.stdout.write(json.dumps(_finite(document), indent=2, ensure_ascii=False) + "\n")


def print_table(columns: list[str], rows: list[list[str]], title: str = "", wide: str = "") -> None:
    """Write a table for a person to stdout; the column ``wide`` takes what width is left, and wraps."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, ratio=1 if name == wide else None, no_wrap=name == columns[0])
    for row in rows:
        # Text and not markup: a cell may hold brackets.
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def report_error(error: WorkbookError) -> None:
    """Say what went wrong and how to go on."""
    err.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        err.print(Text(f"  {error.remedy}"), soft_wrap=True)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    # numpy's scalars have item(); a float that is not itself is NaN.
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and (plain != plain or plain in (float("inf"), float("-inf"))):
        return None
    return plain
