"""What a drill is: it asks in Markdown, reads what was typed, and grades it, with an explanation whatever was answered.

Leaves out the kinds (``drill_kinds``, ``trace_drill``) and which drills there are (``drills``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from workbook.core.errors import UsageError


@dataclass(frozen=True)
class Graded:
    """An answer's score from 0 to 1, what is said in Markdown; of a prediction, how sure, and whether it was near."""

    score: float
    said: str
    confidence: float | None = None
    hit: bool | None = None

    @property
    def mark(self) -> str:
        """Right, partly right, or wrong, as a sign."""
        return "✓" if self.score >= 0.99 else "✗" if self.score < 0.5 else "◐"


class Drill(Protocol):
    """Something to answer; ``how`` says in which form."""

    @property
    def id(self) -> str:
        """The question's id and the kind, such as ``01.key_order#choice``."""

    @property
    def topic(self) -> str:
        """One of the topics of the bank."""

    @property
    def kind(self) -> str:
        """``choice``, ``number``, ``steps`` or ``trace``."""

    @property
    def how(self) -> str:
        """In which form an answer is typed."""

    def ask(self) -> str:
        """What is put before the learner, in Markdown, without the answer."""

    def read(self, text: str) -> Any:
        """The answer that was typed; raises ``UsageError`` for what cannot be read."""

    def grade(self, answer: Any) -> Graded:
        """How good an answer is, and why."""

    def give_up(self) -> Graded:
        """What is said to somebody who does not know."""


def letter_of(text: str, letters: str) -> str:
    """The letter that was typed; raises ``UsageError`` when it is none of ``letters``."""
    given = text.strip().lower().strip(".)")
    if len(given) != 1 or given not in letters:
        raise UsageError(f"{text.strip()!r} is no option", f"Type one of {', '.join(letters)}.")
    return given
