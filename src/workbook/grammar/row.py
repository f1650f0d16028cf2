"""One text under a constraint: what has been written, and how far the matcher has followed it.

A row trusts what it is told: tokens are appended, a different text takes the place of the present one, and the matcher
is rolled back or fed until it agrees. After a stop token, or one that the constraint forbids, it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbook.grammar import masks as bits
from workbook.grammar.engine import CompiledConstraint, Matcher

if TYPE_CHECKING:
    import torch


class Row:
    """The tokens seen, and a matcher that has consumed the first ``followed`` of them."""

    def __init__(self, compiled: CompiledConstraint) -> None:
        self.matcher: Matcher = compiled.matcher()
        self.stop_ids = compiled.vocabulary.stop_ids
        self.tokens: list[int] = []
        self.followed = 0

    def append(self, token: int) -> None:
        """Write ``token`` without asking; the matcher follows as long as it allows what is written."""
        going_on = self.followed == len(self.tokens) and token not in self.stop_ids
        self.tokens.append(token)
        if going_on and self.matcher.consume(token):
            self.followed += 1

    def take(self, token: int) -> bool:
        """Append ``token`` if it may come next, a stop token where the text may end included; else change nothing."""
        if token in self.stop_ids:
            if not self.matcher.may_end():
                return False
        elif self.matcher.consume(token):
            self.followed += 1
        else:
            return False
        self.tokens.append(token)
        return True

    def become(self, tokens: Sequence[int]) -> None:
        """Follow another text, from where it parts from the present one."""
        common = 0
        while common < min(len(tokens), len(self.tokens)) and tokens[common] == self.tokens[common]:
            common += 1
        if self.followed > common:
            self.matcher.rollback(self.followed - common)
            self.followed = common
        del self.tokens[common:]
        for token in tokens[common:]:
            self.append(token)

    def forced(self) -> list[int]:
        """The tokens that are now the only ones, one after the other; a stop token where nothing else is left."""
        found = self.matcher.forced()
        return found or ([self.stop_ids[0]] if self.matcher.must_end() else [])

    def allow_every_stop(self, masks: torch.Tensor, index: int) -> None:
        """Engines know one stop token; where that may come, so may the others."""
        if len(self.stop_ids) > 1 and any(bits.test_bit(masks, index, stop) for stop in self.stop_ids):
            for stop in self.stop_ids:
                bits.allow(masks, index, stop)


TOGETHER = 4
"""From so many rows on, engines fill masks in parallel: below that, waking threads takes longer than the masks."""


def write_masks(rows: Sequence[tuple[Row, int]], masks: torch.Tensor) -> None:
    """The next token's mask of each row; one that has ended, or left the constraint, may only stop."""
    following: dict[type[Matcher], list[tuple[Matcher, int]]] = {}
    for row, index in rows:
        if row.followed < len(row.tokens):
            bits.only(masks, index, row.stop_ids)
        else:
            following.setdefault(type(row.matcher), []).append((row.matcher, index))
    for kind, pairs in following.items():
        if len(pairs) >= TOGETHER:
            kind.write_masks(pairs, masks)
        else:
            for matcher, index in pairs:
                matcher.write_mask(masks, index)
    for row, index in rows:
        row.allow_every_stop(masks, index)
