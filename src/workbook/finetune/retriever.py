"""A dense retriever tuned on synthetic requests: LoRA on all-MiniLM-L6-v2, by sentence-transformers' own trainer.

Each request is pulled to the text of its operation, and pushed from a mined one that the untuned model takes for it
and from all others of its batch (InfoNCE). Only the adapter is written, with a record of how it was made;
``tools.embedding`` puts it on the original's weights. Leaves out where requests come from (``everyday``).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.environment import hardware, versions
from workbook.core.files import files_aside, write_whole
from workbook.finetune.everyday import Asked, requests, unseen_departments
from workbook.models.adapters import WEIGHTS
from workbook.models.loading import fingerprint
from workbook.tools.embedding import ORIGINAL, SHA256, original

if TYPE_CHECKING:
    from datasets import Dataset

LAYERS = ("query", "key", "value", "dense")
TOKENS = 48
"""Tokens of a text that are read in training; twice as many take twice as long."""
NEAREST = (1, 12)
"""The ranks from which a wrong text is drawn: the very nearest may be as right as the right one."""


@dataclass(frozen=True)
class Recipe:
    """How the adapter is trained; ``rate`` is the peak of a cosine with a tenth of warm-up."""

    rank: int = 4
    epochs: float = 1.5
    batch: int = 32
    rate: float = 1e-3
    seed: int = 0


def tune_retriever(
    out: Path,
    recipe: Recipe | None = None,
    rows: Sequence[Asked] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train on ``rows`` (all synthetic requests without), write the adapter to ``out``, and give its record."""
    recipe = recipe or Recipe()
    learned, start = list(rows or requests(recipe.seed)), time.perf_counter()
    model = _base()
    triplets = _triplets(model, learned)
    progress(f"{len(triplets)} requests, each with a wrong operation that looks right")
    losses = _train(model, triplets, recipe)
    network = model[0].model
    for config in network.peft_config.values():
        config.base_model_name_or_path = ORIGINAL  # its name, and not the folder where it lay
    with files_aside(out) as part:
        network.save_pretrained(part)
    return _record(out, recipe, learned, losses, time.perf_counter() - start)


def _base() -> Any:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(original()), device="cpu", local_files_only=True)
    model.max_seq_length = TOKENS
    return model


def _triplets(model: Any, rows: Sequence[Asked]) -> Dataset:
    """Each request with the text of its operation, and one that the untuned model ranks high and is another's."""
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    pairs = Dataset.from_dict({"request": [one.request for one in rows], "text": [one.text for one in rows]})
    corpus = list(dict.fromkeys(one.text for one in rows))
    low, high = NEAREST
    return mine_hard_negatives(
        pairs, model, corpus=corpus, range_min=low, range_max=min(high, len(corpus) - 1), num_negatives=1,
        sampling_strategy="random", verbose=False,
    )  # fmt: skip


def _train(model: Any, triplets: Dataset, recipe: Recipe) -> list[tuple[int, float]]:
    """Put an adapter on the model and train it; gives the loss by step."""
    from peft import LoraConfig
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers
    from transformers import set_seed

    set_seed(recipe.seed)
    model.add_adapter(LoraConfig(r=recipe.rank, lora_alpha=2 * recipe.rank, target_modules=list(LAYERS)))
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            folder, num_train_epochs=recipe.epochs, per_device_train_batch_size=recipe.batch, seed=recipe.seed,
            learning_rate=recipe.rate, lr_scheduler_type="cosine", warmup_steps=0.1, use_cpu=True, logging_steps=10,
            save_strategy="no", report_to="none", batch_sampler=BatchSamplers.NO_DUPLICATES, disable_tqdm=True,
            dataloader_pin_memory=False,
        )  # fmt: skip
        loss = MultipleNegativesRankingLoss(model)
        trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=triplets, loss=loss)
        trainer.train()
    return [(row["step"], float(row["loss"])) for row in trainer.state.log_history if "loss" in row]


def _record(
    out: Path, recipe: Recipe, rows: Sequence[Asked], losses: list[tuple[int, float]], seconds: float
) -> dict[str, Any]:
    """What a reader needs to know about the adapter, written beside it."""
    learned = "\n".join(f"{one.request}\t{one.text}" for one in rows)
    record = {
        "base": ORIGINAL, "base_sha256": SHA256, "recipe": asdict(recipe),
        "data": {"rows": len(rows), "sha256": hashlib.sha256(learned.encode()).hexdigest()},
        "held_out_departments": sorted(unseen_departments()), "loss": losses, "seconds": seconds,
        "hardware": hardware(),
        "versions": versions() | {name: version(name) for name in ("peft", "datasets", "accelerate")},
        "sha256": fingerprint([out / WEIGHTS]),
    }  # fmt: skip
    write_whole(out / "training.json", json.dumps(record, indent=1) + "\n")
    return record
