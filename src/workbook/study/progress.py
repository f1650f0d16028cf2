"""What a learner has done so far, as JSON in the user's data folder: exercises and guesses.

The folder is ``WORKBOOK_HOME``, or the platform's place for user data; never the repository.
An unattended run (the runner sets ``WORKBOOK_UNATTENDED=1``; the profile ``ci`` counts too) keeps its
progress in memory, so that a test or a refresh never touches a person's file.

Leaves out: a lock. Two notebooks that save at the same moment can lose one count of attempts, never the file,
because the file is read again before each change and replaced in one step.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from workbook.core.settings import profile

APP_NAME = "function-calling-workbook"
FILE_NAME = "progress.json"


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
class Kept:
    """Everything that is remembered, by id."""

    exercises: dict[str, Attempted]
    guesses: dict[str, Guess]


Record = TypeVar("Record", Attempted, Guess)


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
        self.path = path
        self._kept = Kept({}, {})

    def all(self) -> Kept:
        """Everything that is remembered."""
        if self.path is not None and self.path.exists():
            self._kept = _read(self.path)
        return self._kept

    def get(self, exercise_id: str) -> Attempted:
        """The history of one exercise; an empty one when there is none."""
        return self.all().exercises.get(exercise_id, Attempted())

    def update(self, exercise_id: str, **changes: Any) -> Attempted:
        """Change fields of one exercise's history, save, and return the new one."""
        changed = replace(self.get(exercise_id), **changes)
        self._kept.exercises[exercise_id] = changed
        self._save()
        return changed

    def guess(self, question_id: str) -> Guess | None:
        """What the learner committed to, or None."""
        return self.all().guesses.get(question_id)

    def commit(self, question_id: str, guess: Guess) -> None:
        """Remember a guess; a later one replaces it."""
        self.all().guesses[question_id] = guess
        self._save()

    def _save(self) -> None:
        if self.path is None:
            return
        try:
            _write(self.path, self._kept)
        except OSError as error:
            warnings.warn(
                f"progress is kept in memory only: cannot write {self.path} ({error}). "
                "Set WORKBOOK_HOME to a folder that you can write to.",
                stacklevel=4,
            )
            self.path = None


def _read(path: Path) -> Kept:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Kept(_typed(Attempted, stored["exercises"]), _typed(Guess, stored.get("guesses", {})))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _set_aside(path)


def _typed(kind: type[Record], stored: dict[str, dict[str, Any]]) -> dict[str, Record]:
    """Read records; fields that a later version added are passed over."""
    names = {f.name for f in fields(kind)}
    return {key: kind(**{k: v for k, v in value.items() if k in names}) for key, value in stored.items()}


def _set_aside(path: Path) -> Kept:
    """Keep an unreadable file under another name: a learner's history is never overwritten."""
    number = 1
    while (spare := path.with_suffix(f".broken{number}.json")).exists():
        number += 1
    try:
        path.rename(spare)
        warnings.warn(f"{path} could not be read; it is kept as {spare.name}, and progress starts anew.", stacklevel=5)
    except OSError as error:
        warnings.warn(f"{path} could not be read ({error}); progress starts anew.", stacklevel=5)
    return Kept({}, {})


def _write(path: Path, kept: Kept) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": 1, **asdict(kept)}, indent=2, sort_keys=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False, suffix=".tmp") as file:
        file.write(text + "\n")
    os.replace(file.name, path)


_open: dict[Path | None, Progress] = {}


def current() -> Progress:
    """The progress that this kernel uses: a person's file, or memory in an unattended run."""
    path = home() / FILE_NAME if attended() else None
    return _open.setdefault(path, Progress(path))
