"""The mix slider: what a place shows, what is refused, and what is left where nobody sits."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from workbook.core.errors import UsageError
from workbook.core.stats import Interval
from workbook.study.mix_slider import LEFT, LENGTH, mix_slider

WIDGET = "application/vnd.jupyter.widget-view+json"
SVG = "{http://www.w3.org/2000/svg}"


def marks(calls: float, talk: float) -> dict[str, Interval]:
    return {name: Interval(value, value - 0.1, value + 0.1, 3) for name, value in (("calls", calls), ("talk", talk))}


BEFORE = marks(0.1, 0.9)
MIXES = {0.5: marks(0.7, 0.8), 0.0: marks(0.8, 0.2), 0.05: marks(0.75, 0.5)}


def test_mixes_stand_in_the_order_of_their_shares() -> None:
    slider = mix_slider(MIXES, BEFORE)
    assert [share for share, _ in slider.mixes] == [0.0, 0.05, 0.5]
    assert repr(slider).startswith("5% of the rows are general: ")
    assert "calls 75% [65%, 85%], before 10%" in repr(slider)


def test_the_bar_is_as_long_as_the_share() -> None:
    drawn = ET.fromstring(mix_slider(MIXES, BEFORE, at=0.5).draw(2).svg)
    widths = [float(rect.get("width", 0)) for rect in drawn.iter(f"{SVG}rect")]
    assert widths == pytest.approx([LENGTH, 0.7 * LENGTH, LENGTH, 0.8 * LENGTH], abs=0.1)
    dashed = [float(line.get("x1", 0)) for line in drawn.iter(f"{SVG}line") if line.get("stroke-dasharray")]
    assert dashed == pytest.approx([LEFT + 0.1 * LENGTH, LEFT + 0.9 * LENGTH], abs=0.1)


@pytest.mark.parametrize(
    ("mixes", "at", "said"),
    [
        ({}, None, "no mix"),
        ({0.5: {"calls": Interval(1, 1, 1, 1)}}, None, "measured alike"),
        (MIXES, 0.3, "0, 0.05, 0.5"),
    ],
)
def test_what_cannot_be_shown_is_refused(mixes, at, said) -> None:
    with pytest.raises(UsageError) as error:
        mix_slider(mixes, BEFORE, at)
    assert said in f"{error.value} {error.value.remedy}"


def test_a_person_slides_and_a_run_leaves_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    slider = mix_slider(MIXES, BEFORE, at=0.0)
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    assert {WIDGET, "image/svg+xml"} <= slider._repr_mimebundle_().keys()
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    shown = slider._repr_mimebundle_()
    assert WIDGET not in shown
    assert shown["text/plain"] == repr(slider)
