"""``workbook eval bfcl``: the Berkeley Function-Calling Leaderboard's sets, by its rules."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.settings import unknown

DECODINGS = ("free", "grammar", "grounded")
EXAMPLE = "Example: workbook eval bfcl --data bfcl_eval/data --categories simple_python --limit 200 --json"
SHOWN = 5


def bfcl(
    data: Annotated[
        str | None, typer.Option(help="The folder bfcl_eval/data of a checkout; without it, rows of our own.")
    ] = None,
    categories: Annotated[list[str] | None, typer.Option(help="As in the files' names; again for more. All.")] = None,
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    decoding: Annotated[
        str, typer.Option(help="free; grammar: only valid calls can be written; grounded: and only of what was said.")
    ] = "free",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N rows, evenly spread.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Whether the calls are the expected ones by BFCL's own rules, and what its score hides.

    Without --data: a hundred unscripted requests of our own in BFCL's form, made by no template or generator.
    """
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    with stdout_kept_free():
        document = _evaluate(data, _named(categories), model, decoding, limit)
    if json:
        print_json(document)
    else:
        _show(document, "BFCL" if data else "Unscripted requests by BFCL's rules")


def _named(categories: list[str] | None) -> list[str]:
    """Commas separate names, too."""
    return [name.strip() for given in categories or [] for name in given.split(",") if name.strip()]


def _evaluate(data: str | None, categories: list[str], model: str, decoding: str, limit: int | None) -> dict[str, Any]:
    from workbook.lab.bfcl import evaluate_bfcl
    from workbook.models import load_model
    from workbook.suites.bfcl import load_bfcl, unscripted

    chosen = load_bfcl(data or unscripted(), categories, limit)
    for reason in chosen.left_out[:SHOWN]:
        err.print(f"left out: {reason}", soft_wrap=True, markup=False)
    if len(chosen.left_out) > SHOWN:
        err.print(f"... and {len(chosen.left_out) - SHOWN} more, in the JSON document")
    scored = load_model(model)
    err.print(f"{len(chosen.rows)} rows, model {scored.name}, decoding {decoding}")
    return evaluate_bfcl(scored, chosen, decoding=decoding, progress=True)


def _show(document: dict[str, Any], title: str) -> None:
    rows = [
        [name, f"{m['estimate']:.3f}", f"[{m['low']:.3f}, {m['high']:.3f}]", str(m["n"])]
        for name, m in document["metrics"].items()
    ]
    print_table(["metric", "estimate", "95 % interval", "n"], rows, title=f"{title}, {document['model']}")
