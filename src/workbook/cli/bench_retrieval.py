"""``workbook bench retrieval``: the cost of searching a registry, by its size."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli.console import err, print_json, print_table, stdout_kept_free

EXAMPLE = "Example: workbook bench retrieval --size 500 --size 5000 --json"
COLUMNS = {
    "operations": "{:,}",
    "retriever": "{}",
    "recall@5": "{:.0%}",
    "index_recall@5": "{:.1%}",
    "cold_ms": "{:.0f}",
    "p50_ms": "{:.1f}",
    "p99_ms": "{:.1f}",
    "memory_mib": "{:,.0f}",
    "import_s": "{:.1f}",
    "build_s": "{:.1f}",
}
"""What a person is shown of a row; the JSON holds more."""


def retrieval(
    size: Annotated[list[int] | None, typer.Option(min=1, help="Operations; again for more. 100 to 500,000.")] = None,
    queries: Annotated[int, typer.Option(min=2, help="Distinct queries, asked one at a time.")] = 1000,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Recall, milliseconds and memory of a search, and seconds to import. Let nothing else run meanwhile."""
    with stdout_kept_free():
        document = _measure(size, queries)
    if json:
        print_json(document)
    else:
        _show(document)


def _measure(sizes: list[int] | None, queries: int) -> dict[str, Any]:
    from workbook.lab.bench_retrieval import SIZES, bench_retrieval

    return bench_retrieval(sizes or SIZES, queries, progress=err.print)


def _show(document: dict[str, Any]) -> None:
    rows = [
        ["" if row[name] is None else shape.format(row[name]) for name, shape in COLUMNS.items()]
        for row in document["rows"]
    ]
    headers = [name.replace("_", " ") for name in COLUMNS]
    print_table(headers, rows, title=f"retrieval, {document['hardware']}")
