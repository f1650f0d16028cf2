"""How many of a drafter's tokens are kept: a weak model drafts, with the grammar's mask or without, a model verifies.

Counts, not seconds. What counts is what the drafter *offered*: the decoding loop cuts drafts where the grammar refuses
them, so what is left after that says nothing about the drafter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import Constraint
from workbook.grammar import GrammarDecoder, processor
from workbook.grammar.compiling import compiled
from workbook.grammar.drafting import ModelDrafter
from workbook.grammar.plans import Plan
from workbook.grammar.processor import GrammarProcessor

if TYPE_CHECKING:
    import torch

    from workbook.models.local import TransformersModel


@dataclass(frozen=True)
class Kept:
    """Tokens ``offered`` and ``accepted``, and the forward ``passes`` of the model that verified them."""

    offered: int
    accepted: int
    passes: int


class GuardedDrafter(ModelDrafter):
    """Drafts greedily with a network, under a mask where there is a ``guard``; counts what it offers."""

    def __init__(self, network: Any, guard: GrammarProcessor | None = None) -> None:
        super().__init__(network)
        self.guard, self.offered = guard, 0

    def draft(self, tokens: Sequence[int], count: int) -> Sequence[int]:
        """The next ``count`` tokens as the network would have them."""
        self.offered += count
        return super().draft(tokens, count)

    def choose(self, tokens: Sequence[int], scores: torch.Tensor) -> int:
        """The best token that the guard lets through."""
        import torch

        if self.guard is not None:
            ids = torch.tensor([list(tokens)], device=scores.device)
            scores = self.guard(ids, scores[None].float())[0]
        return super().choose(tokens, scores)


def kept_drafts(
    model: TransformersModel,
    drafter: TransformersModel,
    prompt: str,
    constraint: Constraint,
    *,
    masked: bool,
    drafts: int = 4,
    max_new_tokens: int = 160,
) -> Kept:
    """Decode ``prompt`` under ``constraint`` by llguidance, ``drafts`` tokens guessed at once by ``drafter``.

    Nothing is fast-forwarded, so every token is the drafter's to guess. Both models share a tokenizer.
    """
    guessing = GuardedDrafter(drafter.network, _guard(model, constraint, prompt) if masked else None)
    grammar, _ = compiled(model, constraint, "llguidance")
    loop = GrammarDecoder(grammar, Plan(fast_forward=False, drafts=drafts), guessing)
    model.complete([prompt], max_new_tokens=max_new_tokens, decoder=loop)
    return Kept(guessing.offered, loop.costs.accepted, loop.costs.passes)


def _guard(model: TransformersModel, constraint: Constraint, prompt: str) -> GrammarProcessor:
    """A processor that has seen where the prompt ends; the first text that it is shown holds drafts already."""
    import torch

    guard = processor(model, constraint, "llguidance")
    guard.masks(torch.tensor([model.encode(prompt)], device=model.device))
    return guard
