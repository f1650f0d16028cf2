"""The parts of a training run: sizes, tokenizer, model, optimizers, learning rate and loss.

Muon (Jordan et al., 2024) on the hidden matrices, AdamW on the rest; warm-up, then linear decay to zero (Bergsma et
al., "Straight to Zero", 2025). ``train`` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.core.files import files_aside
from workbook.finetune.stream import Batch, make_base, make_tools, render
from workbook.finetune.tokenizer import CONTEXT, END, PAD, load_tokenizer, train_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


LIGHT_ONE_IN = 6


@dataclass(frozen=True)
class Preset:
    """Sizes of a run. Learning rates are peaks; tokens are per stage."""

    name: str
    base_tokens: int
    tools_tokens: int
    twin_tokens: int
    batch_tokens: int
    workers: int
    vocabulary: int = 4096
    width: int = 256
    layers: int = 4
    heads: int = 8
    inner: int = 704
    muon_rate: float = 2e-3
    adam_rate: float = 2e-3
    warmup: int = 100
    seed: int = 76
    dev_every: int = 8_000_000
    compile: bool = True

    def tokens(self, stage: str) -> int:
        """How many tokens ``base`` or ``tools`` sees; any other stage is a twin's."""
        lengths = {"base": self.base_tokens, "tools": self.tools_tokens}
        return lengths.get(stage, self.twin_tokens)


PRESETS: Mapping[str, Preset] = {
    "cpu": Preset("cpu", 15_000_000, 151_000_000, 14_000_000, 8192, workers=1),
    "gpu": Preset(
        "gpu",
        600_000_000,
        1_400_000_000,
        150_000_000,
        65536,
        workers=14,
        layers=6,
        width=288,
        heads=9,
        inner=768,
        dev_every=50_000_000,
        seed=77,
    ),
}


def build_model(preset: Preset, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama of the preset's size with random weights; input and output embeddings are one matrix."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    ids = tokenizer.get_vocab()
    config = LlamaConfig(
        vocab_size=preset.vocabulary,
        hidden_size=preset.width,
        intermediate_size=preset.inner,
        num_hidden_layers=preset.layers,
        num_attention_heads=preset.heads,
        num_key_value_heads=preset.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ids[END],
        pad_token_id=ids[PAD],
        attn_implementation="sdpa",
    )
    torch.manual_seed(preset.seed)
    return LlamaForCausalLM(config)


def tokenizer_for(preset: Preset, folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer in ``folder``; learned from some 40,000 rendered examples, and saved there, where it is missing."""
    if not (folder / "tokenizer.json").exists():
        # Merges only: the template is rendered by a tokenizer that knows bytes alone.
        bytes_only, rng = train_tokenizer([], 264), Random(preset.seed)
        makers = (make_base, make_tools)
        texts = (render(example, bytes_only) for i in range(12_000) for example in makers[i % 2](rng, 1.0))
        tokenizer = train_tokenizer(texts, preset.vocabulary)
        with files_aside(folder) as part:
            tokenizer.save_pretrained(part)
    return load_tokenizer(folder)


def rate_factor(tokens: float, total: float, warmup_tokens: float) -> float:
    """Warm-up, then linear decay to zero. A plateau brought nothing here: all gains came while the rate fell."""
    return max(0.0, min(tokens / warmup_tokens, (total - tokens) / (total - warmup_tokens)))


def optimizers(model: LlamaForCausalLM, preset: Preset) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    import torch

    hidden = [p for name, p in model.named_parameters() if p.ndim == 2 and "layers" in name]
    rest = [p for name, p in model.named_parameters() if not (p.ndim == 2 and "layers" in name)]
    muon = torch.optim.Muon(hidden, lr=preset.muon_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(rest, lr=preset.adam_rate, betas=(0.9, 0.98), weight_decay=0.0)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [muon, adam]


class Tensors(NamedTuple):
    """A ``stream.Batch`` on the device; every tensor has the shape (rows, row length)."""

    ids: torch.Tensor
    weights: torch.Tensor
    documents: torch.Tensor
    branches: torch.Tensor
    positions: torch.Tensor


def to_tensors(batch: Batch, device: str) -> Tensors:
    """The batch as tensors: weights as floats, all else as 64-bit integers."""
    import torch

    kinds = (torch.int64, torch.float32, torch.int64, torch.int64, torch.int64)
    return Tensors(*(torch.as_tensor(a).to(device, kind) for a, kind in zip(batch, kinds, strict=True)))


def visible(documents: torch.Tensor, branches: torch.Tensor) -> torch.Tensor:
    """Which positions (rows, 1, length, length) see which: earlier ones of the same document, in the shared branch 0 or
    in the same branch.

    Examples share made-up syllables, so a neighbour in the row is full of false leads for copying.
    """
    import torch

    same = documents[:, :, None] == documents[:, None, :]
    open_to = (branches[:, None, :] == 0) | (branches[:, :, None] == branches[:, None, :])
    return (same & open_to & torch.ones_like(same).tril())[:, None]


def weighted_loss(model: Any, body: Callable[..., Any], batch: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy of the next token, weighted; and the plain mean over the answers alone, to look at.

    Logits are computed only where there is weight. Of the lightly weighted tokens one in ``LIGHT_ONE_IN`` is
    taken, with so many times its weight: same mean, less work.
    """
    import torch

    # The whole row goes in, its last position is dropped after: kernels like lengths that are powers of two.
    mask = visible(batch.documents, batch.branches)
    states = body(batch.ids, attention_mask=mask, position_ids=batch.positions, use_cache=False).last_hidden_state
    hidden, targets, weights = states[:, :-1], batch.ids[:, 1:], batch.weights[:, 1:]
    light = (weights > 0) & (weights < 1)
    taken = (weights >= 1) | (light & (torch.rand_like(weights) < 1 / LIGHT_ONE_IN))
    answers = ~light[taken]
    scale = torch.where(answers, weights[taken], weights[taken] * LIGHT_ONE_IN)
    logits = model.lm_head(hidden[taken]).float()
    losses = torch.nn.functional.cross_entropy(logits, targets[taken], reduction="none")
    return (losses * scale).sum() / scale.sum(), losses[answers].mean().detach()


def copying_batch(preset: Preset, generator: torch.Generator, device: str) -> Tensors:
    """Random tokens said twice: the second time is the target. Teaches copying before anything else."""
    import torch

    half = 64
    rows = max(1, preset.batch_tokens // (2 * half))
    first = torch.randint(8, preset.vocabulary, (rows, half), generator=generator)
    weights = torch.cat([torch.zeros(rows, half), torch.ones(rows, half)], dim=1)
    nowhere = torch.zeros(rows, 2 * half, dtype=torch.int64)
    positions = torch.arange(2 * half).expand(rows, -1)
    row = Tensors(torch.cat([first, first], dim=1), weights, nowhere, nowhere, positions)
    return Tensors(*(tensor.to(device) for tensor in row))
