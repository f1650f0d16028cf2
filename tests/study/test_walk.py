"""The slider with its two buttons, and the choice between it and a still picture."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.study import svg
from workbook.study.walk import bundle, walk

WIDGET = "application/vnd.jupyter.widget-view+json"


def page(number: int) -> svg.Picture:
    return svg.picture(9, 9, [], f'page "{number}"')


def test_slider_and_buttons_lead_to_the_same_places_and_stop_at_the_ends() -> None:
    box: Any = walk(page, 3, 1, "Page")
    (place, back, on), sheet = box.children[0].children, box.children[1]
    seen = []
    for button in (back, back, on, on, on):
        button.click()
        seen.append(place.value)
    assert seen == [0, 0, 1, 2, 2]
    place.value = 1
    assert 'aria-label="page &quot;1&quot;"' in sheet.value
    assert place.description == "Page"
    assert (back.tooltip, on.tooltip) == ("The page before", "The next page")


def test_places_may_be_numbered_from_one() -> None:
    box: Any = walk(page, 2, 0, "Page", first=1)
    (place, _, on), sheet = box.children[0].children, box.children[1]
    assert (place.min, place.value, place.max) == (1, 1, 2)
    assert "page &quot;0&quot;" in sheet.value
    on.click()
    assert place.value == 2
    assert "page &quot;1&quot;" in sheet.value


def test_a_person_gets_the_widget_and_a_run_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    shown = bundle(page(0), lambda: walk(page, 2, 0, "Page"))
    assert {WIDGET, "image/svg+xml"} <= shown.keys()
    assert shown["text/plain"] == 'page "0"'
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert WIDGET not in bundle(page(0), lambda: pytest.fail("nobody sits here"))
