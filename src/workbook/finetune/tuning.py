"""One run of fine-tuning, whatever its loss: the recipe, checkpoints to resume from, progress, the best at its end.

The trainer is TRL's and is built by the caller (``sft``, ``dpo``); what a run leaves is written by ``tuned``.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.errors import UsageError, WorkbookError
from workbook.core.files import write_whole
from workbook.finetune.rows import Row, digest
from workbook.finetune.tuned import write_tuned
from workbook.models.adapters import is_adapter
from workbook.models.four_bit import load_four_bit
from workbook.models.loading import load_local

if TYPE_CHECKING:
    from transformers import Trainer

    from workbook.models.local import TransformersModel

LARGE = 10**9  # weights from which memory counts for more than the fifth of the time that saving it costs
CHECKPOINTS = "checkpoints"
PATIENCE = 3
"""Looks at the held-out rows without a better loss, of ten in a run, after which it ends."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """What a run is made with: the rank of LoRA's matrices (None: all weights), rows a step, the peak rate.

    ``pack``: tokens of the sequences into which rows are packed (None: each row alone); ``batch`` then counts
    sequences. ``four_bit``: the base is held in 4 bits (QLoRA). ``beta``: DPO's, None for supervised tuning.
    """

    lora: int | None
    epochs: float
    batch: int
    rate: float
    seed: int
    pack: int | None = None
    four_bit: bool = False
    beta: float | None = None


@dataclass(frozen=True)
class Job:
    """Where a run starts, where it writes, whether it goes on, and whether LoRA's matrices are merged at the end."""

    base: str
    out: Path
    recipe: Recipe
    resume: bool
    merge: bool
    progress: Progress


def tune(job: Job, data: Mapping[str, Any], build: Callable[[TransformersModel], Trainer]) -> Path:
    """Run ``build``'s trainer from its start or its last checkpoint to its end, and write the folder.

    ``data`` says for the record what is learned. Raises ``UsageError`` for an unknown base or a folder that is taken,
    ``WorkbookError`` for a checkpoint of another run.
    """
    _check(job)
    model = load_four_bit(job.base) if job.recipe.four_bit else load_local(job.base)
    made = {"base": job.base, "base_sha256": model.fingerprint, "data": data, "recipe": asdict(job.recipe)}
    trainer = build(model)
    last = _last_checkpoint(job.out / CHECKPOINTS, made, job.resume)
    started = time.monotonic()
    with quiet():
        trainer.train(resume_from_checkpoint=last)
    told = {"resumed": last is not None, "seconds": time.monotonic() - started, **_course(trainer)}
    write_tuned(trainer.model, model.tokenizer, job.out, {**made, **told}, job.merge)
    shutil.rmtree(job.out / CHECKPOINTS)
    return job.out


def described(rows: Sequence[Row], held_out: Sequence[Row]) -> dict[str, Any]:
    """For the record: how many rows or pairs, and which, are learned and held out."""
    data: dict[str, Any] = {"rows": len(rows), "sha256": digest(rows)}
    return {**data, "held_out": {"rows": len(held_out), "sha256": digest(held_out)}} if held_out else data


def arguments(job: Job, model: TransformersModel, held_out: bool) -> dict[str, Any]:
    """What the configurations of TRL's trainers have in common."""
    recipe, device = job.recipe, model.device.type
    best = {
        "eval_strategy": "steps",
        "eval_steps": 0.1,
        "load_best_model_at_end": True,
        "metric_for_best_model": "loss",
    }
    return {
        "output_dir": str(job.out / CHECKPOINTS),
        "num_train_epochs": recipe.epochs,
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "learning_rate": recipe.rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03,
        "seed": recipe.seed,
        "max_length": None,  # a row that is too long is an error, and never cut
        "bf16": True,
        "use_cpu": device == "cpu",
        "gradient_checkpointing": model.network.num_parameters() >= LARGE,
        "logging_steps": 0.02,
        "save_steps": 0.1,
        "save_total_limit": 1,
        "restore_callback_states_from_checkpoint": held_out,
        "disable_tqdm": True,
        "dataloader_pin_memory": device != "cpu",
        **(best if held_out else {}),
    }


def parts(job: Job, model: TransformersModel, held_out: bool) -> dict[str, Any]:
    """What both trainers are given besides: LoRA's configuration, the tokenizer, callbacks."""
    from peft import LoraConfig
    from transformers import EarlyStoppingCallback

    rank = job.recipe.lora
    lora = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear") if rank else None
    stopping = [EarlyStoppingCallback(PATIENCE)] if held_out else []
    callbacks = [_telling(job.progress), *stopping]
    return {"processing_class": model.tokenizer, "peft_config": lora, "callbacks": callbacks}


def prepared(job: Job, model: TransformersModel) -> Any:
    """The network, ready for a trainer: in full precision where all weights are learned, and chance set."""
    from huggingface_hub import constants
    from transformers import set_seed

    constants.HF_HUB_DISABLE_TELEMETRY = True  # nothing of ours asks the network
    set_seed(job.recipe.seed)  # LoRA's matrices are drawn before the trainer sets its own
    return model.network if job.recipe.lora else model.network.float()


def silenced(trainer: Any) -> Any:
    """The trainer, without lines of its own on the terminal."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def check_length(length: int, number: int, most: int | None) -> None:
    """Refuse a row that is longer than the model, or a packed sequence, can be."""
    if most and length > most:
        raise WorkbookError(
            f"row {number} has {length} tokens, and {most} is the most that is read at a time",
            "Leave it out, or shorten it: cut text would teach to stop in the middle.",
        )


def _course(trainer: Any) -> dict[str, Any]:
    """Steps and losses; with held-out rows, theirs too, and the step whose weights are kept."""
    state = trainer.state
    told = {"steps": state.global_step, "loss": _losses(state.log_history, "loss")}
    if trainer.eval_dataset is None:
        return told
    best = {"step": state.best_global_step, "loss": round(state.best_metric, 4)}
    return {**told, "held_out_loss": _losses(state.log_history, "eval_loss"), "best": best}


def _losses(history: list[dict[str, Any]], name: str) -> list[tuple[int, float]]:
    return [(log["step"], round(log[name], 4)) for log in history if name in log]


def _check(job: Job) -> None:
    """A run may take the place of an earlier one of its kind, and of no other model."""
    if job.recipe.lora is None and (job.recipe.four_bit or not job.merge):
        raise UsageError("without LoRA there is no adapter to keep or to learn", "Give a rank, such as --lora 8.")
    if any(job.out.glob("*.safetensors")):
        record = job.out / "training.json"
        tuned = record.is_file() and "recipe" in json.loads(record.read_text(encoding="utf-8"))
        if not tuned or is_adapter(job.out) == job.merge:
            raise UsageError(f"{job.out} holds another model", "Choose another folder with --out.")


def _last_checkpoint(folder: Path, made: dict[str, Any], resume: bool) -> str | None:
    """The checkpoint to go on from; without ``resume``, what an earlier run left is forgotten."""
    from transformers.trainer_utils import get_last_checkpoint

    plan = folder / "plan.json"
    if resume and plan.is_file():
        if json.loads(plan.read_text(encoding="utf-8")) != made:
            raise WorkbookError(
                f"the checkpoints under {folder} are of another run: base, data or recipe differ",
                "Give what that run was given, or start anew without --resume.",
            )
        return get_last_checkpoint(str(folder))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_whole(plan, json.dumps(made, indent=1))
    return None


def _telling(progress: Progress) -> Any:
    from transformers import TrainerCallback

    class Telling(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            for name, called in (("loss", "loss"), ("eval_loss", "held-out loss")):
                if logs and name in logs:
                    progress(f"step {state.global_step} of {state.max_steps}, {called} {logs[name]:.4f}")

    return Telling()


@contextlib.contextmanager
def unfit_template(name: str) -> Iterator[None]:
    """TRL's errors about a template as ours."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if "template" not in str(error):
            raise
        raise WorkbookError(
            f"the chat template of {name} does not say which tokens are the assistant's",
            "Put {% generation %} and {% endgeneration %} around its words in chat_template.jinja.",
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Four bars for each step of the data, and warnings between two libraries, are noise."""
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    were_off = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        if not were_off:
            enable_progress_bars()
