"""What a learner has done so far, as JSON in the user's data folder.

Covers exercises. The folder is ``WORKBOOK_HOME``, or the platform's place for user data; never the repository.
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
from typing import Any

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
    """Histories by exercise id; ``path=None`` keeps them in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._kept: dict[str, Attempted] = {}

    def get(self, exercise_id: str) -> Attempted:
        """The history of one exercise; an empty one when there is none."""
        return self.all().get(exercise_id, Attempted())

    def all(self) -> dict[str, Attempted]:
        """Every history, by id."""
        if self.path is not None and self.path.exists():
            self._kept = _read(self.path)
        return dict(self._kept)

    def update(self, exercise_id: str, **changes: Any) -> Attempted:
        """Change fields of one history, save, and return the new one."""
        known = self.all()
        known[exercise_id] = replace(known.get(exercise_id, Attempted()), **changes)
        self._kept = known
        self._save()
        return known[exercise_id]

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


def _read(path: Path) -> dict[str, Attempted]:
    names = {f.name for f in fields(Attempted)}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["exercises"]
        return {key: Attempted(**{k: v for k, v in value.items() if k in names}) for key, value in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _set_aside(path)


def _set_aside(path: Path) -> dict[str, Attempted]:
    """Keep an unreadable file under another name: a learner's history is never overwritten."""
    number = 1
    while (spare := path.with_suffix(f".broken{number}.json")).exists():
        number += 1
    try:
        path.rename(spare)
        warnings.warn(f"{path} could not be read; it is kept as {spare.name}, and progress starts anew.", stacklevel=5)
    except OSError as error:
        warnings.warn(f"{path} could not be read ({error}); progress starts anew.", stacklevel=5)
    return {}


def _write(path: Path, known: dict[str, Attempted]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": 1, "exercises": {k: asdict(v) for k, v in sorted(known.items())}}, indent=2)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False, suffix=".tmp") as file:
        file.write(text + "\n")
    os.replace(file.name, path)


_open: dict[Path | None, Progress] = {}


def current() -> Progress:
    """The progress that this kernel uses: a person's file, or memory in an unattended run."""
    path = home() / FILE_NAME if attended() else None
    return _open.setdefault(path, Progress(path))
