"""Guesses of how a text goes on, for the decoding loop to confirm or take back in its next pass.

Copying from the text so far, or a second network. A wrong guess costs time and changes nothing; what pays is decided by
how often guesses are right. Guesses know nothing of the constraint: the loop cuts them where it is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


class Drafter(Protocol):
    """Guesses how a text goes on; a wrong guess costs a little time and changes nothing."""

    def draft(self, tokens: Sequence[int], count: int) -> Sequence[int]:
        """At most ``count`` tokens after ``tokens`` (prompt and text)."""


class PromptLookup:
    """Drafts what followed the last tokens when they stood in the text before: arguments are copied from requests.

    Prompt lookup decoding (Saxena, 2023): no second model. ``shortest`` tokens must agree.
    """

    def __init__(self, longest: int = 3, shortest: int = 1) -> None:
        self.longest, self.shortest = longest, shortest

    def draft(self, tokens: Sequence[int], count: int) -> Sequence[int]:
        """The continuation of the latest earlier occurrence of the longest ending that has one."""
        text = list(tokens)
        for size in range(self.longest, self.shortest - 1, -1):
            ending = text[-size:]
            for start in range(len(text) - size - 1, -1, -1):
                if text[start : start + size] == ending:
                    return text[start + size : start + size + count]
        return ()


class ModelDrafter:
    """Drafts greedily with a network of its own, of the same vocabulary; its cache follows one row at a time.

    Speculative decoding (Leviathan et al., 2023) with the masks left to the verifier.
    """

    def __init__(self, network: Any) -> None:
        self.network = network
        self._shown: list[int] = []
        self._cache: Any = None

    def draft(self, tokens: Sequence[int], count: int) -> Sequence[int]:
        """The network's own continuation."""
        import torch

        self._rewind(list(tokens))
        drafted: list[int] = []
        with torch.inference_mode():
            for _ in range(count):
                fresh = [*tokens, *drafted][len(self._shown) :]
                ids = torch.tensor([fresh], device=self.network.device)
                output = self.network(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
                self._shown += fresh
                drafted.append(self.choose([*tokens, *drafted], output.logits[0, -1]))
        return drafted

    def choose(self, tokens: Sequence[int], scores: torch.Tensor) -> int:
        """The token that follows ``tokens``, whose ``scores`` (one a token of the vocabulary) the network gave."""
        return int(scores.argmax())

    def _rewind(self, tokens: list[int]) -> None:
        """Cut the cache back to what it shares with ``tokens``, leaving the last token to be shown again."""
        from transformers import DynamicCache

        pairs = zip(self._shown, tokens[:-1], strict=False)
        common = next((index for index, (old, new) in enumerate(pairs) if old != new), None)
        kept = min(len(self._shown), len(tokens) - 1) if common is None else common
        if self._cache is None or not kept:
            self._cache, self._shown = DynamicCache(config=self.network.config), []
        elif kept < len(self._shown):
            self._cache.crop(kept - len(self._shown))
            self._shown = self._shown[:kept]
