"""Scores, and that a scorer cannot see the arm."""

import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import WorkbookError
from workbook.lab.scoring import CALL_SCORES, read_row, score
from workbook.lab.trials import Arm, Output, run_trials

RIGHT = ToolCall("get_weather", {"city": "Paris"})
# The scores: parses, valid, name, right, wrong but valid.
SPELT_OUT = ToolCall("get_weather", {"city": "Paris", "days": 1})
CASES = {
    "right": (Output("", (RIGHT,), True), (1, 1, 1, 1, 0)),
    "right, default spelt out": (Output("", (SPELT_OUT,), True), (1, 1, 1, 1, 0)),
    "wrong value": (Output("", (ToolCall("get_weather", {"city": "Rome"}),), True), (1, 1, 1, 0, 1)),
    "wrong type": (Output("", (ToolCall("get_weather", {"city": 3}),), True), (1, 0, 1, 0, 0)),
    "unknown tool": (Output("", (ToolCall("weather", {"city": "Paris"}),), True), (1, 0, 0, 0, 0)),
    "twice": (Output("", (RIGHT, RIGHT), True), (1, 1, 0, 0, 1)),
    "right beside a broken one": (Output("", (RIGHT,), False, ("not JSON",)), (0, 0, 0, 0, 0)),
    "JSON but no call": (Output("", (), True, ("no name",)), (1, 0, 0, 0, 0)),
    "words": (Output("Hello."), (0, 0, 0, 0, 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_scores(case, tasks):
    output, expected = CASES[case]
    names = ("parses", "schema_valid", "name_right", "call_right", "wrong_but_valid")
    assert tuple(CALL_SCORES[name](output, tasks[0]) for name in names) == expected


def test_cut(tasks):
    assert CALL_SCORES["cut"](Output("", finish_reason="length"), tasks[0]) == 1
    assert CALL_SCORES["cut"](Output(""), tasks[0]) == 0


def test_trials_are_scored_row_by_row(tasks):
    arm = Arm("a", lambda tasks, sampling: [Output("x", (RIGHT,), True, tokens=3, seconds=0.5) for _ in tasks])
    scored = score(run_trials([arm], tasks), tasks)
    assert scored["call_right"].tolist() == [1, 0, 0, 0, 0, 0]
    assert scored["wrong_but_valid"].tolist() == [0, 1, 1, 1, 1, 1]


def test_a_scorer_sees_what_the_arm_gave_and_never_which_it_was(tasks):
    output = Output("x", (RIGHT,), True, ("p",), "prompt", 5, 3, 0.5, "length", 2)
    seen = []
    scorers = {"peek": lambda output, task: seen.append(output) or 1.0}
    score(run_trials([Arm("secret", lambda tasks, sampling: [output])], tasks[:1]), tasks, scorers)
    assert seen == [output]
    assert "secret" not in repr(seen)


def test_rows_of_another_set_are_an_error(tasks):
    trials = run_trials([Arm("a", lambda tasks, sampling: [Output("")] * len(tasks))], tasks)
    with pytest.raises(WorkbookError, match="no task 't0'"):
        score(trials, tasks[1:])
    assert read_row(trials.iloc[0]) == Output("")
