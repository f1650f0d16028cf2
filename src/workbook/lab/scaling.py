"""The figures of ``course/scaling.md``: what was measured here, and what follows from it on paper.

The page's table is written by :func:`write` from the results under data/results, so that no figure of ours is typed.
Leaves out the measuring (``bench_gateway``) and the page's words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.core.settings import data_dir, repo_root

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
WANTED, HEADROOM = 1000, 0.6
"""Requests a second on paper, and the share of a worker's measured load that one plans with."""


def page() -> Path:
    """The page of the course that plans the big run, ``course/scaling.md``."""
    return repo_root() / "course" / "scaling.md"


def table() -> str:
    """The measured figures, and the arithmetic on them, as a table in Markdown."""
    bench = json.loads((data_dir() / "results" / "bench_gateway_cpu.json").read_text(encoding="utf-8"))
    (row,) = bench["rows"]
    lines = [*_measured(row, bench["hardware"]), *_on_paper(row)]
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {figure} |" for what, figure in lines)])


def filled(text: str, shown: str | None = None) -> str:
    """A page with its table, or the one that is given, between the marks; :class:`WorkbookError` where they are not."""
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise WorkbookError(f"the page has no place for figures between {BEGIN} and {END}", "Put the marks back.")
    return f"{before}{BEGIN}\n{shown or table()}\n{END}{after}"


def write() -> None:
    """Bring the page up to date; to be called when the results have changed."""
    write_whole(page(), filled(page().read_text(encoding="utf-8")))


def _measured(row: Mapping[str, Any], hardware: str) -> list[tuple[str, str]]:
    again = row["attempts"] / row["requests"]
    return [
        ("machine", f"{hardware}, gateway and clients together"),
        ("load, faults on", f"{row['rate']:g} requests a second for {row['seconds']:.0f} s"),
        ("tries for each request", f"{again:.2f}"),
        ("p50, p99, retries included", f"{row['p50_ms']:g} ms, {row['p99_ms']:g} ms"),
        ("writes acknowledged", f"{row['acknowledged']:,} of {row['writes']:,}"),
        ("lost, done twice", f"{row['lost']}, {row['duplicated']}"),
    ]


def _on_paper(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    planned = HEADROOM * row["rate"]
    tries = WANTED * row["attempts"] / row["requests"]
    kept = row["writes"] / row["requests"] * WANTED * 86_400
    return [
        (f"on paper: workers for {WANTED:,} requests a second", f"{math.ceil(WANTED / planned)} at {planned:g} each"),
        ("on paper: tries a second that they see", f"{tries:,.0f}"),
        ("on paper: idempotent answers to keep for a day", f"{kept / 1e6:,.0f} million rows"),
    ]
