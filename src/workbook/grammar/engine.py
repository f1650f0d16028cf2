"""What an engine is: it compiles a constraint for a vocabulary, and follows one text at a time.

The three engines differ in language, speed and strictness; behind this interface
they differ in nothing else. An engine never consumes a stop token: whether a text
may end here is a bit of the mask, and a text that has ended is the processor's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from workbook.core.constraints import Constraint
from workbook.core.errors import WorkbookError
from workbook.grammar.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch


class GrammarError(WorkbookError):
    """A constraint cannot be compiled or enforced; the message says what in it, and which engine can."""


class Matcher(Protocol):
    """Follows one text, token by token, and knows which may come next."""

    def consume(self, token: int) -> bool:
        """Go on by one token; False, and no change, when the constraint forbids it."""

    def accepts(self, tokens: Sequence[int]) -> int:
        """How many of ``tokens``, one after the other, could be consumed; nothing is."""

    def rollback(self, count: int) -> None:
        """Take the last ``count`` consumed tokens back."""

    def write_mask(self, masks: torch.Tensor, row: int) -> None:
        """Write the next token's mask into ``masks[row]``: one bit a token, int32, on CPU."""

    @classmethod
    def write_masks(cls, pairs: Sequence[tuple[Any, int]], masks: torch.Tensor) -> None:
        """:meth:`write_mask` for many matchers of this class, each with its row; in parallel where the engine can."""

    def forced(self) -> list[int]:
        """The tokens of the text that must come next, as the tokenizer writes it; empty when there is a choice.

        What an engine cannot tell cheaply it leaves to the model: an empty list is never wrong.
        """

    def may_end(self) -> bool:
        """Whether the text may end here."""

    def must_end(self) -> bool:
        """Whether the text must end here."""


def accepted_by_trial(matcher: Matcher, tokens: Sequence[int]) -> int:
    """:meth:`Matcher.accepts` for an engine that has no such question: consume, then take back."""
    count = next((index for index, token in enumerate(tokens) if not matcher.consume(token)), len(tokens))
    if count:
        matcher.rollback(count)
    return count


class CompiledConstraint(Protocol):
    """A constraint, ready for one vocabulary; it can follow any number of texts."""

    vocabulary: Vocabulary

    def matcher(self) -> Matcher:
        """Follow a new text from its beginning."""


class Engine(Protocol):
    """Compiles constraints for one vocabulary, whose tables it keeps."""

    def compile(self, constraint: Constraint) -> CompiledConstraint:
        """Raises :class:`GrammarError` with the engine's own words when it cannot."""
