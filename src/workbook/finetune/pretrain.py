"""The parts of a training run: sizes, tokenizer, model, optimizers, learning rate and loss.

Muon (Jordan et al., 2024) on the hidden matrices, AdamW on the rest; warm-up, plateau, and decay over
the last third. ``train`` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.finetune.stream import make_base, make_tools, render
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
    dev_every: int = 2_000_000
    compile: bool = True

    def tokens(self, stage: str) -> int:
        """Length of ``stage`` in tokens."""
        return self.base_tokens if stage == "base" else self.tools_tokens


PRESETS: Mapping[str, Preset] = {
    "cpu": Preset("cpu", 15_000_000, 20_000_000, 4096, workers=1),
    "gpu": Preset(
        "gpu",
        600_000_000,
        1_400_000_000,
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
    """The tokenizer in ``folder``; learned from 40,000 rendered examples, and saved there, where it is missing."""
    if not (folder / "tokenizer.json").exists():
        # Merges only: the template is rendered by a tokenizer that knows bytes alone.
        bytes_only, rng = train_tokenizer([], 264), Random(preset.seed)
        makers = (make_base, make_tools)
        texts = (render(makers[i % 2](rng, 1.0), bytes_only) for i in range(40_000))
        tokenizer = train_tokenizer(texts, preset.vocabulary)
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save_pretrained(folder)
    return load_tokenizer(folder)


def rate_factor(tokens: float, total: float, warmup_tokens: float) -> float:
    """Warm-up, plateau, then linear decay over the last third of the stage."""
    return max(0.0, min(1.0, tokens / warmup_tokens, (total - tokens) / (total / 3)))


def optimizers(model: LlamaForCausalLM, preset: Preset) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    import torch

    hidden = [p for name, p in model.named_parameters() if p.ndim == 2 and "layers" in name]
    rest = [p for name, p in model.named_parameters() if not (p.ndim == 2 and "layers" in name)]
    muon = torch.optim.Muon(hidden, lr=preset.muon_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(rest, lr=preset.adam_rate, betas=(0.9, 0.95), weight_decay=0.0)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [muon, adam]


def within_documents(ids: torch.Tensor, bos: int) -> torch.Tensor:
    """Which positions (rows, 1, length, length) see which: what came before in the same packed example, and no other.

    Examples share made-up syllables, so a neighbour in the row is full of false leads for copying.
    """
    import torch

    document = (ids == bos).cumsum(dim=1)
    same = document[:, :, None] == document[:, None, :]
    return (same & torch.ones_like(same).tril())[:, None]


def weighted_loss(
    model: Any, body: Callable[..., Any], ids: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy of the next token, weighted; and that of the fully weighted tokens alone, to look at.

    Logits are computed only where there is weight. Of the lightly weighted tokens one in ``LIGHT_ONE_IN`` is
    taken, with so many times its weight: same mean, less work.
    """
    import torch

    # The whole row goes in, its last position is dropped after: kernels like lengths that are powers of two.
    mask = within_documents(ids, model.config.bos_token_id)
    hidden = body(ids, attention_mask=mask, use_cache=False).last_hidden_state[:, :-1]
    targets, weights = ids[:, 1:], weights[:, 1:]
    light = (weights > 0) & (weights < 1)
    taken = (weights >= 1) | (light & (torch.rand_like(weights) < 1 / LIGHT_ONE_IN))
    full = ~light[taken]
    scale = torch.where(full, 1.0, weights[taken] * LIGHT_ONE_IN)
    logits = model.lm_head(hidden[taken]).float()
    losses = torch.nn.functional.cross_entropy(logits, targets[taken], reduction="none")
    return (losses * scale).sum() / scale.sum(), losses[full].mean().detach()


def copying_batch(preset: Preset, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens said twice: the second time is the target. Teaches copying before anything else."""
    import torch

    half = 64
    rows = max(1, preset.batch_tokens // (2 * half))
    first = torch.randint(8, preset.vocabulary, (rows, half), generator=generator)
    weights = torch.cat([torch.zeros(rows, half), torch.ones(rows, half)], dim=1)
    return torch.cat([first, first], dim=1), weights
