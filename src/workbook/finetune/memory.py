"""How much memory tuning takes, from a model's shape alone: weights, adapters, gradients, optimizer, activations.

Counts what this project's runs hold: matrices of a base in 4 bits (NF4 with double quantization), in bfloat16 or, where
all weights are learned, in float32; AdamW; activations under gradient checkpointing, which keeps the input of every
layer and computes one layer at a time anew. Leaves out what kernels borrow and what the allocator wastes. Logits are
not counted: TRL projects them in tiles, and only where something is learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GIB = 2**30
NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
"""Bits of a weight in NF4: its own, its share of a block's scale in 8 bits, and of the scale of 256 scales."""
ADAM = 2
"""Numbers that AdamW keeps for each one it learns."""


@dataclass(frozen=True)
class Shape:
    """What of a Llama-like model's configuration decides its size."""

    hidden: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    head: int
    vocabulary: int
    tied: bool = False

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Shape:
        """From a ``config.json`` of the Llama or the Mistral family."""
        heads = config["num_attention_heads"]
        return cls(
            config["hidden_size"],
            config["intermediate_size"],
            config["num_hidden_layers"],
            heads,
            config.get("num_key_value_heads") or heads,
            config.get("head_dim") or config["hidden_size"] // heads,
            config["vocab_size"],
            bool(config.get("tie_word_embeddings")),
        )

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """Inputs and outputs of a layer's matrices: those that LoRA adapts and 4 bits hold."""
        queries, keys = self.heads * self.head, self.key_heads * self.head
        attention = [(self.hidden, queries), (self.hidden, keys), (self.hidden, keys), (queries, self.hidden)]
        return [*attention, (self.hidden, self.inner), (self.hidden, self.inner), (self.inner, self.hidden)]

    @property
    def in_matrices(self) -> int:
        """Weights in the matrices of all layers."""
        return self.layers * sum(a * b for a, b in self.matrices)

    @property
    def elsewhere(self) -> int:
        """Weights in embeddings, output and norms, which stay as they are."""
        return (1 if self.tied else 2) * self.vocabulary * self.hidden + (2 * self.layers + 1) * self.hidden

    def in_adapters(self, rank: int) -> int:
        """Weights of LoRA's matrices."""
        return self.layers * sum(rank * (a + b) for a, b in self.matrices)


MISTRAL_7B = Shape(4096, 14336, 32, 32, 8, 128, 32768)
"""Mistral-7B-v0.3."""


def plan(shape: Shape, tokens: int, lora: int | None = None, four_bit: bool = False) -> dict[str, float]:
    """GiB of each part for ``tokens`` in a step's largest batch, and their sum as ``together``."""
    learned, width = (shape.in_adapters(lora), 2 if four_bit else 4) if lora else (0, 4)
    stored = shape.in_matrices * (NF4_BITS / 8 if four_bit else 2) + shape.elsewhere * 2
    if not lora:
        learned, stored = shape.in_matrices + shape.elsewhere, 4 * (shape.in_matrices + shape.elsewhere)
    parts = {
        "weights": stored,
        "adapters": learned * width if lora else 0,
        "gradients": learned * width,
        "optimizer": learned * width * ADAM,
        "kept activations": shape.layers * tokens * shape.hidden * 2,
        "one layer anew": tokens * layer_bytes(shape, lora or 0),
        "one matrix unpacked": 2 * max(a * b for a, b in shape.matrices) if four_bit else 0,
    }
    return {name: size / GIB for name, size in parts.items()} | {"together": sum(parts.values()) / GIB}


def layer_bytes(shape: Shape, rank: int = 0) -> int:
    """Bytes that a layer keeps of each token for its backward pass, in bfloat16 with attention that keeps no scores.

    Two norms keep their input in float32, and once more where they are learned; each adapted matrix keeps a copy of
    its input and its inner product.
    """
    queries, keys = shape.heads * shape.head, shape.key_heads * shape.head
    norms = 2 * (4 * shape.hidden + 4)
    attention = 2 * (queries + 2 * keys + queries) + 4 * shape.heads
    gated = 3 * 2 * shape.inner
    inputs = 2 * (sum(a for a, _ in shape.matrices) if rank else 4 * shape.hidden + shape.inner)
    return norms + attention + gated + inputs + len(shape.matrices) * 2 * rank
