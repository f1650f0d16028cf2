"""``workbook eval when2call``: whether a model would call, ask, decline or answer, by likelihood."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.errors import UsageError

EXAMPLE = "Example: workbook eval when2call --data When2Call/data/test --limit 200 --json"
SHOWN = 5


def when2call(
    data: Annotated[str, typer.Option(help="A checkout's folder data/test, or one of its files.")],
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP + " A local one.")] = "pocket",
    decoding: Annotated[str, typer.Option(help="Always free: answers are weighed, and nothing is decoded.")] = "free",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N rows, evenly spread.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Which of four answers the model finds most likely: its own words, a call, a question or a refusal."""
    if decoding != "free":
        raise UsageError(f"nothing is decoded here, and so not {decoding!r}", "Leave --decoding out.")
    with stdout_kept_free():
        document = _evaluate(data, model, limit)
    if json:
        print_json(document)
    else:
        _show(document)


def _evaluate(data: str, model: str, limit: int | None) -> dict[str, Any]:
    from workbook.lab.when2call import evaluate_when2call
    from workbook.models import load_model
    from workbook.suites.when2call import load_when2call

    rows, left_out = load_when2call(data, limit)
    for reason in left_out[:SHOWN]:
        err.print(f"left out: {reason}", soft_wrap=True, markup=False)
    if len(left_out) > SHOWN:
        err.print(f"... and {len(left_out) - SHOWN} more, in the JSON document")
    scored = load_model(model)
    err.print(f"{len(rows)} rows, model {scored.name}")
    return evaluate_when2call(scored, rows, left_out, progress=True)


def _show(document: dict[str, Any]) -> None:
    rows = [
        [name, f"{m['estimate']:.3f}", f"[{m['low']:.3f}, {m['high']:.3f}]", str(m["n"])]
        for name, m in document["metrics"].items()
    ]
    print_table(["metric", "estimate", "95 % interval", "n"], rows, title=f"{document['suite']}, {document['model']}")
