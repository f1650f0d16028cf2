"""A model behind its KV cache, shown new tokens by rows of unequal length.

A pass takes what each row has not shown yet, right-aligned, with holes on the left that the attention mask covers, so
that the last column always holds every row's last token. Guessed tokens can be taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class Window:
    """The model behind its KV cache: shows it the rows' new tokens and gives the logits of the last few."""

    def __init__(self, model: Any, prompts: torch.Tensor, mask: torch.Tensor | None) -> None:
        import torch
        from transformers import DynamicCache

        self.model, self.cache = model, DynamicCache(config=model.config)
        self.seen = torch.ones_like(prompts) if mask is None else mask
        self.prompts = prompts
        self.lengths = self.seen.sum(dim=1)

    def prefill(self) -> torch.Tensor:
        """Logits after the prompts, (rows, 1, vocabulary)."""
        positions = (self.seen.cumsum(dim=1) - 1).clamp(min=0)
        return self._pass(self.prompts, self.seen, positions, 1)

    def show(self, feeds: list[list[int]], last: int) -> torch.Tensor:
        """Logits of the last ``last`` positions, (rows, ``last``, vocabulary); shorter rows have holes on the left."""
        import torch

        width = max(map(len, feeds))
        ids = torch.tensor([[0] * (width - len(feed)) + feed for feed in feeds], device=self.seen.device)
        real = torch.tensor([[0] * (width - len(feed)) + [1] * len(feed) for feed in feeds], device=self.seen.device)
        positions = (self.lengths[:, None] + real.cumsum(dim=1) - 1).clamp(min=0)
        self.seen = torch.cat([self.seen, real], dim=1)
        self.lengths = self.lengths + real.sum(dim=1)
        return self._pass(ids, self.seen, positions, last)

    def _pass(self, ids: torch.Tensor, seen: torch.Tensor, positions: torch.Tensor, last: int) -> torch.Tensor:
        output = self.model(
            input_ids=ids,
            attention_mask=seen,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=last,
        )
        logits: torch.Tensor = output.logits.float()
        return logits

    def forget(self, counts: list[int | None]) -> None:
        """Take back the last ``counts[row]`` tokens of each row: cut off what no row keeps, cover the rest.

        None stands for a row that had ended, and was not shown anything.
        """
        for row, count in enumerate(counts):
            if count:
                self.seen[row, -count:] = 0
                self.lengths[row] -= count
        common = min((count for count in counts if count is not None), default=0)
        if common:
            self.seen = self.seen[:, :-common]
            self.cache.crop(-common)
