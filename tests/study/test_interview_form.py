"""The interview in a notebook, step by step, kept as it goes, with a picture at the end; and the graded answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import IPython.display
import pytest

from workbook.core.errors import WorkbookError
from workbook.study.graded import graded
from workbook.study.interview import interviews, under_way
from workbook.study.interview_form import InterviewForm, mock_interview
from workbook.study.progress import current


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)


def press(box: Any, name: str) -> None:
    (button,) = [button for button in box.children[-1].children if button.description == name]
    button.click()


def test_a_turn_goes_from_the_answer_to_the_guess_to_the_rubric() -> None:
    box = mock_interview("loops", minutes=5).form()
    box.children[1].value = "Keep the results in view."
    assert under_way().turn().said == "Keep the results in view.", "kept before any button"
    press(box, "Done")
    box.children[1].value = 1
    press(box, "Commit")
    box.children[1].value = True
    press(box, "Grade")
    [turn] = interviews(current())[0].graded
    assert (turn.said, turn.expected, turn.lines) == ("Keep the results in view.", 1, (1,))
    assert turn.seconds > 0


def test_it_goes_on_where_it_was_left() -> None:
    mock_interview("loops", minutes=5).form().children[1].value = "Half an answer"
    assert mock_interview("grammars", minutes=5).form().children[1].value == "Half an answer"


def test_at_its_end_it_reports_and_leaves_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[Any] = []

    class Handle:
        update = staticmethod(states.append)

    monkeypatch.setattr(IPython.display, "display", lambda item, **_: Handle())
    form = InterviewForm("loops", None, 5)
    made: list[Any] = []
    real = InterviewForm.form
    monkeypatch.setattr(InterviewForm, "form", lambda self: made.append(real(self)) or made[0])
    form._ipython_display_()
    press(made[0], "End the interview")
    assert "Nothing was graded" in made[0].children[0].value
    assert states[0].svg.startswith("<svg")
    assert under_way() is None


def test_an_unattended_run_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    shown: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", lambda item, **_: shown.append(item))
    mock_interview()._ipython_display_()
    assert "waits here" in shown[0]["text/plain"]
    assert interviews(current()) == []


def test_every_field_has_a_label() -> None:
    box = mock_interview("loops", minutes=5).form()
    assert box.children[1].description
    press(box, "Done")
    assert box.children[1].description
    press(box, "Commit")
    assert all(line.description for line in box.children[1:-1])


class TestGraded:
    def test_every_line_is_one_of_the_rubric(self) -> None:
        answers = graded()
        assert all(len(one.marks) >= max(one.lines, default=0) for one in answers)
        assert {one.about for one in answers} == {"plain", "keywords", "rambling", "injection"}
        assert all(not one.lines for one in answers if one.about != "plain")

    def test_a_line_that_the_rubric_lacks_is_refused(self, tmp_path: Path) -> None:
        sheet = tmp_path / "sheet.yaml"
        sheet.write_text("- {question: 07.tool_loops, about: plain, said: x, lines: [99]}")
        with pytest.raises(WorkbookError, match="no line 99"):
            graded(sheet)
