"""A drill that shows a run with one fault: at which step, and what went wrong?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from workbook.core.errors import UsageError
from workbook.study.drill import Graded, letter_of
from workbook.study.question import LETTERS
from workbook.study.trace_faults import FAULTS, faulty, trace_lines


@dataclass(frozen=True)
class TraceDrill:
    """A trace with one fault: at which step, and which."""

    id: str
    topic: str
    fault: str
    seed: int
    kind: str = "trace"
    how: str = "the step and the letter, such as: 2 b"

    @property
    def options(self) -> dict[str, str]:
        """Letters and the names of faults, in the same order at each showing."""
        names = list(FAULTS)
        Random(self.id).shuffle(names)
        return dict(zip(LETTERS[: len(names)], names, strict=True))

    def ask(self) -> str:
        """The run in words, and the faults to choose from."""
        lines = "\n".join(trace_lines(faulty(self.fault, self.seed).trace))
        options = "\n".join(f"- **{letter})** {FAULTS[name].words}" for letter, name in self.options.items())
        return f"One thing went wrong in this run. At which step, and what?\n\n```text\n{lines}\n```\n\n{options}"

    def read(self, text: str) -> tuple[int, str]:
        """Step and letter, in either order; ``UsageError`` for anything else."""
        number, letter = re.search(r"\d+", text), re.sub(r"[^a-z]", "", text.lower())
        if not number or len(letter) != 1:
            raise UsageError(f"{text!r} is not a step and a letter", f"Type {self.how}.")
        return int(number[0]), letter_of(letter, "".join(self.options))

    def grade(self, answer: tuple[int, str]) -> Graded:
        """Half for the step, half for the fault."""
        step, letter = answer
        found = (step == faulty(self.fault, self.seed).step, self.options[letter] == self.fault)
        said = {(True, True): "Right.", (True, False): "The step is right.", (False, True): "The fault is right."}
        return Graded(sum(found) / 2, f"{said.get(found, 'No.')}\n\n{self._explained()}")

    def give_up(self) -> Graded:
        """Where it is, and why it matters."""
        return Graded(0.0, self._explained())

    def _explained(self) -> str:
        fault, step = FAULTS[self.fault], faulty(self.fault, self.seed).step
        return f"Step {step}: {fault.words[0].lower()}{fault.words[1:]}. {fault.why}"
