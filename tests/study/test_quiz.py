"""A round: what comes first, what is remembered, the sum; and the form in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.drill import Drill, Graded
from workbook.study.drill_kinds import ChoiceDrill, NumberDrill, StepsDrill
from workbook.study.progress import Progress, Review
from workbook.study.question import Choice, Number, Option, Steps
from workbook.study.quiz import Answered, answer, calibration, chosen, round_of, summary
from workbook.study.quiz_form import QuizForm, control, quiz
from workbook.study.schedule import due_at
from workbook.study.trace_drill import TraceDrill

NOW = datetime(2026, 1, 1, 10, tzinfo=UTC)
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A person with a fresh home."""
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(progress, "_open", {})
    return tmp_path


def choice(id: str, topic: str = "loops") -> ChoiceDrill:
    options = (Option("red", "Not red."), Option("green", "Green it is."), Option("blue", "Not blue."))
    return ChoiceDrill(id, topic, Choice(f"Which colour has {id}?", "b", options))


def number() -> NumberDrill:
    return NumberDrill("n#number", "latency", Number("How many?", "%", 0, 100, "So."), 60.0, "60 %")


def steps() -> StepsDrill:
    return StepsDrill("s#steps", "drift", Steps("In which order?", ("one", "two", "three", "four"), "So."))


DRILLS: list[Drill] = [choice(id) for id in "abcdef"]


def ids(drills: list[Drill]) -> str:
    return "".join(drill.id for drill in drills)


def test_due_ones_come_first_then_new_ones_then_the_next():
    rows = {
        id: {"due": (NOW + timedelta(days=days)).isoformat()} for id, days in zip("abcd", (-1, -3, 2, 1), strict=True)
    }
    picked = ids(chosen(DRILLS, rows, 6, Random(0), NOW))
    assert picked[:2] == "ba"
    assert set(picked[2:4]) == {"e", "f"}
    assert picked[4:] == "dc"
    assert ids(chosen(DRILLS, rows, 1, Random(0), NOW)) == "b"


def test_a_seed_draws_the_same_new_ones():
    picks = {ids(chosen(DRILLS, {}, 3, Random(seed), NOW)) for seed in range(20)}
    assert len(picks) > 10
    assert ids(chosen(DRILLS, {}, 3, Random(4), NOW)) == ids(chosen(DRILLS, {}, 3, Random(4), NOW))


def test_an_answer_is_remembered_and_comes_back_later():
    store = Progress(None)
    assert answer(DRILLS[0], "b", store, NOW) == Graded(1.0, DRILLS[0].grade("b").said)
    assert answer(DRILLS[1], None, store, NOW).score == 0
    assert store.reviews() == [Review("a", NOW.isoformat(), 1.0), Review("b", NOW.isoformat(), 0.0)]
    rows = store.cards()
    assert due_at(rows["b"]) < due_at(rows["a"])
    assert ids(chosen(DRILLS, rows, 6, Random(0), NOW))[-2:] == "ba"


def test_a_round_of_a_topic_has_only_that_topic():
    asked = round_of("security", n=5, seed=1)
    assert [drill.topic for drill in asked] == ["security"] * 5
    assert ids(asked) == ids(round_of("security", n=5, seed=1))
    with pytest.raises(UsageError, match="Did you mean 'security'"):
        round_of("securty")
    with pytest.raises(UsageError, match="at least one"):
        round_of(n=0)


def test_what_was_answered_today_is_not_asked_again_in_the_next_round():
    first = round_of("latency", n=3, seed=1)
    for drill in first:
        answer(drill, None, now=datetime.now(UTC))
    again = round_of("latency", n=3, seed=1)
    assert not {drill.id for drill in first} & {drill.id for drill in again}


def test_the_sum_is_by_topic():
    done = [Answered(choice("a"), Graded(1.0, "")), Answered(choice("b", "drift"), Graded(0.25, ""))]
    said = summary(done)
    assert "**1.2 of 2 points.**" in said
    assert "loops and budgets: 1.0 of 1" in said
    assert "schemas that change: 0.2 of 1" in said
    assert summary([]) == "Nothing was answered."


def test_confidence_is_held_against_what_came_true():
    reviews = [Review("n", "", 0.5, 0.9, hit) for hit in (True, False, False, False)]
    assert calibration(reviews) == []
    assert calibration([*reviews, Review("n", "", 0.5, 0.9, False)])[1] == (
        "Over 5 predictions you were 90% sure, and near enough in 20%."
    )


def parts(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def of(kind: str, widget: Any) -> list[Any]:
    return [part for part in parts(widget) if type(part).__name__ == kind]


def press(name: str, box: Any) -> None:
    next(button for button in of("Button", box) if button.description == name).click()


def test_a_round_in_the_form_from_the_first_question_to_the_sum():
    form = QuizForm([choice("a"), number()])
    box = form.form()
    (radio,) = of("RadioButtons", box)
    press("Answer", box)
    assert "Type one of" in of("HTML", box)[-1].value, "nothing was chosen yet"
    radio.value = "b"
    press("Answer", box)
    assert "Green it is." in of("HTML", box)[-1].value
    assert [button.description for button in of("Button", box)] == ["Next"], "an answer counts once"
    press("Next", box)
    (slider,), (sure,) = of("FloatSlider", box), of("RadioButtons", box)
    slider.value, sure.value = 60, 0.95
    press("Answer", box)
    press("The sum", box)
    assert "2.0 of 2 points" in box.children[0].value
    assert [review.id for review in progress.current().reviews()] == ["a", "n#number"]
    assert "2.0 of 2 points" in form.picture().words
    assert "✓ 1.00" in form.picture().svg


def test_not_knowing_shows_the_answer():
    form = QuizForm([steps()])
    box = form.form()
    press("I do not know", box)
    assert "four" in of("HTML", box)[-1].value
    assert form.answered[0].graded.score == 0


@pytest.mark.parametrize("drill", [choice("a"), number(), steps(), TraceDrill("trace.cut#0", "grammars", "cut", 0)])
def test_every_field_has_a_label(drill: Drill):
    field, said = control(drill)
    fields = [part for part in parts(field) if type(part).__name__ not in ("VBox", "HBox")]
    assert fields
    assert all(part.description for part in fields)
    assert isinstance(said(), str)


def test_the_fields_of_a_trace_are_read():
    field, said = control(TraceDrill("trace.cut#0", "grammars", "cut", 0))
    of("BoundedIntText", field)[0].value, of("RadioButtons", field)[0].value = 2, "c"
    assert said() == "2 c"


def shown(form: QuizForm, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a cell would display, and what later takes its place."""
    import IPython.display

    seen: list[Any] = []

    class Handle:
        def update(self, value: Any) -> None:
            seen.append(value)

    monkeypatch.setattr(IPython.display, "display", lambda value, **how: (seen.append(value), Handle())[1])
    form._ipython_display_()
    return seen


def test_a_person_gets_the_form_and_a_picture_stays(monkeypatch: pytest.MonkeyPatch):
    form = QuizForm([choice("a")])
    seen = shown(form, monkeypatch)
    assert {WIDGET, "text/markdown", "text/plain"} <= seen[0].keys()
    box = form.form()
    press("I do not know", box)
    press("The sum", box)
    assert "0.0 of 1 points" in seen[-1].words


def test_an_unattended_run_is_asked_nothing(monkeypatch: pytest.MonkeyPatch, learner: Path):
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    (card,) = shown(quiz(n=3, seed=0), monkeypatch)
    assert card.title == "3 questions wait here"
    assert WIDGET not in card._repr_mimebundle_()
    assert list(learner.iterdir()) == []
