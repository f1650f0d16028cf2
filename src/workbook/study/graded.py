"""Answers with the lines of the rubric that they earn, graded by hand: what notebook 13 compares graders on.

Reads ``course/interviews/graded.yaml``. Leaves out the graders (``interview_judge`` is one).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.study.interview_plan import rubric
from workbook.study.interview_turn import Turn


@dataclass(frozen=True)
class Graded:
    """An answer as a turn of an interview, what it tries (``plain`` if nothing), and the lines that it earns."""

    turn: Turn
    about: str
    lines: tuple[int, ...]

    @property
    def marks(self) -> list[bool]:
        """For each line of the rubric whether it is earned."""
        return [number in self.lines for number in range(1, len(rubric(self.turn)) + 1)]


def graded(path: Path | None = None) -> list[Graded]:
    """Every graded answer; a line that the rubric lacks is an error."""
    import yaml

    path = path or repo_root() / "course" / "interviews" / "graded.yaml"
    found = []
    for row in yaml.safe_load(path.read_text(encoding="utf-8")):
        turn = Turn(row["question"], said=row["said"].strip(), complete=True)
        most = len(rubric(turn))
        if wrong := [line for line in row["lines"] if not 1 <= line <= most]:
            raise WorkbookError(f"{row['question']} has no line {wrong[0]}", f"Its rubric has the lines 1 to {most}.")
        found.append(Graded(turn, row["about"], tuple(row["lines"])))
    return found
