"""Every exercise: its answer passes, its wrong answers are refused with the message that names the mistake."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.study.exercise import Exercise
from workbook.study.exercises import registry

ALL = list(registry().values())
WRONG = [(e, number) for e in ALL for number in range(len(e.wrong))]


def value(exercise: Exercise, source: str) -> Any:
    """Run one of our own cells and return what it binds."""
    namespace: dict[str, Any] = {}
    exec(compile(source, exercise.id, "exec"), namespace)
    return namespace[exercise.variable]


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_answer_passes(exercise: Exercise) -> None:
    assert exercise.judge(value(exercise, exercise.answer)).outcome == "right"


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_stub_counts_as_untouched(exercise: Exercise) -> None:
    assert exercise.judge(value(exercise, exercise.stub)).outcome == "untouched"


@pytest.mark.parametrize(("exercise", "number"), WRONG, ids=lambda x: getattr(x, "id", str(x)))
def test_a_wrong_answer_is_refused_by_name(exercise: Exercise, number: int) -> None:
    wrong = exercise.wrong[number]
    verdict = exercise.judge(value(exercise, wrong.source))
    assert verdict.outcome == "wrong"
    assert wrong.refusal in verdict.message


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
@pytest.mark.parametrize("nonsense", [0, "", "text", [], {}, object(), lambda: 1, lambda *a: 1 / 0, {"name": 3}])
def test_nonsense_never_raises_and_never_passes(exercise: Exercise, nonsense: Any) -> None:
    assert exercise.judge(nonsense).outcome != "right"
