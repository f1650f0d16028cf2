"""A training run on disk: its record, its state, and the folder that it leaves behind.

The state (weights, optimizers, record) is written aside and renamed, so that a killed process loses at most the
minutes since. Optimizer state stays under runs/, which is never committed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.files import aside, files_aside, write_whole
from workbook.finetune.pretrain import Preset
from workbook.finetune.tokenizer import END
from workbook.models.ladder import save_rung
from workbook.models.loading import fingerprint

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


@dataclass
class Record:
    """What a model card needs to know about a stage; written as JSON beside the weights."""

    stage: str
    preset: dict[str, Any]
    hardware: str
    versions: dict[str, str]
    tokens: int = 0
    seconds: float = 0.0
    loss: list[tuple[int, float]] = field(default_factory=list)
    dev: list[tuple[int, float]] = field(default_factory=list)
    funnel: dict[str, int] = field(default_factory=dict)
    resumed_at: list[int] = field(default_factory=list)
    note: str = ""  # a remark for the model card
    tried: list[str] = field(default_factory=list)  # what did not help, for the model card


@dataclass
class Run:
    """A stage under way: everything that a checkpoint holds."""

    preset: Preset
    stage: str
    model: LlamaForCausalLM
    tokenizer: PreTrainedTokenizerFast
    optimizers: list[torch.optim.Optimizer]
    record: Record
    device: str
    folder: Path
    warm_from: int = 0

    @property
    def state_file(self) -> Path:
        """Where the full state of this stage is kept."""
        return self.folder / f"{self.stage}.pt"


def load_weights(model: LlamaForCausalLM, folder: Path) -> None:
    """Fill the model from a finished one's folder, in float32; its output matrix stays tied to its input."""
    from safetensors.torch import load_file

    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    model.load_state_dict(weights, strict=False)
    model.tie_weights()


def load_state(run: Run) -> None:
    """Go on where the saved state stopped."""
    import torch

    state = torch.load(run.state_file, map_location=run.device, weights_only=True)
    run.model.load_state_dict(state["model"])
    for optimizer, saved in zip(run.optimizers, state["optimizers"], strict=True):
        peak = optimizer.param_groups[0]["peak"]
        optimizer.load_state_dict(saved)
        optimizer.param_groups[0]["peak"] = peak  # the preset may have changed since
    run.record = Record(**state["record"] | {"preset": run.record.preset})
    run.record.resumed_at.append(run.record.tokens)
    run.warm_from = run.record.tokens


def save_state(run: Run) -> None:
    """Write the state in one step: a killed process leaves the older one whole."""
    import torch

    state = {
        "model": run.model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in run.optimizers],
        "record": asdict(run.record),
    }
    with aside(run.state_file) as part:
        torch.save(state, part)


def export(run: Run, folder: Path) -> None:
    """Write weights (bf16, safetensors), tokenizer, template and training record as a transformers folder."""
    import copy

    import torch

    model = copy.deepcopy(run.model).to(torch.bfloat16)
    model.generation_config.eos_token_id = run.tokenizer.get_vocab()[END]
    model.generation_config.max_new_tokens = None
    with files_aside(folder) as part:
        model.save_pretrained(part, safe_serialization=True)
        run.tokenizer.save_pretrained(part)
    _write_record(run, folder / "model.safetensors", folder / "training.json")


def export_twin(run: Run, folder: Path) -> None:
    """Write the stage's weights in 8 bits, and its training record beside them."""
    weights = folder / f"{run.stage}.safetensors"
    save_rung(weights, run.model.state_dict(), run.model.config.to_diff_dict())
    _write_record(run, weights, folder / f"{run.stage}.json")


def _write_record(run: Run, weights: Path, path: Path) -> None:
    made = {**asdict(run.record), "sha256": fingerprint([weights])}
    write_whole(path, json.dumps(made, indent=1) + "\n")
