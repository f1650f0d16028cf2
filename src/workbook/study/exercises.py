"""Exercises as a learner meets them: ``check(id, answer)``, ``hint(id)``, ``solution(id)``.

All three are calls whose value the cell displays. None raises because of what the learner wrote, and
nothing is spoiled by scrolling: hints and solutions are folded, a solution wants an attempt (or to be asked
for twice), and an unattended run (see ``progress``) shows a placeholder in their place.

In a notebook an exercise is these cells, in this order:

1. Markdown: :meth:`Exercise.statement`.
2. Code: the stub, word for word. Cell tag ``exercise``; cell metadata ``{"workbook": {"exercise": ID}}``.
   It binds the exercise's ``variable``.
3. Code: ``check("ID", variable)``, the first line of the cell, nothing else in it.
4. Code: ``hint("ID")``.
5. Code: ``solution("ID")``.

A *solved copy* is the notebook with the source of every cell of kind 2 replaced by ``solved_source(ID)``:
:func:`workbook.study.solved.solved_copy` does it. Each ``check`` leaves
``application/vnd.workbook.check+json`` = ``{"id", "outcome"}`` in the cell's output, where the outcome is
``"untouched"`` in a notebook as shipped and ``"right"`` in a solved copy.

The exercises live in ``workbook.study.sets``, one module per notebook or more, found by looking:
a module there has ``EXERCISES``, a tuple of :class:`Exercise`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from workbook.core.settings import unknown
from workbook.study import progress, sets
from workbook.study.card import Card
from workbook.study.exercise import Exercise, Verdict

CHECK_MIME = "application/vnd.workbook.check+json"
TITLES = {"right": "✓ Right: ", "wrong": "✗ Not yet: ", "untouched": "○ Waiting for you: "}


def check(exercise_id: str, answer: Any) -> Card:
    """Judge ``answer`` and say what is wrong with it, or why it is right."""
    exercise = find(exercise_id)
    verdict = exercise.judge(answer)
    _remember(exercise, verdict)
    data = {CHECK_MIME: {"id": exercise.id, "outcome": verdict.outcome}}
    return Card(TITLES[verdict.outcome] + exercise.title, verdict.message, data=data)


def hint(exercise_id: str) -> Card:
    """The next hint; each call opens one more."""
    exercise, store = find(exercise_id), progress.current()
    if not progress.attended():
        return Card(f"{len(exercise.hints)} hints wait here", "Run this cell to open the first; run it again for more.")
    most = len(exercise.hints)
    shown = store.update(exercise.id, lambda before: replace(before, hints=min(before.hints + 1, most))).hints
    lines = [f"{number}. {text}" for number, text in enumerate(exercise.hints[:shown], 1)]
    return Card(f"Hint {shown} of {len(exercise.hints)}", "\n".join(lines), folded=True)


def solution(exercise_id: str) -> Card:
    """The solution, once you have tried; without an attempt, the second call shows it."""
    exercise, store = find(exercise_id), progress.current()
    if not progress.attended():
        return Card("The solution waits here", "Try first. Then run this cell.")
    history = store.update(exercise.id, lambda before: replace(before, solutions=before.solutions + 1))
    if not history.attempts and history.solutions == 1:
        return Card("You have not tried yet", "Run this cell once more to see the solution all the same.")
    body = f"```python\n{exercise.answer.strip()}\n```\n\n{exercise.why}"
    return Card(f"Solution: {exercise.title}", body, folded=True)


def solved_source(exercise_id: str) -> str:
    """The cell that answers the exercise; it stands where the stub stood in a solved copy."""
    return find(exercise_id).answer.strip("\n")


def find(exercise_id: str) -> Exercise:
    """The exercise with this id; the error names the nearest one when there is none."""
    known = registry()
    if exercise_id not in known:
        raise unknown("exercise", exercise_id, known)
    return known[exercise_id]


@cache
def registry() -> Mapping[str, Exercise]:
    """Every exercise by id, in the order of the notebooks; ``ValueError`` for an id that two share."""
    found: dict[str, Exercise] = {}
    for info in sorted(pkgutil.iter_modules(sets.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{sets.__name__}.{info.name}")
        for exercise in module.EXERCISES:
            if exercise.id in found:
                raise ValueError(f"two exercises are called {exercise.id!r}")
            found[exercise.id] = exercise
    return MappingProxyType(found)


def overview() -> Card:
    """How many exercises of each notebook are done."""
    known, histories = registry(), progress.current().exercises()
    lines = ["| notebook | done | exercises |", "|---|---|---|"]
    for notebook in sorted({e.notebook for e in known.values()}):
        mine = [e for e in known.values() if e.notebook == notebook]
        passed = [e for e in mine if e.id in histories and histories[e.id].passed]
        marks = ", ".join(f"{'✓' if e in passed else '○'} {e.title}" for e in mine)
        lines.append(f"| {notebook} | {len(passed)} of {len(mine)} | {marks} |")
    return Card("Your exercises", "\n".join(lines))


def _remember(exercise: Exercise, verdict: Verdict) -> None:
    if verdict.outcome == "untouched":
        return
    right = verdict.outcome == "right"

    def tried(before: progress.Attempted) -> progress.Attempted:
        return replace(before, attempts=before.attempts + 1, passed=before.passed or right)

    progress.current().update(exercise.id, tried)
