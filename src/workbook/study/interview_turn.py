"""What an interview is, as values that are kept in the learner's progress: its questions, turns and grades.

Leaves out what is asked (``interview_plan``) and how it goes on (``interview``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Opinion:
    """What a machine made of an answer: the lines of the rubric it saw; ``void`` says why it counts for nothing."""

    by: str
    lines: tuple[int, ...] = ()
    points: int = 0
    void: str = ""


@dataclass(frozen=True)
class Turn:
    """One question put to the candidate, as far as it went; ``seconds`` are those of the answer.

    ``path`` leads to a follow-up through the question's tree; the question itself has none. ``expected`` are the
    points that the candidate expects before the rubric is shown, ``lines`` (from 1) those of the rubric that they then
    found, for ``points`` of ``most``.
    """

    question: str
    path: tuple[int, ...] = ()
    said: str = ""
    seconds: float = 0.0
    complete: bool = False
    expected: int | None = None
    lines: tuple[int, ...] | None = None
    points: int = 0
    most: int = 0
    opinion: Opinion | None = None

    @property
    def stage(self) -> str:
        """What comes next: ``answer``, ``expect`` (of a follow-up nothing is expected), ``grade`` or ``done``."""
        if not self.complete:
            return "answer"
        if self.expected is None and not self.path:
            return "expect"
        return "grade" if self.lines is None else "done"


@dataclass(frozen=True)
class Interview:
    """One interview: what was wanted, the questions drawn, and how it went. ``id`` is when it began (ISO, UTC)."""

    id: str
    questions: tuple[str, ...]
    minutes: int
    topic: str | None = None
    level: str | None = None
    turns: tuple[Turn, ...] = ()
    ended: bool = False

    @property
    def graded(self) -> list[Turn]:
        """The turns that were answered and graded to their end, in order."""
        return [turn for turn in self.turns if turn.stage == "done"]

    @property
    def seconds(self) -> float:
        """Time spent on answers; reading the rubric costs nothing."""
        return sum(turn.seconds for turn in self.turns)


def read_interview(row: Mapping[str, Any]) -> Interview:
    """The interview that ``asdict`` made this row of, lists turned back into tuples."""
    turns = tuple(_turn(turn) for turn in row["turns"])
    return Interview(**{**row, "questions": tuple(row["questions"]), "turns": turns})


def _turn(row: Mapping[str, Any]) -> Turn:
    opinion = row["opinion"] and Opinion(**{**row["opinion"], "lines": tuple(row["opinion"]["lines"])})
    lines = None if row["lines"] is None else tuple(row["lines"])
    return Turn(**{**row, "path": tuple(row["path"]), "lines": lines, "opinion": opinion})
