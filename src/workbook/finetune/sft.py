"""Supervised fine-tuning, whole or by LoRA, with TRL's SFTTrainer and PEFT: the loss is on the assistant's turns alone.

The model's own chat template says which tokens those are. Progress is kept in checkpoints, so that a run can be
resumed; what it leaves is a folder for ``load_model`` (``tuned``). Leaves out making rows, and preferences (DPO, KTO).
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.rows import Row, as_rendered, check_rows, digest
from workbook.finetune.tuned import write_tuned
from workbook.models.adapters import is_adapter
from workbook.models.loading import load_local

if TYPE_CHECKING:
    from trl import SFTTrainer

    from workbook.models.local import TransformersModel

RATES = {"lora": 2e-4, "full": 2e-5}
"""Learning rates that fit models of a few billion weights; a tiny one takes ten times as much."""
LARGE = 10**9  # weights from which memory counts for more than the fifth of the time that saving it costs
CHECKPOINTS = "checkpoints"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """What a run is made with: the rank of LoRA's matrices (None: all weights), rows a step, the peak rate."""

    lora: int | None
    epochs: float
    batch: int
    rate: float
    seed: int


def fine_tune(
    base: str,
    rows: Sequence[Row],
    out: Path,
    *,
    lora: int | None = None,
    epochs: float = 3.0,
    batch: int = 16,
    rate: float | None = None,
    seed: int = 0,
    resume: bool = False,
    merge: bool = True,
    progress: Progress = print,
) -> Path:
    """Tune the model ``base`` (any id of ``load_model`` that is not a server) and write it to ``out``.

    ``merge=False`` keeps LoRA's adapter alone, which loads where its base is. ``resume`` goes on from the last
    checkpoint of the same run. Raises ``UsageError`` for an unknown base, ``WorkbookError`` for rows that cannot be
    learned from and for a checkpoint of another run.
    """
    if not merge and lora is None:
        raise UsageError("without LoRA there is no adapter to keep", "Give a rank, such as --lora 8.")
    _check_free(out, merge)
    recipe = Recipe(lora, epochs, batch, rate or RATES["lora" if lora else "full"], seed)
    model = load_local(base)
    check_rows(rows, model.controls)
    data = {"rows": len(rows), "sha256": digest(rows)}
    made = {"base": base, "base_sha256": model.fingerprint, "data": data, "recipe": asdict(recipe)}
    last = _last_checkpoint(out / CHECKPOINTS, made, resume)
    trainer = sft_trainer(model, rows, recipe, out / CHECKPOINTS, progress)
    started = time.monotonic()
    with _quiet():
        trainer.train(resume_from_checkpoint=last)
    told = {"resumed": last is not None, "seconds": time.monotonic() - started, "steps": trainer.state.global_step}
    losses = [(log["step"], round(log["loss"], 4)) for log in trainer.state.log_history if "loss" in log]
    write_tuned(trainer.model, model.tokenizer, out, {**made, **told, "loss": losses}, merge)
    shutil.rmtree(out / CHECKPOINTS)
    return out


def sft_trainer(
    model: TransformersModel, rows: Sequence[Row], recipe: Recipe, checkpoints: Path, progress: Progress
) -> SFTTrainer:
    """TRL's trainer, its data tokenized: ``train_dataset`` has ``input_ids``, and ``labels`` that are -100 off the
    assistant's turns."""
    from huggingface_hub import constants
    from peft import LoraConfig
    from transformers import PrinterCallback, set_seed
    from trl import SFTTrainer

    constants.HF_HUB_DISABLE_TELEMETRY = True  # nothing of ours asks the network
    set_seed(recipe.seed)  # LoRA's matrices are drawn before the trainer sets its own
    lora = LoraConfig(r=recipe.lora, lora_alpha=2 * recipe.lora, target_modules="all-linear") if recipe.lora else None
    network = model.network if lora else model.network.float()
    with _quiet(), _unfit_template(model.name):
        trainer = SFTTrainer(
            network,
            _arguments(recipe, checkpoints, str(model.device), network.num_parameters()),
            train_dataset=_dataset(rows),
            processing_class=model.tokenizer,
            peft_config=lora,
            callbacks=[_telling(progress)],
        )
    trainer.remove_callback(PrinterCallback)
    _check_lengths(trainer.train_dataset["input_ids"], model.context)
    return trainer


def _arguments(recipe: Recipe, checkpoints: Path, device: str, weights: int) -> Any:
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.03,
        seed=recipe.seed,
        max_length=None,  # a row that is too long is an error, and never cut
        assistant_only_loss=True,
        bf16=True,
        use_cpu=device == "cpu",
        train_sampling_strategy="group_by_length",  # little padding
        gradient_checkpointing=weights >= LARGE,
        logging_steps=0.02,
        save_steps=0.1,
        save_total_limit=1,
        disable_tqdm=True,
        dataloader_pin_memory=device != "cpu",
    )


def _dataset(rows: Sequence[Row]) -> Any:
    """Arguments as JSON: a column of Arrow would give every call the parameters of all others."""
    from datasets import Dataset

    columns = ("messages", "tools") if any(row.get("tools") for row in rows) else ("messages",)
    plain = [as_rendered(row) for row in rows]
    return Dataset.from_list([{name: row[name] for name in columns} for row in plain], on_mixed_types="use_json")


def _check_lengths(ids: Sequence[Sequence[int]], context: int | None) -> None:
    for number, row in enumerate(ids, 1):
        if context and len(row) > context:
            raise WorkbookError(
                f"row {number} has {len(row)} tokens, and the model reads at most {context}",
                "Leave it out, or shorten it: cut text would teach to stop in the middle.",
            )


def _check_free(out: Path, merge: bool) -> None:
    """A run may take the place of an earlier one of its kind, and of no other model."""
    if any(out.glob("*.safetensors")):
        record = out / "training.json"
        tuned = record.is_file() and "recipe" in json.loads(record.read_text(encoding="utf-8"))
        if not tuned or is_adapter(out) == merge:
            raise UsageError(f"{out} holds another model", "Choose another folder with --out.")


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
    plan.write_text(json.dumps(made, indent=1), encoding="utf-8")
    return None


def _telling(progress: Progress) -> Any:
    from transformers import TrainerCallback

    class Telling(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs:
                progress(f"step {state.global_step} of {state.max_steps}, loss {logs['loss']:.4f}")

    return Telling()


@contextlib.contextmanager
def _unfit_template(name: str) -> Iterator[None]:
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
def _quiet() -> Iterator[None]:
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
