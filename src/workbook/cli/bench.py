"""``workbook bench``: speed, measured and not asserted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbook.cli import bench_gateway, bench_retrieval
from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.errors import UsageError

COLUMNS = {
    "vocabulary": "{:,}",
    "engine": "{}",
    "strategy": "{}",
    "processor": "{}",
    "batch": "{}",
    "seconds_per_call": "{:.3f}",
    "ratio_to_free": "{:.2f}",
    "mask_us_p50": "{:,.0f}",
    "mask_us_p99": "{:,.0f}",
    "compile_ms": "{:.1f}",
    "first_call_ms": "{:,.0f}",
    "forced_share": "{:.0%}",
    "right": "{:.0%}",
}
"""What a person is shown of a row; the JSON holds more."""


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook bench decoding --limit 16")
    group.command("decoding", epilog="Example: workbook bench decoding --device cuda --json")(decoding)
    group.command("retrieval", epilog=bench_retrieval.EXAMPLE)(bench_retrieval.retrieval)
    group.command("gateway", epilog=bench_gateway.EXAMPLE)(bench_gateway.gateway)
    app.add_typer(group, name="bench", help="Measure speed and memory on this machine.")


def decoding(
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    limit: Annotated[int, typer.Option(min=2, help="Prompts; each is answered by every engine and plan.")] = 64,
    batch: Annotated[list[int] | None, typer.Option(min=1, help="Batch sizes; 1, 8, 32, on CUDA 64, 256 too.")] = None,
    vocabulary: Annotated[list[str] | None, typer.Option(help="32k or 131k beside the model's own; both.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Seconds for a call, free and constrained, and microseconds for a mask. Let nothing else run meanwhile."""
    with stdout_kept_free():
        document = _measure(model, device, limit, batch, vocabulary)
    if json:
        print_json(document)
    else:
        _show(document)


def _measure(
    model: str, device: str, limit: int, batch: list[int] | None, vocabulary: list[str] | None
) -> dict[str, Any]:
    from workbook.lab.bench_decoding import bench_decoding
    from workbook.models import load_model
    from workbook.models.local import TransformersModel

    loaded = load_model(model, device=device)
    if not isinstance(loaded, TransformersModel):
        raise UsageError(f"{loaded.name} runs elsewhere: its steps cannot be timed from here", "name a local model")
    sizes = batch or ([1, 8, 32, 64, 256] if loaded.device.type == "cuda" else [1, 8, 32])
    return bench_decoding(loaded, limit, sizes, vocabulary or ("32k", "131k"), progress=err.print)


def _show(document: dict[str, Any]) -> None:
    rows = [
        ["" if row.get(name) is None else shape.format(row[name]) for name, shape in COLUMNS.items()]
        for row in document["rows"]
    ]
    headers = [name.replace("_", " ") for name in COLUMNS]
    print_table(headers, rows, title=f"decoding, {document['hardware']}")
