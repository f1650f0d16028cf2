"""Tuning by preferences: direct preference optimization (2305.18290) with TRL's DPOTrainer and PEFT, no reward model.

What the base thinks of both answers is computed once, before the first step. The run around the trainer is the same as
for supervised tuning (``tuning``). Leaves out making pairs (``preferences``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.finetune.preferences import SIDES, check_pairs, rendered
from workbook.finetune.rows import Row
from workbook.finetune.tuning import (
    Job,
    Progress,
    Recipe,
    arguments,
    check_length,
    described,
    parts,
    prepared,
    quiet,
    silenced,
    tune,
)

if TYPE_CHECKING:
    from trl import DPOTrainer

    from workbook.models.local import TransformersModel

RATES = {"lora": 5e-6, "full": 5e-7}
"""Peak rates that fit models of a few billion weights; a tiny one takes a hundred times as much."""
BETA = 0.1
"""How dear it is to go away from the base; the paper's value."""


def fine_tune_by_preference(
    base: str,
    pairs: Sequence[Row],
    out: Path,
    *,
    lora: int | None = None,
    epochs: float = 1.0,
    batch: int = 16,
    rate: float | None = None,
    beta: float = BETA,
    seed: int = 0,
    four_bit: bool = False,
    held_out: Sequence[Row] = (),
    resume: bool = False,
    merge: bool = True,
    progress: Progress = print,
) -> Path:
    """Tune ``base`` until it prefers what each pair chooses, and write it to ``out``; the rest as in ``fine_tune``."""
    recipe = Recipe(lora, epochs, batch, rate or RATES["lora" if lora else "full"], seed, four_bit=four_bit, beta=beta)
    job = Job(base, out, recipe, resume, merge, progress)
    return tune(job, described(pairs, held_out), lambda model: dpo_trainer(model, pairs, job, held_out))


def dpo_trainer(model: TransformersModel, pairs: Sequence[Row], job: Job, held_out: Sequence[Row] = ()) -> DPOTrainer:
    """TRL's trainer; ``train_dataset`` has ``prompt_ids``, ``chosen_ids`` and ``rejected_ids``, and the base's
    log-probabilities of both answers."""
    from trl import DPOConfig, DPOTrainer

    check_pairs([*pairs, *held_out], model.controls)
    network = prepared(job, model)
    with quiet():
        trainer = DPOTrainer(
            network,
            args=DPOConfig(
                beta=job.recipe.beta or BETA, precompute_ref_log_probs=True, **arguments(job, model, bool(held_out))
            ),
            train_dataset=_dataset(pairs),
            eval_dataset=_dataset(held_out) if held_out else None,
            **parts(job, model, bool(held_out)),
        )
    _check_lengths(trainer.train_dataset, model.context)
    return silenced(trainer)


def _dataset(pairs: Sequence[Row]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([rendered(pair) for pair in pairs], on_mixed_types="use_json")


def _check_lengths(data: Any, context: int | None) -> None:
    for number, row in enumerate(data, 1):
        check_length(len(row["prompt_ids"]) + max(len(row[f"{side}_ids"]) for side in SIDES), number, context)
