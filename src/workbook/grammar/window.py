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
        self.unread = prompts

    def show(self, feeds: list[list[int]], last: int) -> torch.Tensor:
        """Logits of the last ``last`` positions, (rows, ``last``, vocabulary); shorter rows have holes on the left.

        The first pass reads the prompts too.
        """
        import torch

        width = max(map(len, feeds))
        device = self.seen.device
        fed = torch.tensor([[0] * (width - len(feed)) + feed for feed in feeds], dtype=torch.int64, device=device)
        real = torch.tensor([[0] * (width - len(feed)) + [1] * len(feed) for feed in feeds], device=device)
        ids = torch.cat([self.unread, fed], dim=1)
        self.unread = self.unread[:, :0]
        self.seen = torch.cat([self.seen, real.to(self.seen.dtype)], dim=1)
        positions = (self.seen.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
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
        common = min((count for count in counts if count is not None), default=0)
        if common:
            self.seen = self.seen[:, :-common]
            self.cache.crop(-common)
