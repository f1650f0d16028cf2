"""The token stepper on made-up steps."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.study.stepper import Stepper, candidates, departure, describe, draw, removed, stepper

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class FakeStep:
    token_id: int
    text: str
    top: tuple[tuple[str, float, float, bool], ...]
    allowed_count: int
    allowed_mass: float
    forced: bool = False


STEPS = [
    FakeStep(1, "{", (("{", 0.6, 1.0, True), ("Sure", 0.4, 0.0, False)), 1, 0.6, True),
    FakeStep(2, '"', (('"', 0.2, 0.9, True), ("\n", 0.7, 0.0, False), ("}", 0.02, 0.1, True)), 2, 0.3),
    FakeStep(3, "city<&", (("city<&", 0.9, 0.9, True), ("a" * 40, 0.1, 0.1, True)), 12, 1.0),
] * 20


def test_it_opens_where_the_mask_took_the_most() -> None:
    assert stepper(STEPS).at == 1
    assert removed(STEPS[1]) == pytest.approx(0.7)


def test_the_still_picture_shows_a_step_with_a_choice() -> None:
    strong = FakeStep(4, "}", (("}", 0.01, 1.0, True), ("no", 0.99, 0.0, False)), 1, 0.01, True)
    words = stepper([strong, *STEPS[:3], strong]).still().words
    assert "Token 0, “}”: forced" in words
    assert 'Token 2, “"”: 2 tokens allowed' in words
    assert "Token 3" not in words


def test_the_sentence_says_what_happened() -> None:
    assert (
        describe(STEPS[0], 0) == "Token 0, “{”: forced, the only token allowed; the mask took 40 % of the probability."
    )
    assert describe(STEPS[1], 1) == 'Token 1, “"”: 2 tokens allowed; the mask took 70 % of the probability.'
    assert "took less than 1 % of" in describe(STEPS[2], 2)


@pytest.mark.parametrize(("right", "at"), [('{"city<&{"ci', None), ('{"town"', 2), ("[]", 0), ('{"city<&{"c<', 5)])
def test_where_the_text_departs_from_the_right_one(right: str, at: int | None) -> None:
    tags = FakeStep(0, "<tool_call>", (), 1, 1.0)
    found = departure([tags, *STEPS[:6]], right)
    assert found == (None if at is None else at + 1)


def test_the_picture_holds_every_token_and_fits_the_page() -> None:
    page = ET.fromstring(stepper(STEPS).still().svg)
    texts = [e.text for e in page.iter() if e.tag.endswith("text")]
    assert texts.count("city<&") >= 20
    right = [float(e.get("x", 0)) + float(e.get("width", 0)) for e in page.iter() if e.tag.endswith("rect")]
    assert max(right) <= float(page.get("width", 0))


def test_forbidden_and_forced_are_told_without_colour() -> None:
    drawn = draw(STEPS[:2], [1]).svg
    assert "⏎ ✗" in drawn
    assert "not allowed" in drawn
    assert "underlined: forced, 50% of 2 tokens" in drawn


def test_what_was_written_is_among_the_candidates() -> None:
    unlikely = [(str(i), 0.1, 0.0, False) for i in range(8)]
    step = FakeStep(9, "}", (*unlikely, ("}", 0.01, 1.0, True)), 1, 0.01)
    assert [c[0] for c in candidates(step)] == ["0", "1", "2", "3", "4", "}"]


def test_the_buttons_walk_and_stop_at_the_ends() -> None:
    box: Any = stepper(STEPS[:3], at=1).walk()
    place, back, on = box.children[0].children
    seen = []
    for button in (back, back, on, on, on):
        button.click()
        seen.append(place.value)
    assert seen == [0, 0, 1, 2, 2]
    assert "Token 2, “city&lt;&amp;”" in box.children[1].value


def test_a_person_gets_the_slider_and_a_run_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    assert {WIDGET, "image/svg+xml"} <= Stepper(tuple(STEPS), 0)._repr_mimebundle_().keys()
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert WIDGET not in Stepper(tuple(STEPS), 0)._repr_mimebundle_()


@pytest.mark.parametrize(("steps", "at"), [([], None), (STEPS, 60), (STEPS, -1)])
def test_there_must_be_a_token_to_show(steps: list[FakeStep], at: int | None) -> None:
    with pytest.raises(UsageError, match="token"):
        stepper(steps, at)
