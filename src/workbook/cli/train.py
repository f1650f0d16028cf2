"""``workbook train``: train what the repository ships."""

from __future__ import annotations

from typing import Annotated

import typer

from workbook.cli.console import err
from workbook.core.settings import unknown


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook train pocket --preset cpu")
    group.command("pocket", epilog="Example: workbook train pocket --preset gpu --resume")(pocket)
    app.add_typer(group, name="train", help="Train a model from scratch.")


def pocket(
    preset: Annotated[str, typer.Option(help="Sizes and steps for this hardware: cpu or gpu.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    stages: Annotated[
        list[str] | None, typer.Option("--stage", help="Only base; or tools, asking or guessing on a base.")
    ] = None,
) -> None:
    """Train the pocket model: tokenizer, data, base model, tools, ladder, twins.

    It keeps checkpoints as it goes, so that it can be stopped and resumed.
    """
    from workbook.finetune.train import MODEL_NAMES, TRAINED, train_pocket
    from workbook.lab.model_card import evaluate_shipped, write_card

    chosen = tuple(stages or TRAINED)
    for stage in chosen:
        if stage not in TRAINED:
            raise unknown("stage", stage, TRAINED)
    train_pocket(preset=preset, resume=resume, stages=chosen, progress=_say)
    for name in (MODEL_NAMES[stage] for stage in chosen if stage in MODEL_NAMES):
        _say(f"{name}: scoring the frozen sets")
        write_card(name, evaluate_shipped(name, progress=True))


def _say(line: str) -> None:
    err.print(line, markup=False)
