"""The quiz in a notebook: one question at a time, answered with mouse or keyboard, and a picture left behind.

The controls are plain form fields with labels: Tab goes from one to the next, arrows choose, Enter presses the button.
An unattended run is asked nothing, and shows what waits there. Leaves out the round itself (``quiz``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbook.core.errors import UsageError
from workbook.study import progress, svg
from workbook.study.card import Card
from workbook.study.drill import Drill
from workbook.study.drill_kinds import ChoiceDrill, NumberDrill
from workbook.study.predict import CONFIDENCE
from workbook.study.question import TOPICS
from workbook.study.question_page import as_html
from workbook.study.quiz import Answered, answer, round_of, summary
from workbook.study.trace_drill import TraceDrill
from workbook.study.trace_faults import FAULTS

WIDTH, LINE, LONGEST = 720, 22, 88
Control = tuple[Any, Callable[[], str]]
"""Form fields, and what they say, as somebody would type it."""


def quiz(topic: str | None = None, n: int = 5, seed: int | None = None) -> QuizForm:
    """A round of ``n`` questions, of one topic or of all; show the value to be asked."""
    return QuizForm(round_of(topic, n, seed))


class QuizForm:
    """A round under way: what was answered, and the form of the next question."""

    def __init__(self, drills: list[Drill]) -> None:
        self.drills = drills
        self.answered: list[Answered] = []
        self._handle: Any = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if not progress.attended():
            display(self.waiting())
            return
        still = self.waiting()._repr_mimebundle_()
        bundle = {**still, **self.form()._repr_mimebundle_(), "text/plain": still["text/plain"]}
        self._handle = display(bundle, raw=True, display_id=True)

    def waiting(self) -> Card:
        """What is asked, in words, where no form can be shown."""
        lines = [f"{number}. {_first_line(drill)}" for number, drill in enumerate(self.drills, 1)]
        where = "Run this cell in JupyterLab to answer, or `workbook quiz` in a terminal."
        return Card(f"{len(lines)} questions wait here", "\n".join([*lines, "", where]))

    def picture(self) -> svg.Picture:
        """What was asked and how it went: it stays in the notebook when the round is over."""
        rows = [f"{one.graded.mark} {one.graded.score:.2f}  {_first_line(one.drill)}" for one in self.answered]
        total = sum(one.graded.score for one in self.answered)
        title = f"{total:.1f} of {len(rows)} points"
        shown = [row if len(row) <= LONGEST else row[: LONGEST - 1] + "…" for row in rows]
        parts = [svg.text(12, 24, title, bold=True)]
        parts += [svg.text(12, 24 + LINE * number, row) for number, row in enumerate(shown, 1)]
        return svg.picture(WIDTH, 24 + LINE * len(rows) + 16, parts, f"{title}. {'; '.join(rows)}")

    def form(self) -> Any:
        """The question, its fields, two buttons, and the place where the explanation appears."""
        import ipywidgets as widgets

        box = widgets.VBox()
        self._ask(box)
        return box

    def _ask(self, box: Any) -> None:
        import ipywidgets as widgets

        drill = self.drills[len(self.answered)]
        field, said = control(drill)
        place = f"Question {len(self.answered) + 1} of {len(self.drills)}, {TOPICS[drill.topic]}"
        question = widgets.HTML(f"<p><i>{place}</i></p>{as_html(_asked(drill))}")
        send = widgets.Button(description="Answer", tooltip="Grade this answer", button_style="primary", icon="check")
        pass_ = widgets.Button(description="I do not know", tooltip="Show the answer")
        explained = widgets.HTML()
        buttons = widgets.HBox([send, pass_])

        def grade(given: Any) -> None:
            graded = answer(drill, given)
            self.answered.append(Answered(drill, graded))
            explained.value = as_html(f"{graded.mark} {graded.said}")
            last = len(self.answered) == len(self.drills)
            go_on = widgets.Button(description="The sum" if last else "Next", tooltip="Go on", icon="arrow-right")
            go_on.on_click(lambda _: self._end(box) if last else self._ask(box))
            buttons.children = (go_on,)

        def sent(_: Any) -> None:
            try:
                grade(drill.read(said()))
            except UsageError as error:
                explained.value = as_html(str(error))

        send.on_click(sent)
        pass_.on_click(lambda _: grade(None))
        box.children = (question, field, buttons, explained)

    def _end(self, box: Any) -> None:
        import ipywidgets as widgets

        box.children = (widgets.HTML(as_html(summary(self.answered, progress.current().reviews()))),)
        if self._handle is not None:
            self._handle.update(self.picture())


def control(drill: Drill) -> Control:
    """The form fields for a drill of this kind."""
    return CONTROLS.get(drill.kind, _typed)(drill)


def _choice(drill: ChoiceDrill) -> Control:
    import ipywidgets as widgets

    options = [(f"{letter}: {option.text}", letter) for letter, option in drill.options()]
    radio = widgets.RadioButtons(options=options, value=None, description="Your answer", layout=_wide())
    return radio, lambda: radio.value or ""


def _number(drill: NumberDrill) -> Control:
    import ipywidgets as widgets

    n = drill.number
    step = (n.high - n.low) / 100
    value = widgets.FloatSlider(
        value=n.low,
        min=n.low,
        max=n.high,
        step=step,
        description=f"Your number ({n.unit})",
        layout=_wide(),
        style=NAMED,
    )
    sure = widgets.RadioButtons(
        options=list(CONFIDENCE.items()), value=0.75, description="How sure?", layout=_wide(), style=NAMED
    )
    return widgets.VBox([value, sure]), lambda: f"{value.value} {100 * sure.value}"


def _trace(drill: TraceDrill) -> Control:
    import ipywidgets as widgets

    step = widgets.BoundedIntText(value=1, min=1, max=9, description="Step", layout=_wide())
    options = [(f"{letter}: {FAULTS[name].words}", letter) for letter, name in drill.options.items()]
    fault = widgets.RadioButtons(options=options, value=None, description="What?", layout=_wide())
    return widgets.VBox([step, fault]), lambda: f"{step.value} {fault.value or ''}"


def _typed(drill: Drill) -> Control:
    import ipywidgets as widgets

    field = widgets.Text(description="Your answer", placeholder=drill.how, layout=_wide())
    return field, lambda: str(field.value)


NAMED = {"description_width": "10em"}
CONTROLS: Mapping[str, Callable[[Any], Control]] = {"choice": _choice, "number": _number, "trace": _trace}


def _wide() -> Any:
    import ipywidgets as widgets

    return widgets.Layout(width="44em")


def _asked(drill: Drill) -> str:
    """The question; options stand in the form."""
    return drill.choice.ask if isinstance(drill, ChoiceDrill) else drill.ask()


def _first_line(drill: Drill) -> str:
    return drill.ask().splitlines()[0]
