"""check, hint and solution as a learner meets them, and the solved copy."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from workbook.core.errors import UsageError
from workbook.study import exercises, progress
from workbook.study.exercise import Exercise, WrongAnswer
from workbook.study.solved import exercise_id, outcomes, solved_copy

ID = "00.write_a_call"
RIGHT = {"name": "get_weather", "arguments": {"city": "Lima", "unit": "fahrenheit"}}


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A person with a fresh home of their own; returns the progress file."""
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(progress, "_open", {})
    return tmp_path / progress.FILE_NAME


def test_a_right_answer_is_remembered(learner: Path) -> None:
    card = exercises.check(ID, RIGHT)
    assert card.title.startswith("✓")
    assert card.data[exercises.CHECK_MIME] == {"id": ID, "outcome": "right"}
    assert progress.Progress(learner).get(ID).passed
    assert "1 of 1" in exercises.overview().body


def test_a_later_mistake_does_not_undo_a_pass(learner: Path) -> None:
    exercises.check(ID, RIGHT)
    exercises.check(ID, {})
    assert progress.current().get(ID) == progress.Attempted(attempts=2, passed=True)


def test_an_untouched_stub_is_no_attempt(learner: Path) -> None:
    assert exercises.check(ID, ...).data[exercises.CHECK_MIME]["outcome"] == "untouched"
    assert not learner.exists()


def test_hints_open_one_by_one(learner: Path) -> None:
    number = len(exercises.find(ID).hints)
    cards = [exercises.hint(ID) for _ in range(number + 1)]
    assert [card.body.count("\n") + 1 for card in cards] == [*range(1, number + 1), number]
    assert all(card.folded for card in cards)


def test_the_solution_wants_an_attempt_or_a_second_call(learner: Path) -> None:
    first, second = exercises.solution(ID), exercises.solution(ID)
    assert "fahrenheit" not in str(first)
    assert "fahrenheit" in str(second)
    assert second.folded
    assert "fahrenheit" not in repr(second)


def test_one_attempt_opens_the_solution(learner: Path) -> None:
    exercises.check(ID, {"name": "get_time"})
    assert "fahrenheit" in exercises.solution(ID).body


@pytest.mark.parametrize(("variable", "setting"), [("WORKBOOK_UNATTENDED", "1"), ("WORKBOOK_PROFILE", "ci")])
def test_an_unattended_run_spoils_and_touches_nothing(
    learner: Path, monkeypatch: pytest.MonkeyPatch, variable: str, setting: str
) -> None:
    monkeypatch.setenv(variable, setting)
    exercises.check(ID, {})
    shown = "".join(exercises.solution(ID).markdown() + exercises.hint(ID).markdown() for _ in range(3))
    assert not any(hint in shown for hint in exercises.find(ID).hints)
    assert "fahrenheit" not in shown
    assert not learner.exists()


def test_an_unknown_exercise_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Did you mean '01\.mend_gbnf'"):
        exercises.check("01.mend_gbfn", "")


def test_code_that_fails_or_never_returns_is_reported(learner: Path) -> None:
    def forever(text: str, mask: object) -> str:
        return forever(text, mask)

    assert "without end" in exercises.check("01.skip_forced", forever).body
    assert "`ZeroDivisionError" in exercises.check("01.skip_forced", lambda text, mask: 1 / 0).body


def test_two_exercises_of_one_name_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = ModuleType("twice")
    twice.EXERCISES = (exercises.find(ID), exercises.find(ID))  # type: ignore[attr-defined]
    monkeypatch.setattr(exercises.importlib, "import_module", lambda name: twice)
    exercises.registry.cache_clear()
    with pytest.raises(ValueError, match="two exercises"):
        exercises.registry()
    exercises.registry.cache_clear()


def test_an_exercise_says_what_it_lacks() -> None:
    with pytest.raises(ValueError, match="two hints, at least two wrong"):
        Exercise("00.x", "t", 1, 1, "p", "x", "", print, ("one",), "", "", (WrongAnswer("", ""),))


def cell(source: str, **metadata: object) -> dict[str, object]:
    """A code cell as plain data."""
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}


def test_the_solved_copy_answers_stubs_and_leaves_the_rest() -> None:
    stub = cell("my_call = ...", tags=["exercise"], workbook={"exercise": ID})
    notebook = {"cells": [cell("a = 1"), stub]}
    solved = solved_copy(notebook)
    assert [c["source"] for c in solved["cells"]] == ["a = 1", exercises.solved_source(ID)]
    assert stub["source"] == "my_call = ..."


def test_a_stub_without_its_id_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"metadata workbook\.exercise"):
        exercise_id(cell("my_call = ...", tags=["exercise"]))


def test_outcomes_are_read_from_an_executed_notebook() -> None:
    checked = cell("check(...)")
    checked["outputs"] = [{"data": {exercises.CHECK_MIME: {"id": ID, "outcome": "right"}}}]
    assert list(outcomes({"cells": [checked]})) == [(ID, "right")]
