"""A mock interview in a notebook: the question, a place to answer, and the rubric after it, step by step.

Each step and each keystroke is kept (``interview``), so a killed kernel loses nothing. Tab moves between the fields,
the space bar marks a line. When it is over, the chart over all interviews stays behind as a picture. An unattended run
asks nothing, and says how to begin.
"""

from __future__ import annotations

import time
from typing import Any

from workbook.study import progress
from workbook.study.card import Card
from workbook.study.interview import Sitting, begin, interviews, under_way
from workbook.study.interview_chart import chart
from workbook.study.interview_plan import allowed, answer, asks, rubric
from workbook.study.interview_report import report
from workbook.study.interview_turn import Turn
from workbook.study.question_page import as_html


def mock_interview(topic: str | None = None, level: str | None = None, minutes: int = 10) -> InterviewForm:
    """The interview that was left, else a new one; show the value to sit it."""
    return InterviewForm(topic, level, minutes)


class InterviewForm:
    """The form of one interview, which begins when somebody sees it."""

    def __init__(self, topic: str | None, level: str | None, minutes: int) -> None:
        self.topic, self.level, self.minutes = topic, level, minutes
        self._handle: Any = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        still = self.waiting()._repr_mimebundle_()
        if not progress.attended():
            display(still, raw=True)
            return
        bundle = {**still, **self.form()._repr_mimebundle_(), "text/plain": still["text/plain"]}
        self._handle = display(bundle, raw=True, display_id=True)

    def waiting(self) -> Card:
        """What waits here, where no form can be shown."""
        where = "Run this cell in JupyterLab, or type `workbook interview` in a terminal."
        return Card(f"An interview of {self.minutes} minutes waits here", where)

    def form(self) -> Any:
        """The fields of the step that comes next, in a box that changes with it."""
        import ipywidgets as widgets

        box = widgets.VBox()
        self._next(box, under_way() or begin(self.topic, self.level, self.minutes))
        return box

    def _next(self, box: Any, sitting: Sitting) -> None:
        turn = sitting.turn()
        if turn is None:
            self._over(box, sitting)
        else:
            STEPS[turn.stage](box, sitting, turn, lambda: self._next(box, sitting))

    def _over(self, box: Any, sitting: Sitting) -> None:
        import ipywidgets as widgets

        done, store = sitting.end(), progress.current()
        every = interviews(store)
        box.children = (widgets.HTML(as_html(report(done, [one for one in every if one.id < done.id]))),)
        if self._handle is not None:
            self._handle.update(chart(every))


def _answer(box: Any, sitting: Sitting, turn: Turn, go_on: Any) -> None:
    import ipywidgets as widgets

    left = sitting.interview.minutes - sitting.interview.seconds / 60
    head = f"{'Follow-up' if turn.path else 'Question'}, {allowed(turn)} s; {left:.0f} min left"
    said = widgets.Textarea(
        value=turn.said, description="You say", placeholder="Speak it aloud, then write it down.", layout=_wide("9em")
    )
    clock = [time.monotonic()]

    def kept(_: Any = None) -> None:
        now = time.monotonic()
        sitting.draft(said.value, now - clock[0])
        clock[0] = now

    def finished(_: Any) -> None:
        kept()
        sitting.finish()
        go_on()

    def ended(_: Any) -> None:
        sitting.end()
        go_on()

    said.observe(kept, names="value")
    buttons = _buttons({"Done": ("That is my answer", finished), "End the interview": ("To the report", ended)})
    box.children = (widgets.HTML(f"<p><i>{head}</i></p>{as_html(asks(turn))}"), said, buttons)


def _expect(box: Any, sitting: Sitting, turn: Turn, go_on: Any) -> None:
    import ipywidgets as widgets

    most = sum(point.points for point in rubric(turn))
    points = widgets.IntSlider(0, 0, most, description="Points", layout=_wide())

    def committed(_: Any) -> None:
        sitting.expect(points.value)
        go_on()

    words = widgets.HTML(f"<b>How many of {most} points will the rubric give you?</b>")
    box.children = (words, points, _buttons({"Commit": ("Then see the rubric", committed)}))


def _grade(box: Any, sitting: Sitting, turn: Turn, go_on: Any) -> None:
    import ipywidgets as widgets

    lines = [
        widgets.Checkbox(False, description=f"{point.what} ({point.points})", indent=False, layout=_wide())
        for point in rubric(turn)
    ]

    def graded(_: Any) -> None:
        sitting.grade([number for number, line in enumerate(lines, 1) if line.value])
        go_on()

    words = widgets.HTML(f"<b>An answer</b>{as_html(answer(turn))}<b>Which lines did your words earn?</b>")
    box.children = (words, *lines, _buttons({"Grade": ("Mark what you said, not what you meant", graded)}))


STEPS = {"answer": _answer, "expect": _expect, "grade": _grade}


def _buttons(wanted: dict[str, tuple[str, Any]]) -> Any:
    import ipywidgets as widgets

    made: list[Any] = []
    for name, (tooltip, then) in wanted.items():
        style = "" if made else "primary"
        made.append(widgets.Button(description=name, tooltip=tooltip, button_style=style))
        made[-1].on_click(then)
    return widgets.HBox(made)


def _wide(height: str | None = None) -> Any:
    import ipywidgets as widgets

    return widgets.Layout(width="46em", height=height)
