"""``workbook eval``: score a model on a suite."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli import (
    evaluate_bfcl,
    evaluate_injection,
    evaluate_retrieval,
    evaluate_schemas,
    evaluate_when2call,
)
from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.settings import unknown

DECODINGS = ("free", "grammar", "grounded")
OUR_SETS = ("calls", "facts", "talk", "arithmetic")
"""What is scored without ``--data``; the other sets of data/tasks answer questions of their own."""


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook eval calls --limit 100")
    group.command("calls", epilog="Example: workbook eval calls --data my_tasks.jsonl --decoding grammar --json")(calls)
    group.command("schemas", epilog=evaluate_schemas.EXAMPLE)(evaluate_schemas.schemas)
    group.command("injection", epilog=evaluate_injection.EXAMPLE)(evaluate_injection.injection)
    group.command("retrieval", epilog=evaluate_retrieval.EXAMPLE)(evaluate_retrieval.retrieval)
    group.command("bfcl", epilog=evaluate_bfcl.EXAMPLE)(evaluate_bfcl.bfcl)
    group.command("when2call", epilog=evaluate_when2call.EXAMPLE)(evaluate_when2call.when2call)
    app.add_typer(group, name="eval", help="Score a model on a suite.")


def calls(
    data: Annotated[str, typer.Option(help="A set of data/tasks or a file of JSON Lines; our main sets without.")] = "",
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    decoding: Annotated[
        str, typer.Option(help="free; grammar: only valid calls can be written; grounded: and only of what was said.")
    ] = "free",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N tasks, of each set.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Whether the model calls the right tools with the right arguments, asks, declines, and knows its facts."""
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    with stdout_kept_free():
        document = _evaluate(data, model, decoding, limit)
    if json:
        print_json(document)
    else:
        _show(document)


def _evaluate(data: str, model: str, decoding: str, limit: int | None) -> dict[str, Any]:
    from workbook.lab.evaluate import evaluate_calls
    from workbook.models import load_model
    from workbook.suites.tasks import load_tasks

    sets = [data] if data else OUR_SETS
    tasks = [task for name in sets for task in load_tasks(name, limit)]
    scored = load_model(model)
    err.print(f"{len(tasks)} tasks, model {scored.name}, decoding {decoding}")
    return evaluate_calls(scored, tasks, decoding=decoding, progress=True)


def _show(document: dict[str, Any]) -> None:
    rows = [
        [name, f"{m['estimate']:.3f}", f"[{m['low']:.3f}, {m['high']:.3f}]", str(m["n"])]
        for name, m in document["metrics"].items()
        if m["n"]
    ]
    print_table(["metric", "estimate", "95 % interval", "n"], rows, title=f"{document['suite']}, {document['model']}")
