"""``workbook eval schemas``: what each engine compiles, accepts and refuses on folders of JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.errors import UsageError

if TYPE_CHECKING:
    from workbook.suites.schema_bench import BadFile, SchemaCase

EXAMPLE = "Example: workbook eval schemas --data jsonschemabench/maskbench/data --limit 500 --json"
BAD_SHOWN = 10


def schemas(
    data: Annotated[str, typer.Option(help="A folder of JSON files, as MaskBench or JSONSchemaBench; or one file.")],
    engine: Annotated[list[str] | None, typer.Option(help="Besides the routed default; again for more. All.")] = None,
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP + " Its tokens count.")] = "pocket",
    decoding: Annotated[str, typer.Option(help="Always grammar: it is the grammars that are judged.")] = "grammar",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N files, evenly spread over all.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Limit for one case and engine; then it is killed.")] = 10.0,
    memory: Annotated[int, typer.Option(min=64, help="Limit for one engine's process, in MiB.")] = 2048,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Which schemas compile, which instances get through, and where an engine had to be stopped."""
    if decoding != "grammar":
        raise UsageError(f"schemas are not decoded {decoding!r}", "Leave --decoding out: grammars are what is judged.")
    with stdout_kept_free():
        document = _evaluate(data, engine, model, limit, seconds, memory)
    if json:
        print_json(document)
    else:
        _show(document)


def _evaluate(
    data: str, engines: list[str] | None, model: str, limit: int | None, seconds: float, memory: int
) -> dict[str, Any]:
    from workbook.grammar import ENGINES
    from workbook.lab.schema_eval import arms, evaluate_schemas
    from workbook.models import load_model

    chosen = engines or list(ENGINES)
    arms(chosen)  # a name that does not exist is said before a model is loaded
    cases = _followed(data, limit)
    document = evaluate_schemas(load_model(model), cases, chosen, seconds, memory * 2**20)
    for bad in document["bad_files"][:BAD_SHOWN]:
        err.print(f"not a case: {bad['id']}: {bad['reason']}", soft_wrap=True, markup=False)
    if len(document["bad_files"]) > BAD_SHOWN:
        err.print(f"... and {len(document['bad_files']) - BAD_SHOWN} more, in the JSON document")
    return document


def _followed(data: str, limit: int | None) -> Iterator[SchemaCase | BadFile]:
    """The cases, with a bar on stderr that counts files."""
    from pathlib import Path

    from rich.progress import track

    from workbook.suites.schema_bench import case_files, read_file, spread

    root = Path(data)
    paths = spread(case_files(root), limit)
    err.print(f"{len(paths)} files")
    bar = track(paths, description="schemas", console=err, transient=True)
    return (case for path in bar for case in read_file(path, root))


def _show(document: dict[str, Any]) -> None:
    """A table with one row for each arm."""
    metrics = document["metrics"]
    names = [name for name in metrics if "." not in name]
    prefixes = dict.fromkeys(key.rpartition(".")[0] for key in metrics)
    rows = [
        [prefix or "auto", *(_cell(metrics[f"{prefix}.{name}" if prefix else name], name) for name in names)]
        for prefix in prefixes
    ]
    print_table(["arm", *names], rows, title=f"{document['n']} schemas, tokens of {document['model']}")


def _cell(metric: dict[str, Any], name: str) -> str:
    if metric["estimate"] is None:
        return "-"
    share = name in ("compiles", "accepts_valid", "rejects_invalid")
    return f"{metric['estimate']:.3f} of {metric['n']}" if share else str(metric["estimate"])
