"""What an exercise is: a task, a stub, a check that names the likely mistake, hints in steps, a solution.

Only values and the judging of one answer. What the learner calls in a cell is in
``exercises``; what is remembered is in ``progress``; the exercises themselves are in ``sets``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["right", "wrong", "untouched"]

ID_PATTERN = re.compile(r"\d\d\.[a-z][a-z0-9_]*")


class Mistake(Exception):
    """The answer is wrong; the message names the likely mistake and points to the way out."""


class Untouched(Exception):
    """The answer is still the stub: neither right nor wrong."""


def expect(condition: bool, message: str) -> None:
    """Raise :class:`Mistake` with ``message`` unless ``condition`` holds."""
    if not condition:
        raise Mistake(message)


@dataclass(frozen=True)
class WrongAnswer:
    """A plausible wrong answer, as the source of a cell, and words that its refusal must contain."""

    source: str
    refusal: str


@dataclass(frozen=True)
class Verdict:
    """How an answer was judged; ``message`` speaks to the learner in Markdown."""

    outcome: Outcome
    message: str


@dataclass(frozen=True)
class Exercise:
    """One exercise. ``stub``, ``answer`` and every wrong answer are cells that bind the name ``variable``.

    ``check`` takes the value of ``variable`` and raises :class:`Mistake` (or :class:`Untouched`, when only the
    exercise can tell) or returns nothing. ``why`` is what the solution teaches, in Markdown.
    ``difficulty`` runs from 1 (a warm-up) to 5 (an evening).
    """

    id: str
    title: str
    difficulty: int
    minutes: int
    prompt: str
    variable: str
    stub: str
    check: Callable[[Any], None]
    hints: tuple[str, ...]
    answer: str
    why: str
    wrong: tuple[WrongAnswer, ...]

    def __post_init__(self) -> None:
        problems = {
            "an id such as '01.mend_gbnf'": ID_PATTERN.fullmatch(self.id),
            "a difficulty from 1 to 5": 1 <= self.difficulty <= 5,
            "at least two hints": len(self.hints) >= 2,
            "at least two wrong answers": len(self.wrong) >= 2,
            "a variable that is a name": self.variable.isidentifier(),
        }
        missing = [need for need, met in problems.items() if not met]
        if missing:
            raise ValueError(f"exercise {self.id!r} needs {', '.join(missing)}")

    @property
    def notebook(self) -> str:
        """The number of the notebook that it belongs to, such as ``"01"``."""
        return self.id.split(".")[0]

    def statement(self) -> str:
        """The Markdown cell that stands above the stub."""
        stars = "●" * self.difficulty + "○" * (5 - self.difficulty)
        return f"### Exercise: {self.title}\n\n*Difficulty {stars} · about {self.minutes} minutes*\n\n{self.prompt}"

    def judge(self, answer: Any) -> Verdict:
        """Judge ``answer``; never raises, whatever the learner's code does."""
        if answer is None or answer is ...:
            return _untouched(self)
        try:
            self.check(answer)
        except (Untouched, NotImplementedError):
            return _untouched(self)
        except Mistake as mistake:
            return Verdict("wrong", str(mistake))
        except RecursionError:
            return Verdict("wrong", "Your code calls itself without end: which case should stop it?")
        except Exception as error:
            return Verdict("wrong", f"Your code raised `{type(error).__name__}: {error}`.")
        return Verdict("right", self.why)


def _untouched(exercise: Exercise) -> Verdict:
    return Verdict("untouched", f"Nothing here yet. Write `{exercise.variable}` in the cell above, then run this one.")
