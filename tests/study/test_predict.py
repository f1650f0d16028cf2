"""A guess, committed by widget or in code, and its picture beside the interval."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.core.stats import Interval
from workbook.study import predict as module
from workbook.study import progress
from workbook.study.predict import Question, predict, reveal, verdict
from workbook.study.progress import Guess

WIDGET = "application/vnd.jupyter.widget-view+json"
MEASURED = Interval(0.7, 0.6, 0.8, 50)


@pytest.fixture(autouse=True)
def learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person with a fresh home, and no question asked yet."""
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(progress, "_open", {})
    monkeypatch.setattr(module, "_asked", {})


def parts_of(widget: Any) -> list[Any]:
    """The widget and everything in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts_of(child))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (70, "the estimate itself, inside the interval"),
        (95, "25 points above the estimate, outside"),
        (50, "20 points below the estimate, outside"),
        (60, "10 points below the estimate, inside"),
    ],
)
def test_the_guess_is_compared_with_the_interval(value: float, words: str) -> None:
    predict("q", "How many?", guess=value)
    assert words in reveal("q", MEASURED).words


def test_confidence_is_held_against_a_wrong_guess_only() -> None:
    question, measured = Question("q", "How many?", "ms", 0, 10), Interval(4, 3, 5, 9)
    assert "almost certain" in verdict(question, measured, Guess(9, 0.95))
    assert "almost certain" not in verdict(question, measured, Guess(4, 0.95))
    assert "5.0 ms above" in verdict(question, measured, Guess(9, 0.5))


def test_without_a_guess_it_says_so() -> None:
    shown = predict("q", "How many?")
    assert "No guess given" in str(shown.static())
    assert "No guess given" in reveal("q", MEASURED).words


def test_the_button_commits_what_slider_and_confidence_say() -> None:
    parts = {type(part).__name__: part for part in parts_of(module._slider(predict("q", "How many?")))}
    parts["FloatSlider"].value, parts["RadioButtons"].value = 40, 0.95
    parts["Button"].click()
    assert progress.current().guess("q") == Guess(40, 0.95)


def test_the_slider_holds_no_guess_until_it_is_moved() -> None:
    parts = {type(part).__name__: part for part in parts_of(module._slider(predict("q", "How many?")))}
    slider, button = parts["FloatSlider"], parts["Button"]
    assert (slider.readout, button.disabled) == (False, True)
    slider.value = 1
    assert (slider.readout, button.disabled) == (True, False)


def test_a_guess_survives_a_restart_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    predict("q", "How many?", guess=30)
    monkeypatch.setattr(progress, "_open", {})
    assert "30 %" in str(predict("q", "How many?").static())


def test_a_person_gets_the_slider_and_a_run_gets_words(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = predict("q", "How many?")
    assert {WIDGET, "text/markdown", "text/plain"} <= shown._repr_mimebundle_().keys()
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert WIDGET not in shown._repr_mimebundle_()


def test_what_was_not_measured_judges_no_guess() -> None:
    predict("q", "What share?", guess=70)
    drawn = reveal("q", Interval(math.inf, 0, 1, 0))
    assert "Not measured here" in drawn.words
    assert "inf" not in drawn._repr_mimebundle_()["image/svg+xml"]
    ET.fromstring(drawn._repr_mimebundle_()["image/svg+xml"])


def test_the_picture_is_sound_svg_and_stays_on_the_page() -> None:
    predict("q", "A < B & C?", guess=100)
    drawn = reveal("q", Interval(1.2, 0.9, 1.4, 5))
    page = ET.fromstring(drawn.svg)
    xs = [float(e.get("x", 0)) for e in page.iter() if e.get("x")]
    assert 0 <= min(xs) <= max(xs) <= float(page.get("width", 0))


def test_the_ends_of_the_scale_are_not_cut() -> None:
    predict("q", "How far ahead?", unit="points", low=-100)
    page = ET.fromstring(reveal("q", Interval(0, -66, 66, 2)).svg)
    ends = [e for e in page.iter() if e.text in ("-100 points", "100 points")]
    assert len(ends) == 2
    for one in ends:
        half = module.LETTER * len(str(one.text)) / 2
        assert half <= float(one.get("x", 0)) <= float(page.get("width", 0)) - half


def test_a_long_question_takes_lines_of_its_own() -> None:
    words = "How many of all the many words of this long question fit into a line of its picture, and not one more?"
    predict("q", words)
    lines = [e.text for e in ET.fromstring(reveal("q", MEASURED).svg).iter() if e.get("font-weight") == "bold"]
    assert " ".join(map(str, lines)) == words
    assert max(len(str(line)) for line in lines) <= module.LINE


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: predict("q", "?", guess=101), "off the scale"),
        (lambda: predict("q", "?", low=5, high=5), "low must be less"),
        (lambda: predict("accuracy", "?") and reveal("acuracy", MEASURED), "Did you mean 'accuracy'"),
    ],
)
def test_bad_requests_say_what_is_wrong(call: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call()
