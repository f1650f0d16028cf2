"""``workbook finetune``: rows to train on, and the training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.cli.console import err, stdout_kept_free
from workbook.core.errors import UsageError
from workbook.core.settings import repo_root, unknown

if TYPE_CHECKING:
    from workbook.finetune.pipeline import Made

SUITES = ("drift", "written-checked", "written-unchecked", "generated")
SUITE_HELP = "drift: its APIs to learn by heart. written-checked, written-unchecked: what an early model wrote. "
SUITE_HELP += "generated: calls, asks, declines, answers and repairs, checked in stages, with the funnel beside."


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook finetune run --data my_rows.jsonl --lora 16")
    group.command("data", epilog="Example: workbook finetune data --suite drift --out runs/drift.jsonl")(data)
    group.command("run", epilog="Example: workbook finetune run --base pocket --data runs/drift.jsonl --lora 8")(run)
    group.command("retriever", epilog="Example: workbook finetune retriever --out runs/retriever")(retriever)
    app.add_typer(group, name="finetune", help="Fine-tune a model on conversations.")


def data(
    out: Annotated[Path, typer.Option(help="Write this file of JSON Lines.")],
    suite: Annotated[
        str,
        typer.Option(help=SUITE_HELP),
    ] = "drift",
    wordings: Annotated[int, typer.Option(min=1, help="For drift: requests for each tool.")] = 96,
    seed: Annotated[int, typer.Option(help="For wordings and values.")] = 0,
    rows: Annotated[int, typer.Option(min=10, help="For generated: how many rows.")] = 2000,
    workers: Annotated[int, typer.Option(min=1, help="For generated: processes; the rows are the same.")] = 2,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="For generated: a folder of an evaluation set to keep out; again for more."),
    ] = None,
    openapi: Annotated[
        list[str] | None, typer.Option(help="With --logs, in place of a suite: OpenAPI documents, or folders of them.")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines of {text, operation, arguments} or {text, method, path, body}."),
    ] = None,
) -> None:
    """Write rows to train on, in TRL's conversational form."""
    from workbook.finetune.by_heart import rows_by_heart
    from workbook.finetune.rows import write_rows
    from workbook.finetune.written import written_rows
    from workbook.suites.drift import by_heart

    if suite not in SUITES:
        raise unknown("suite", suite, SUITES)
    if openapi or logs:
        _from_logs(out, openapi or [], logs or [], seed, against or [])
        return
    if suite == "generated":
        _generate(out, rows, seed, workers, against or [])
        return
    if suite == "drift":
        written = rows_by_heart([made.before for made in by_heart()], wordings, seed)
    else:
        written = written_rows(checked=suite == "written-checked", seed=seed)
    write_rows(written, out)
    _say(f"{out}: {len(written)} rows")


def _generate(out: Path, rows: int, seed: int, workers: int, against: list[Path]) -> None:
    """The rows, the funnel as JSON and as a picture, all beside each other."""
    from workbook.finetune.pipeline import make_rows

    _check_folders(against)
    _report(make_rows(rows, out, seed, workers, against), out)


def _from_logs(out: Path, openapi: list[str], logs: list[Path], seed: int, against: list[Path]) -> None:
    """Rows of a person's own API."""
    from workbook.finetune.own_logs import rows_of_logs
    from workbook.finetune.pipeline import write_made

    if not (openapi and logs):
        raise UsageError("documents say what can be called, and logs what was asked", "Give --openapi and --logs.")
    _check_folders(against)
    made = rows_of_logs(openapi, logs, against, seed)
    write_made(made, out, seed)
    _report(made, out)


def _check_folders(against: list[Path]) -> None:
    missing = next((folder for folder in against if not folder.is_dir()), None)
    if missing:
        raise UsageError(f"no folder {missing}", "Give --against the folder of an evaluation set.")


def _report(made: Made, out: Path) -> None:
    """The funnel as a picture beside the rows, and in words."""
    from workbook.lab.funnel import funnel_plot

    out.with_suffix(".funnel.png").write_bytes(funnel_plot(made.funnel).png)
    for stage in made.funnel:
        causes = ", ".join(f"{cause} {count}" for cause, count in stage["causes"].items())
        _say(f"{stage['stage']}: {stage['in']} in, {stage['out']} out" + (f" ({causes})" if causes else ""))
    _say(f"{out}: {len(made.rows)} rows")


def run(
    data: Annotated[Path, typer.Option(help="JSON Lines of {messages, tools}, as TRL reads them.")],
    base: Annotated[str, typer.Option(help="pocket, pocket@RUNG, a folder or a hub id.")] = "pocket",
    out: Annotated[Path | None, typer.Option(help="The new model's folder; runs/finetune/NAME without.")] = None,
    lora: Annotated[int | None, typer.Option(min=1, help="The rank of LoRA's matrices; all weights without.")] = None,
    epochs: Annotated[float, typer.Option(min=0.001, help="How often each row is seen.")] = 3.0,
    batch: Annotated[int, typer.Option(min=1, help="Rows a step.")] = 16,
    rate: Annotated[
        float | None, typer.Option(min=0, help="Peak learning rate; 2e-4 for LoRA, 2e-5 for all weights without.")
    ] = None,
    seed: Annotated[int, typer.Option(help="For the order of rows and LoRA's first matrices.")] = 0,
    adapter: Annotated[bool, typer.Option("--adapter", help="Keep LoRA's adapter alone, unmerged.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of this run.")] = False,
) -> None:
    """Fine-tune a model, with the loss on the assistant's turns. The folder that it writes loads as any model."""
    from workbook.finetune.rows import read_rows
    from workbook.finetune.sft import fine_tune

    folder = out or repo_root() / "runs" / "finetune" / data.stem
    with stdout_kept_free():
        fine_tune(
            base,
            read_rows(data),
            folder,
            lora=lora,
            epochs=epochs,
            batch=batch,
            rate=rate,
            seed=seed,
            resume=resume,
            merge=not adapter,
            progress=_say,
        )
    _say(f"written to {folder}; use it as --model {folder}")


def retriever(
    out: Annotated[Path, typer.Option(help="The adapter's folder, for --model of `workbook eval retrieval`.")],
    epochs: Annotated[float, typer.Option(min=0.001, help="How often each request is seen.")] = 1.5,
    seed: Annotated[int, typer.Option(help="For the requests, their order and the first matrices.")] = 0,
) -> None:
    """Tune the encoder that finds tools on synthetic requests; some minutes on a CPU."""
    from workbook.finetune.retriever import Recipe, tune_retriever

    with stdout_kept_free():
        record = tune_retriever(out, Recipe(epochs=epochs, seed=seed), progress=_say)
    _say(f"written to {out}: {record['data']['rows']} requests, {record['seconds']:.0f} seconds")


def _say(line: str) -> None:
    err.print(line, markup=False)
