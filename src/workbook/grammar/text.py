"""One row of a decoding loop: what is written, what the model has not been shown of it, and what is only guessed.

Knows nothing of scores: the loop (``decoding``) chooses, a text takes what its constraint admits.
"""

from __future__ import annotations

from workbook.grammar.engine import CompiledConstraint, GrammarError
from workbook.grammar.row import Row


class Text:
    """``written`` so far, of which the model was ``shown`` the first tokens, and what is only ``guessed`` after it."""

    def __init__(
        self, compiled: CompiledConstraint | None, prompt: list[int], stops: frozenset[int], limit: int
    ) -> None:
        self.row = Row(compiled) if compiled is not None else None
        self.prompt, self.stops, self.limit = prompt, stops, limit
        self.written: list[int] = []
        self.shown = 0
        self.guessed: list[int] = []

    @property
    def done(self) -> bool:
        """Whether it has ended or reached the limit."""
        return len(self.written) >= self.limit or bool(self.written and self.written[-1] in self.stops)

    @property
    def feed(self) -> list[int]:
        """What the next pass must show: at least the last token, then the guesses."""
        return self.written[self.shown :] + self.guessed

    def take(self, token: int) -> bool:
        """Write ``token`` if the constraint admits it."""
        if self.row is not None and not self.row.take(token):
            return False
        self.written.append(token)
        return True

    def fast_forward(self) -> int:
        """Write what is forced, up to the limit; how many tokens. ``GrammarError`` where the engine refuses its own."""
        before = len(self.written)
        while self.row is not None and not self.done:
            forced = self.row.forced()[: self.limit - len(self.written)]
            if not forced:
                break
            for token in forced:
                if not self.take(token):
                    raise GrammarError(f"the engine refuses token {token}, which it had called forced")
        return len(self.written) - before
