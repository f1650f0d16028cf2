"""One generation, token by token, with the probabilities before and after the mask.

What the token-stepping widget shows. Greedy, one prompt, without batches: it is made to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.core.constraints import Constraint
from workbook.grammar import masks as bits
from workbook.grammar.compiling import processor

if TYPE_CHECKING:
    import torch


class Candidate(NamedTuple):
    """A token that might have come: its text, its probability before and after the mask, and whether it may."""

    text: str
    p_before: float
    p_after: float
    allowed: bool


@dataclass(frozen=True)
class Step:
    """One token: what was chosen, what else stood at the top, and how many tokens were allowed."""

    token_id: int
    text: str
    top: tuple[Candidate, ...]
    allowed_count: int
    allowed_mass: float
    stop: bool

    @property
    def forced(self) -> bool:
        """Whether the constraint left no choice."""
        return self.allowed_count == 1


def steps(
    model: Any,
    prompt: str,
    constraint: Constraint | None = None,
    engine: str = "auto",
    max_new_tokens: int = 64,
    top: int = 8,
) -> list[Step]:
    """Greedy steps up to a stop token or the limit; ``top`` candidates each, the chosen one among them.

    ``model`` runs on this machine: its logits must be seen. ``allowed_mass`` of a step is the
    probability that the model, unconstrained, gave to what was allowed.
    """
    import torch

    masker = processor(model, constraint, engine) if constraint is not None else None
    ids = torch.tensor([model.encode(prompt)], device=model.device)
    result: list[Step] = []
    cache, fresh = None, ids
    with torch.inference_mode():
        while len(result) < max_new_tokens and not (result and result[-1].stop):
            output = model.network(input_ids=fresh, past_key_values=cache, use_cache=True)
            cache, logits = output.past_key_values, output.logits[0, -1].float()
            allowed = _allowed(masker, ids, logits)
            result.append(_step(model, logits, allowed, top))
            fresh = torch.tensor([[result[-1].token_id]], device=model.device)
            ids = torch.cat([ids, fresh], dim=1)
    return result


def _allowed(masker: Any, ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    import torch

    if masker is None:
        return torch.ones_like(logits, dtype=torch.bool)
    return bits.unpack(masker.masks(ids), len(logits))[0].to(logits.device)


def _step(model: Any, logits: torch.Tensor, allowed: torch.Tensor, top: int) -> Step:
    before = logits.softmax(-1)
    masked = logits.masked_fill(~allowed, float("-inf"))
    after = masked.softmax(-1)
    chosen = int(masked.argmax())
    shown = list(dict.fromkeys([chosen, *before.topk(min(top, len(before))).indices.tolist()]))[:top]
    shown.sort(key=lambda token: -float(before[token]))
    candidates = tuple(
        Candidate(model.decode([token]), float(before[token]), float(after[token]), bool(allowed[token]))
        for token in shown
    )
    mass = float(before[allowed].sum())
    return Step(chosen, model.decode([chosen]), candidates, int(allowed.sum()), mass, chosen in model.stop_ids)
