"""What a learner has done so far, in the user's data folder: exercises, guesses, interviews, and when
to ask a question again.

The folder is ``WORKBOOK_HOME``, or the platform's place for user data; never the repository.
An unattended run (the runner sets ``WORKBOOK_UNATTENDED=1``; the profile ``ci`` counts too) keeps its
progress in memory, so that a test or a refresh never touches a person's file. Leaves out the file itself
(``progress_file``) and how the next day of a question is found (``schedule``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from workbook.core.settings import profile
from workbook.study.progress_file import ProgressFile, Row

APP_NAME = "function-calling-workbook"
FILE_NAME = "progress.sqlite3"


@dataclass(frozen=True)
class Attempted:
    """The history of one exercise: attempts, hints opened, whether it passed, how often the solution was asked for."""

    attempts: int = 0
    hints: int = 0
    passed: bool = False
    solutions: int = 0


@dataclass(frozen=True)
class Guess:
    """A number that the learner committed to, and how sure they were: 0 to 1."""

    value: float
    confidence: float


@dataclass(frozen=True)
class Review:
    """One answer to a drill: when (ISO, UTC), its score from 0 to 1; of a prediction, how sure, and if it was near."""

    id: str
    when: str
    score: float
    confidence: float | None = None
    hit: bool | None = None


Record = TypeVar("Record", Attempted, Guess, Review)


def attended() -> bool:
    """Whether a person sits in front of this kernel, as far as we can tell."""
    return not os.environ.get("WORKBOOK_UNATTENDED") and profile().name != "ci"


def home() -> Path:
    """The folder for the learner's own files."""
    if chosen := os.environ.get("WORKBOOK_HOME"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir(APP_NAME, appauthor=False))


class Progress:
    """Histories by id; ``path=None`` keeps them in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = ProgressFile(path)

    def exercises(self) -> dict[str, Attempted]:
        """The histories of all exercises that were touched."""
        return {id: _typed(Attempted, row) for id, row in self._file.rows("exercise").items()}

    def get(self, exercise_id: str) -> Attempted:
        """The history of one exercise; an empty one when there is none."""
        return self.exercises().get(exercise_id, Attempted())

    def update(self, exercise_id: str, change: Callable[[Attempted], Attempted]) -> Attempted:
        """Change one exercise's history by what ``change`` makes of it, and return the new one."""

        def changed(row: Row | None) -> Mapping[str, Any]:
            return asdict(change(_typed(Attempted, row or {})))

        return _typed(Attempted, self._file.change("exercise", exercise_id, changed))

    def guesses(self) -> dict[str, Guess]:
        """Every guess that the learner committed to, by question."""
        return {id: _typed(Guess, row) for id, row in self._file.rows("guess").items()}

    def guess(self, question_id: str) -> Guess | None:
        """What the learner committed to, or None."""
        return self.guesses().get(question_id)

    def commit(self, question_id: str, guess: Guess) -> None:
        """Remember a guess; a later one replaces it."""
        self._file.change("guess", question_id, lambda _: asdict(guess))

    def cards(self) -> dict[str, Row]:
        """The state of each drill that was ever answered, as ``schedule`` wrote it."""
        return self._file.rows("card")

    def review(self, review: Review, change: Callable[[Row | None], Mapping[str, Any]]) -> Row:
        """Log an answer, and put what ``change`` makes of the drill's state; both or neither."""
        return self._file.change("card", review.id, change, log=asdict(review))

    def reviews(self) -> list[Review]:
        """All answers in the order in which they were given."""
        return [_typed(Review, row) for _, row in self._file.logged("card")]

    def interviews(self) -> dict[str, Row]:
        """Every mock interview by the moment it began, as ``interview_turn`` reads it."""
        return self._file.rows("interview")

    def interview(self, id: str, change: Callable[[Row | None], Mapping[str, Any]]) -> Row:
        """Change one interview by what ``change`` makes of its row (None where there is none)."""
        return self._file.change("interview", id, change)


def _typed(kind: type[Record], row: Mapping[str, Any]) -> Record:
    """Read a record; fields that a later version added are passed over."""
    names = {field.name for field in fields(kind)}
    return kind(**{key: value for key, value in row.items() if key in names})


_open: dict[Path | None, Progress] = {}


def current() -> Progress:
    """The progress that this kernel uses: a person's file, or memory in an unattended run."""
    path = home() / FILE_NAME if attended() else None
    return _open.setdefault(path, Progress(path))
