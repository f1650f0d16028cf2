"""Guess first, then measure: ``predict(...)`` before a run, ``reveal(id, interval)`` after it.

A guess is a number and how sure you are. It is asked for by a slider (arrow keys move it, Tab goes on to
the confidence and the button) or, without widgets, in code: ``predict(..., guess=80)``. The slider holds no guess
until it is moved, and its button waits for that. ``reveal`` draws the guess beside the measured interval and says how
far from the estimate it lies: a wide interval flatters. An unattended run asks nothing, and says that no guess was
given.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import Any

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.core.stats import Interval
from workbook.study import progress, svg
from workbook.study.card import Card
from workbook.study.progress import Guess

WIDTH, LETTER = 640, 8.5
"""Of a picture, and of a letter at most, in pixels."""
LINE = 72
"""Letters of a question that fit beside each other in its picture."""
CONFIDENCE = {"a hunch": 0.5, "fairly sure": 0.75, "almost certain": 0.95}


@dataclass(frozen=True)
class Question:
    """What is asked: a number in ``unit`` between ``low`` and ``high``; with ``%`` intervals are shares."""

    id: str
    text: str
    unit: str
    low: float
    high: float

    def show(self, value: float) -> str:
        """A number with its unit, as precise as the scale deserves."""
        digits = 0 if self.high - self.low >= 50 else 1 if self.high - self.low >= 5 else 2
        return f"{value:.{digits}f} {self.unit}".strip()


_asked: dict[str, Question] = {}


def predict(
    id: str, question: str, unit: str = "%", low: float = 0, high: float = 100, guess: float | None = None
) -> Prediction:
    """Ask for a guess between ``low`` and ``high``; show the value to get the slider.

    ``guess`` commits one in code, fairly sure, for front ends without widgets. Raises ``UsageError`` for a scale
    without length.
    """
    if not low < high:
        raise UsageError(f"the scale of {id!r} runs from {low} to {high}", "low must be less than high.")
    asked = _asked[id] = Question(id, question, unit, low, high)
    prediction = Prediction(asked)
    if guess is not None:
        prediction.commit(guess, CONFIDENCE["fairly sure"])
    return prediction


def reveal(id: str, measured: Interval) -> svg.Picture:
    """Draw the guess beside the measured interval; an infinite estimate says that nothing was measured.

    Raises ``UsageError`` for an id that was not asked, which names the nearest.
    """
    if id not in _asked:
        raise unknown("prediction", id, _asked)
    question = _asked[id]
    if not math.isfinite(measured.estimate):
        return _unmeasured(question)
    shown = measured.scaled(100) if question.unit == "%" else measured
    return _drawn(question, shown, progress.current().guess(id))


@dataclass(frozen=True)
class Prediction:
    """A question waiting for a guess. Shown in a cell it is a slider, or words where nobody sits."""

    question: Question

    def commit(self, value: float, confidence: float) -> None:
        """Commit to ``value``; refused when it lies off the scale."""
        if not self.question.low <= value <= self.question.high:
            scale = f"{self.question.low:g} to {self.question.high:g}"
            raise UsageError(f"{value:g} is off the scale of {self.question.id!r}", f"It runs from {scale}.")
        progress.current().commit(self.question.id, Guess(float(value), confidence))

    def static(self) -> Card:
        """The question in words, with the guess, or with the sentence that none was given."""
        guess = progress.current().guess(self.question.id)
        q = self.question
        said = f"Your guess: {q.show(guess.value)}." if guess else "No guess given."
        return Card(
            "Before you run on", f"{q.text}\n\n*{said} The scale runs from {q.show(q.low)} to {q.show(q.high)}.*"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        still = self.static()._repr_mimebundle_()
        if not progress.attended():
            return still
        return {**still, **_slider(self)._repr_mimebundle_(), "text/plain": still["text/plain"]}


def _slider(prediction: Prediction) -> Any:
    """Question, slider, confidence, button and the line that confirms."""
    import ipywidgets as widgets

    q, earlier = prediction.question, progress.current().guess(prediction.question.id)
    wide, named = widgets.Layout(width="34em"), {"description_width": "9em"}
    step = (q.high - q.low) / 100
    value = widgets.FloatSlider(
        value=earlier.value if earlier else q.low,
        min=q.low,
        max=q.high,
        step=step,
        description=f"Your guess ({q.unit})" if q.unit else "Your guess",
        readout=earlier is not None,
        readout_format=".0f" if step >= 0.5 else ".2f",
        layout=wide,
        style=named,
    )
    sure = widgets.RadioButtons(
        options=list(CONFIDENCE.items()), value=0.75, description="How sure?", layout=wide, style=named
    )
    button = widgets.Button(description="Commit", tooltip="Commit to this guess", button_style="primary", icon="check")
    button.disabled = earlier is None
    said = widgets.HTML(f"Committed: {q.show(earlier.value)}." if earlier else "No guess yet: move the slider.")

    def moved(_: Any) -> None:
        value.readout, button.disabled, said.value = True, False, "Not committed yet."

    def commit(_: Any) -> None:
        prediction.commit(value.value, sure.value)
        said.value = f"Committed: {q.show(value.value)}. Run on and see."

    value.observe(moved, names="value")
    button.on_click(commit)
    return widgets.VBox([widgets.HTML(f"<b>{q.text}</b>"), value, sure, widgets.HBox([button, said])])


def verdict(question: Question, measured: Interval, guess: Guess | None) -> str:
    """How far from the estimate the guess lies, and whether inside the interval; ``measured`` is in the unit asked."""
    if guess is None:
        return "No guess given: commit to one above and run this cell again."
    said = f"You said {question.show(guess.value)}: {_distance(question, guess.value - measured.estimate)}"
    if measured.low <= guess.value <= measured.high:
        return f"{said}, inside the interval."
    sure = " And you were almost certain." if guess.confidence >= CONFIDENCE["almost certain"] else ""
    return f"{said}, outside the interval.{sure}"


def _distance(question: Question, off: float) -> str:
    far = question.show(abs(off))
    if far == question.show(0):
        return "the estimate itself"
    return f"{far.replace('%', 'points')} {'above' if off > 0 else 'below'} the estimate"


def _drawn(question: Question, measured: Interval, guess: Guess | None) -> svg.Picture:
    asked = textwrap.wrap(question.text, LINE)
    left, right, y = 30, 610, 48 + 18 * len(asked)

    def x(value: float) -> float:
        share = (value - question.low) / (question.high - question.low)
        return left + min(max(share, 0), 1) * (right - left)

    ends = f"{question.show(measured.low)} to {question.show(measured.high)}"
    found = f"Measured: {question.show(measured.estimate)} ({ends}, n = {measured.n})."
    said = verdict(question, measured, guess)
    parts = [
        *(svg.text(left, 18 * number, words, bold=True) for number, words in enumerate(asked, 1)),
        svg.line(left, y, right, y, width=2),
        *(part for mark in (question.low, question.high) for part in _tick(x(mark), y, question.show(mark))),
        svg.rect(x(measured.low), y - 9, max(x(measured.high) - x(measured.low), 2), 18, stroke=svg.BLUE),
        svg.circle(x(measured.estimate), y, 6, fill=svg.BLUE),
        svg.text(left, y + 52, f"● {found}"),
    ]
    if guess is not None:
        parts += [
            svg.diamond(x(guess.value), y, 8, fill=svg.ORANGE),
            svg.text(x(guess.value), y - 16, "you", anchor="middle"),
        ]
    parts.append(svg.text(left, y + 72, f"◆ {said}"))
    return svg.picture(WIDTH, y + 84, parts, f"{question.text} {found} {said}")


def _unmeasured(question: Question) -> svg.Picture:
    words = "Not measured here: no guess can be judged."
    parts = [svg.text(30, 18, question.text, bold=True), svg.text(30, 40, words)]
    return svg.picture(WIDTH, 52, parts, f"{question.text} {words}")


def _tick(x: float, y: float, label: str) -> list[str]:
    half = LETTER * len(label) / 2  # at either end a long label moves in, or the picture would cut it
    middle = min(max(x, half), WIDTH - half)
    return [svg.line(x, y - 5, x, y + 5, width=2), svg.text(middle, y + 26, label, anchor="middle")]
