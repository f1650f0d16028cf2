"""Fine-tuning in seconds: the loop that a sweep of many small runs can afford, whole or by LoRA (PEFT).

It learns what TRL's trainer (``sft``) would: the same template, the loss on the assistant's turns. For a model of a few
million weights that trainer spends most of its time beside the model; this one looks at the answers' logits alone.
Leaves out checkpoints, files and CUDA's finer points: what takes minutes belongs to ``sft``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.finetune.rows import Row, as_rendered
from workbook.models.local import TransformersModel

if TYPE_CHECKING:
    import torch

WARM_UP = 0.1
"""Share of the steps in which the rate rises; over the rest it falls along a cosine."""
SORTED = 8
"""Batches among which rows are sorted by length, so that little is padded."""


@dataclass(frozen=True)
class Short:
    """How a run goes: LoRA's rank (0: all weights), the peak rate, epochs, rows a step; ``all_tokens``: loss on every
    token, the prompt's and its schemas' too. ``words``: texts whose tokens learn their embeddings beside LoRA's
    matrices, which leave those frozen: a token that the base never wrote stays out of reach without."""

    rank: int = 0
    rate: float = 6e-4
    epochs: int = 3
    batch: int = 4
    seed: int = 0
    all_tokens: bool = False
    words: tuple[str, ...] = ()


def tuned(base: TransformersModel, rows: Sequence[Row], how: Short) -> TransformersModel:
    """``base``, whose weights are changed in place, after one run over ``rows``; it keeps its name."""
    import torch

    torch.manual_seed(how.seed)
    network = _with_lora(base, how)
    learned = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=how.rate, weight_decay=0.0, fused=True)
    steps = list(batches([tokenized(base, row, how.all_tokens) for row in rows], how))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _factor(step, len(steps)))
    network.train()
    for batch in steps:
        with torch.autocast(base.device.type, dtype=torch.bfloat16):
            loss = answer_loss(network, _padded(batch, base.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    merged = network.merge_and_unload() if how.rank else network
    return TransformersModel(base.name, merged, base.tokenizer, chat_format=base.chat_format)


def tokenized(base: TransformersModel, row: Row, all_tokens: bool = False) -> tuple[list[int], list[bool]]:
    """A row's tokens, and which of them are learned."""
    plain = as_rendered(row)
    made = base.tokenizer.apply_chat_template(
        plain["messages"], tools=plain["tools"], return_dict=True, return_assistant_tokens_mask=True
    )
    ids = made["input_ids"]
    return ids, [True] * len(ids) if all_tokens else [bool(one) for one in made["assistant_masks"]]


def answer_loss(network: Any, batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over the learned tokens: each is told by what stands before it."""
    import torch

    ids, mask, learned = batch
    base = network.get_base_model() if hasattr(network, "get_base_model") else network
    hidden = base.model(input_ids=ids, attention_mask=mask).last_hidden_state[:, :-1]
    wanted = learned[:, 1:]
    return torch.nn.functional.cross_entropy(base.lm_head(hidden[wanted]).float(), ids[:, 1:][wanted])


def batches(examples: Sequence[Any], how: Short) -> Iterator[list[Any]]:
    """The examples of each step, for all epochs; an example begins with its tokens."""
    rng = Random(f"short {how.seed}")
    for _ in range(how.epochs):
        order = rng.sample(list(examples), len(examples))
        groups = [order[i : i + SORTED * how.batch] for i in range(0, len(order), SORTED * how.batch)]
        near = [one for group in groups for one in sorted(group, key=lambda example: len(example[0]))]
        cut = [near[i : i + how.batch] for i in range(0, len(near), how.batch)]
        yield from rng.sample(cut, len(cut))


def _with_lora(base: TransformersModel, how: Short) -> Any:
    network: Any = base.network.float()
    if not how.rank:
        return network
    from peft import LoraConfig, get_peft_model

    tokens = {one for text in how.words for one in base.tokenizer(text, add_special_tokens=False)["input_ids"]}
    config = LoraConfig(
        r=how.rank,
        lora_alpha=2 * how.rank,
        target_modules="all-linear",
        trainable_token_indices=sorted(tokens) or None,
    )
    return get_peft_model(network, config)


def _padded(batch: Sequence[tuple[list[int], list[bool]]], device: Any) -> Any:
    import torch

    width = max(len(ids) for ids, _ in batch)
    rows = [(ids + [0] * (width - len(ids)), len(ids), on + [False] * (width - len(on))) for ids, on in batch]
    mask = [[1] * size + [0] * (width - size) for _, size, _ in rows]
    return tuple(torch.tensor(part, device=device) for part in ([r[0] for r in rows], mask, [r[2] for r in rows]))


def _factor(step: int, steps: int) -> float:
    import math

    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
