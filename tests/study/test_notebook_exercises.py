"""Exercises stand in the notebooks as ``workbook.study.exercises`` lays down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbook.core.settings import repo_root
from workbook.study.exercise import Exercise
from workbook.study.exercises import registry
from workbook.study.solved import exercise_id, solved_copy

NOTEBOOKS = sorted((repo_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def read(path: Path) -> Any:
    """The notebook with each source as one string."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def places() -> dict[str, list[tuple[Path, int]]]:
    """Where each exercise stands: notebook and index of the stub."""
    found: dict[str, list[tuple[Path, int]]] = {}
    for path in NOTEBOOKS:
        for index, cell in enumerate(read(path)["cells"]):
            if (id := exercise_id(cell)) is not None:
                found.setdefault(id, []).append((path, index))
    return found


def test_every_exercise_stands_in_its_own_notebook_once() -> None:
    found = places()
    assert set(found) == set(registry())
    for id, where in found.items():
        assert [path.name[:2] for path, _ in where] == [id[:2]], id


@pytest.mark.parametrize("exercise", registry().values(), ids=lambda e: e.id)
def test_its_five_cells_are_word_for_word_those_of_the_package(exercise: Exercise) -> None:
    [(path, index)] = places()[exercise.id]
    statement, stub, *calls = (cell["source"] for cell in read(path)["cells"][index - 1 : index + 4])
    assert statement.strip() == exercise.statement().strip()
    assert stub.strip() == exercise.stub.strip()
    assert calls == [
        f'check("{exercise.id}", {exercise.variable})',
        f'hint("{exercise.id}")',
        f'solution("{exercise.id}")',
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_answer_is_spoiled_by_scrolling(path: Path) -> None:
    shown = path.read_text(encoding="utf-8")
    for exercise in registry().values():
        new = set(exercise.answer.splitlines()) - set(exercise.stub.splitlines())
        for line in [*exercise.hints, max(new, key=len)]:
            assert json.dumps(line, ensure_ascii=False)[1:-1] not in shown, exercise.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_solved_copy_differs_in_the_stubs_alone(path: Path) -> None:
    before = read(path)
    after = solved_copy(before)
    changed = [a for a, b in zip(after["cells"], before["cells"], strict=True) if a["source"] != b["source"]]
    assert all(exercise_id(cell) for cell in changed)
    assert len(changed) == sum(exercise.notebook == path.name[:2] for exercise in registry().values())
