"""Sampling that can be repeated, row by row.

The Gumbel-max trick: the largest of ``logit / temperature + noise`` is an exact
sample from the softmax when the noise is Gumbel distributed. Here the noise is a
pure function of the row's seed, the step and the token, so a row draws the same
sample in any batch, on CPU and CUDA, after a rewind, and with or without a
grammar (common random numbers make arms comparable with fewer trials). Leaves out
top-k and top-p.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

GOLDEN = 0x9E3779B97F4A7C15
MIX_1, MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB  # splitmix64, Steele, Lea and Flood 2014


def row_seed(seed: int, prompt_ids: Sequence[int]) -> int:
    """63 bits that depend on the seed and the prompt alone."""
    digest = hashlib.sha256(f"{seed}:{','.join(map(str, prompt_ids))}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def _signed(value: int) -> int:
    """The 64-bit pattern as torch's int64."""
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def _shift_right(x: torch.Tensor, bits: int) -> torch.Tensor:
    """Logical shift: torch's is arithmetic, so the copies of the sign are cut off."""
    return (x >> bits) & _signed((1 << (64 - bits)) - 1)


def _splitmix(x: torch.Tensor) -> torch.Tensor:
    x = (x ^ _shift_right(x, 30)) * _signed(MIX_1)
    x = (x ^ _shift_right(x, 27)) * _signed(MIX_2)
    return x ^ _shift_right(x, 31)


def gumbel_noise(seeds: torch.Tensor, step: int | torch.Tensor, width: int) -> torch.Tensor:
    """Gumbel noise, (rows, ``width``) in float32, for rows with these int64 seeds at one step, or each at its own."""
    import torch

    tokens = torch.arange(width, device=seeds.device, dtype=torch.int64)
    steps = torch.as_tensor(step, device=seeds.device, dtype=torch.int64)
    keys = _splitmix(seeds + (steps + 1) * _signed(GOLDEN))  # both wrap at 64 bits
    bits = _shift_right(_splitmix(keys[:, None] + (tokens + 1) * _signed(GOLDEN)), 11)
    uniform = (bits.double() + 0.5) * 2.0**-53
    return -torch.log(-torch.log(uniform)).float()


class GumbelSampler:
    """A logits processor after which the greedy choice is a sample at ``temperature``."""

    def __init__(self, temperature: float, seeds: Sequence[int], prompt_length: int) -> None:
        if temperature <= 0:
            raise ValueError("a sampler needs a temperature above 0; greedy decoding needs no sampler")
        self.temperature, self.seeds, self.prompt_length = temperature, list(seeds), prompt_length

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Divide by the temperature and add this step's noise."""
        return self.at_steps(scores, input_ids.shape[1] - self.prompt_length)

    def at_steps(self, scores: Any, steps: Any) -> Any:
        """The same for rows at different steps: ``steps`` is an int64 tensor, one entry a row."""
        import torch

        seeds = torch.tensor(self.seeds, dtype=torch.int64, device=scores.device)
        return scores.float() / self.temperature + gumbel_noise(seeds, steps, scores.shape[1])
