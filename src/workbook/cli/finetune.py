"""``workbook finetune run`` and ``retriever``: the training; ``data`` has a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook.cli import finetune_data
from workbook.cli.console import err, stdout_kept_free
from workbook.core.errors import UsageError
from workbook.core.settings import repo_root, unknown

if TYPE_CHECKING:
    from workbook.finetune.rows import Row

METHODS = ("sft", "dpo")
METHOD_HELP = "sft: learn the assistant's turns. dpo: prefer one answer to another; --data has pairs."
MIX_HELP = "A part and its share of the result: chat=0.25 (general rows), replay=0.1 (the base's own answers), "
MIX_HELP += "FILE.jsonl=0.1; again for more."


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook finetune run --data my_rows.jsonl --lora 16")
    group.command("data", epilog=finetune_data.EXAMPLE)(finetune_data.data)
    group.command("run", epilog="Example: workbook finetune run --base pocket --data runs/drift.jsonl --lora 8")(run)
    group.command("retriever", epilog="Example: workbook finetune retriever --out runs/retriever")(retriever)
    app.add_typer(group, name="finetune", help="Fine-tune a model on conversations.")


def run(
    data: Annotated[Path, typer.Option(help="JSON Lines of {messages, tools}, as TRL reads them.")],
    base: Annotated[str, typer.Option(help="pocket, pocket@RUNG, a folder or a hub id.")] = "pocket",
    out: Annotated[Path | None, typer.Option(help="The new model's folder; runs/finetune/NAME without.")] = None,
    method: Annotated[str, typer.Option(help=METHOD_HELP)] = "sft",
    mix: Annotated[list[str] | None, typer.Option(help=MIX_HELP)] = None,
    hold_out: Annotated[
        str | None, typer.Option(help="A share, or a file of rows, to end early by and keep the best: 0.05.")
    ] = None,
    pack: Annotated[
        int | None, typer.Option(min=16, help="Pack rows into sequences of so many tokens; --batch counts those.")
    ] = None,
    lora: Annotated[int | None, typer.Option(min=1, help="The rank of LoRA's matrices; all weights without.")] = None,
    four_bit: Annotated[bool, typer.Option("--four-bit", help="Hold the base in 4 bits (QLoRA, on CUDA).")] = False,
    epochs: Annotated[float | None, typer.Option(min=0.001, help="How often each row is seen; 3, for dpo 1.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Rows a step.")] = 16,
    rate: Annotated[
        float | None, typer.Option(min=0, help="Peak learning rate; 2e-4 for LoRA, 2e-5 for all weights, dpo 5e-6.")
    ] = None,
    seed: Annotated[int, typer.Option(help="For the order of rows, what is drawn, and LoRA's first matrices.")] = 0,
    adapter: Annotated[bool, typer.Option("--adapter", help="Keep LoRA's adapter alone, unmerged.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of this run.")] = False,
) -> None:
    """Fine-tune a model, with the loss on the assistant's turns. The folder that it writes loads as any model."""
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    folder = out or repo_root() / "runs" / "finetune" / data.stem
    how: dict[str, Any] = {"lora": lora, "four_bit": four_bit, "batch": batch, "rate": rate, "seed": seed}
    how |= {"resume": resume, "merge": not adapter, "progress": _say, **({"epochs": epochs} if epochs else {})}
    with stdout_kept_free():
        if method == "dpo":
            _prefer(base, data, folder, mix or [], hold_out, pack, how)
        else:
            _learn(base, data, folder, mix or [], hold_out, {**how, "pack": pack})
    _say(f"written to {folder}; use it as --model {folder}")


def _learn(base: str, data: Path, folder: Path, mix: list[str], hold_out: str | None, how: dict[str, Any]) -> None:
    """Supervised: rows, what is mixed in, what is held out."""
    from workbook.finetune.mixing import Part, mix_in
    from workbook.finetune.rows import read_rows
    from workbook.finetune.sft import fine_tune

    parts = [Part.read(text) for text in mix]
    rows: Sequence[Row] = read_rows(data)
    mixed: list[dict[str, Any]] = []
    if parts:
        rows, mixed = mix_in(rows, parts, base, how["seed"])
        _say("mixed in: " + ", ".join(f"{part['rows']} rows of {part['source']}" for part in mixed))
    rows, held_out = _held(rows, hold_out, how["seed"])
    fine_tune(base, rows, folder, held_out=held_out, mixed=mixed, **how)


def _prefer(
    base: str, data: Path, folder: Path, mix: list[str], hold_out: str | None, pack: int | None, how: dict[str, Any]
) -> None:
    """By preference: pairs, and what is held out."""
    from workbook.finetune.dpo import fine_tune_by_preference
    from workbook.finetune.rows import read_rows

    if mix or pack:
        raise UsageError("--mix and --pack are for rows, and dpo learns from pairs", "Leave them out.")
    pairs, held_out = _held(read_rows(data), hold_out, how["seed"])
    fine_tune_by_preference(base, pairs, folder, held_out=held_out, **how)


def _held(rows: Sequence[Row], wanted: str | None, seed: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """Rows to learn and rows to hold out, by a share or from a file."""
    from workbook.finetune.holding import check_apart, hold_out
    from workbook.finetune.rows import read_rows

    if wanted is None:
        return rows, ()
    if wanted.endswith(".jsonl"):
        held = read_rows(Path(wanted))
        check_apart(rows, held)
        return rows, held
    try:
        share = float(wanted)
    except ValueError as error:
        raise UsageError(f"--hold-out {wanted} is neither a share nor a file", "Such as 0.05, or a .jsonl.") from error
    rest, held = hold_out(rows, share, seed)
    _say(f"held out: {len(held)} rows; left out as near copies of them: {len(rows) - len(rest) - len(held)}")
    return rest, held


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
