"""Three kinds of drill that a question of the bank may have: multiple choice, a number to predict, steps to order.

Values and pure functions; ``more`` stands below each explanation, such as its sources. Leaves out the fault in a
trace (``trace_drill``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random

from workbook.core.errors import UsageError
from workbook.study.drill import Graded, letter_of
from workbook.study.number_score import points
from workbook.study.question import Choice, Number, Option, Steps


@dataclass(frozen=True)
class ChoiceDrill:
    """Multiple choice: a letter, and every option is explained."""

    id: str
    topic: str
    choice: Choice
    more: str = ""
    kind: str = "choice"
    how: str = "a letter"

    def ask(self) -> str:
        """The question and its lettered options, in the order of the file."""
        lines = [f"- **{letter})** {option.text}" for letter, option in self.options()]
        return f"{self.choice.ask}\n\n" + "\n".join(lines)

    def read(self, text: str) -> str:
        """The letter of an option, in either case; ``UsageError`` for any other text."""
        return letter_of(text, self.choice.letters)

    def grade(self, answer: str) -> Graded:
        """1 for the right letter, else 0, with an explanation of every option."""
        right = answer == self.choice.right
        return Graded(float(right), f"{'Right' if right else 'No'}.\n\n{self._explained(answer)}")

    def give_up(self) -> Graded:
        """0, the right letter, and the explanation of every option."""
        return Graded(0.0, f"The answer:\n\n{self._explained('')}")

    def _explained(self, answer: str) -> str:
        signs = {answer: "✗"} | {self.choice.right: "✓"}
        lines = [f"- {signs.get(letter, '·')} **{letter})** {one.text}: {one.why}" for letter, one in self.options()]
        return _paragraphs("\n".join(lines), self.more)

    def options(self) -> Iterator[tuple[str, Option]]:
        """Pairs of letter and option, in the order of the file."""
        return zip(self.choice.letters, self.choice.options, strict=True)


@dataclass(frozen=True)
class NumberDrill:
    """A number and how sure you are that the truth is within a tenth of the scale."""

    id: str
    topic: str
    number: Number
    truth: float
    shown: str
    more: str = ""
    kind: str = "number"
    how: str = "your number, and how sure you are in per cent, such as: 40 75"

    def ask(self) -> str:
        """The question, its scale with the unit, and how near counts as a hit."""
        n = self.number
        within = (n.high - n.low) / 10
        return (
            f"{n.ask}\n\nThe scale runs from {n.low:g} to {n.high:g} {n.unit}. How sure are you that the truth is "
            f"within {within:g} of your number?"
        )

    def read(self, text: str) -> tuple[float, float]:
        """Number and confidence (0 to 1), typed with a per cent sign or without; ``UsageError`` off the scale."""
        try:
            value, sure = (float(part.rstrip("%").replace(",", ".")) for part in text.split())
        except ValueError as error:
            raise UsageError(f"{text!r} is not two numbers", f"Type {self.how}.") from error
        if not (self.number.low <= value <= self.number.high and 0 <= sure <= 100):
            scale = f"{self.number.low:g} to {self.number.high:g}, and 0 to 100 for how sure you are"
            raise UsageError(f"{text!r} is off the scale", f"It runs from {scale}.")
        return value, sure / 100

    def grade(self, answer: tuple[float, float]) -> Graded:
        """Half for nearness, half for an honest confidence."""
        value, sure = answer
        got = points(self.truth, value, sure, self.number.low, self.number.high)
        said = (
            f"You said {value:g}, {sure:.0%} sure; that is {'' if got.hit else 'not '}within a tenth of the scale. "
            f"Nearness {got.near:.2f}, honest confidence {got.honest:.2f}."
        )
        return Graded(got.total, f"{said}\n\n{self._explained()}", sure, got.hit)

    def give_up(self) -> Graded:
        """0, the number as the ledger or its source has it, and why."""
        return Graded(0.0, self._explained())

    def _explained(self) -> str:
        return _paragraphs(f"It is **{self.shown}**. {self.number.why}", self.more)


@dataclass(frozen=True)
class StepsDrill:
    """Steps to put in order; the score is the share of pairs that stand in the right order."""

    id: str
    topic: str
    steps: Steps
    more: str = ""
    kind: str = "steps"
    how: str = "the numbers in the right order, such as: 2 1 3 4"

    @property
    def mixed(self) -> list[str]:
        """The steps as they are shown: mixed, and the same at each showing."""
        order = list(self.steps.order)
        draw = Random(self.id)
        while order == list(self.steps.order):
            draw.shuffle(order)
        return order

    def ask(self) -> str:
        """The steps, numbered as they are shown."""
        lines = [f"{number}. {step}" for number, step in enumerate(self.mixed, 1)]
        return f"{self.steps.ask}\n\n" + "\n".join(lines)

    def read(self, text: str) -> tuple[int, ...]:
        """The numbers in the order in which they were typed; ``UsageError`` unless each comes once."""
        given = tuple(int(part) for part in re.findall(r"\d+", text))
        if sorted(given) != list(range(1, len(self.steps.order) + 1)):
            raise UsageError(f"{text!r} is no order of these steps", f"Type {self.how}: each number once.")
        return given

    def grade(self, answer: tuple[int, ...]) -> Graded:
        """The share of pairs in the right order."""
        mixed, right = self.mixed, self.steps.order
        places = [right.index(mixed[number - 1]) for number in answer]
        pairs = list(combinations(places, 2))
        score = sum(first < second for first, second in pairs) / len(pairs)
        said = "Right." if score == 1 else f"{score:.0%} of the pairs stand in the right order."
        return Graded(score, f"{said}\n\n{self._explained()}")

    def give_up(self) -> Graded:
        """0, the right order with the numbers that were shown, and why."""
        return Graded(0.0, f"The answer:\n\n{self._explained()}")

    def _explained(self) -> str:
        mixed = self.mixed
        lines = [f"- {mixed.index(step) + 1}: {step}" for step in self.steps.order]
        return _paragraphs("\n".join(lines), self.steps.why, self.more)


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))
