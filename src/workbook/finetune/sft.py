"""Supervised fine-tuning, whole or by LoRA, with TRL's SFTTrainer and PEFT: the loss is on the assistant's turns alone.

The model's own chat template says which tokens those are. Rows may be packed: several in one sequence, which do not see
each other. Leaves out making rows, the run around the trainer (``tuning``), and preferences (``dpo``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.finetune.rows import Row, as_rendered, check_rows
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
    unfit_template,
)

if TYPE_CHECKING:
    from trl import SFTTrainer

    from workbook.models.local import TransformersModel

RATES = {"lora": 2e-4, "full": 2e-5}
"""Learning rates that fit models of a few billion weights; a tiny one takes ten times as much."""
PROBE = 8
"""Tokens of each of the two rows by which packing is tried out."""


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
    pack: int | None = None,
    four_bit: bool = False,
    held_out: Sequence[Row] = (),
    mixed: Sequence[Mapping[str, Any]] = (),
    resume: bool = False,
    merge: bool = True,
    progress: Progress = print,
) -> Path:
    """Tune the model ``base`` (any id of ``load_model`` that is not a server) and write it to ``out``.

    ``merge=False`` keeps LoRA's adapter alone, which loads where its base is. ``held_out`` rows are looked at ten times
    in a run: the best weights are kept, and the run ends when they no longer improve. ``pack``: tokens of a packed
    sequence, of which a step then takes ``batch``. ``mixed`` says for the record what of ``rows`` was mixed in.
    Raises ``UsageError`` for an unknown base, ``WorkbookError`` for rows that cannot be learned from, for a checkpoint
    of another run, and where packed rows would see each other.
    """
    recipe = Recipe(lora, epochs, batch, rate or RATES["lora" if lora else "full"], seed, pack, four_bit)
    job = Job(base, out, recipe, resume, merge, progress)
    data = described(rows, held_out) | ({"mixed": list(mixed)} if mixed else {})
    return tune(job, data, lambda model: sft_trainer(model, rows, job, held_out))


def sft_trainer(model: TransformersModel, rows: Sequence[Row], job: Job, held_out: Sequence[Row] = ()) -> SFTTrainer:
    """TRL's trainer, its data tokenized: ``train_dataset`` has ``input_ids``, and ``labels`` that are -100 off the
    assistant's turns."""
    from trl import SFTTrainer

    check_rows([*rows, *held_out], model.controls)
    _check_lengths(model, [*rows, *held_out], job.recipe.pack or model.context)
    network = prepared(job, model)
    if job.recipe.pack:
        check_packing(model.name, network)
    with quiet(), unfit_template(model.name):
        trainer = SFTTrainer(
            network,
            _arguments(job, model, bool(held_out)),
            train_dataset=_dataset(rows),
            eval_dataset=_dataset(held_out) if held_out else None,
            **parts(job, model, bool(held_out)),
        )
    return silenced(trainer)


def check_packing(name: str, network: Any) -> None:
    """Raise ``WorkbookError`` where a row's logits depend on the row before it in the same sequence.

    Tried out and not looked up: whether attention is cut between rows depends on the architecture, on how it computes
    attention, and on what it is given.
    """
    import torch
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    collate = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)

    def second_after(first: int) -> torch.Tensor:
        batch = collate([{"input_ids": [first] * PROBE}, {"input_ids": list(range(1, PROBE + 1))}])
        placed = {key: value.to(network.device) if hasattr(value, "to") else value for key, value in batch.items()}
        with torch.inference_mode():
            return network(**placed, use_cache=False).logits[0, PROBE:].float()

    one, other = second_after(1), second_after(2)
    if not torch.allclose(one, other, rtol=1e-3, atol=1e-3 * float(one.abs().max())):
        raise WorkbookError(
            f"packed rows of {name} would see each other: its attention takes a sequence of several rows for one",
            "Tune without --pack.",
        )


def _arguments(job: Job, model: TransformersModel, held_out: bool) -> Any:
    from trl import SFTConfig

    common = arguments(job, model, held_out)
    pack = job.recipe.pack
    if pack:  # a sequence at a time: TRL strings all of a batch together, and its mask grows with the square
        common |= {"packing": True, "max_length": pack, "gradient_accumulation_steps": job.recipe.batch}
        common |= {"per_device_train_batch_size": 1, "per_device_eval_batch_size": 1}
    else:
        common["train_sampling_strategy"] = "group_by_length"  # little padding
    return SFTConfig(assistant_only_loss=True, **common)


def _dataset(rows: Sequence[Row]) -> Any:
    """Arguments as JSON: a column of Arrow would give every call the parameters of all others."""
    from datasets import Dataset

    columns = ("messages", "tools") if any(row.get("tools") for row in rows) else ("messages",)
    plain = [as_rendered(row) for row in rows]
    return Dataset.from_list([{name: row[name] for name in columns} for row in plain], on_mixed_types="use_json")


def _check_lengths(model: TransformersModel, rows: Sequence[Row], most: int | None) -> None:
    for number, row in enumerate(rows, 1):
        plain = as_rendered(row)
        text = model.tokenizer.apply_chat_template(plain["messages"], tools=plain["tools"], tokenize=False)
        check_length(len(model.encode(text)), number, most)
