"""The time bar: what it draws, what it compares with, and what remains of it on paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.study import svg
from workbook.study.latency import (
    BAR,
    PARTS,
    WIDTH,
    Call,
    Latency,
    _axis,
    _filled,
    _menus,
    _slanted,
    describe,
    draw,
    latency,
)

WIDGET = "application/vnd.jupyter.widget-view+json"
SVG = "{http://www.w3.org/2000/svg}"


def call(schema: str, engine: str, strategy: str, passes: float, masks: float = 0.0) -> Call:
    return Call(
        schema,
        engine,
        strategy,
        {"passes": passes, "masks": masks, "following": 0.0, "rest": 10.0},
        passes=passes / 10,
        tokens=60,
    )


CALLS = [
    call("one tool", "llguidance", "masked", 600, 90),
    call("one tool", "none", "free", 590),
    call("one tool", "llguidance", "fast_forward", 290, 10),
    call("two <&>", "none", "free", 400),
    call("two <&>", "xgrammar", "masked", 400, 30),
]


def widths(drawn_svg: str) -> list[float]:
    return [float(rect.get("width", 0)) for rect in ET.fromstring(drawn_svg).iter(f"{SVG}rect")]


def test_the_baseline_comes_first_and_carries_no_ratio() -> None:
    first, *others = latency(CALLS).of("one tool")
    assert first.strategy == "free"
    assert (
        describe(first, first) == "free: 600 ms (passes 590, masks 0, following 0, rest 10; 59 passes for 60 tokens)."
    )
    assert "0.52 times free" in describe(others[1], first)
    assert others[1].name == "fast-forward, llguidance"


def test_bars_are_to_scale_and_fit() -> None:
    drawn = draw(latency(CALLS).of("one tool"))
    page = ET.fromstring(drawn.svg)
    bars = widths(drawn.svg)
    free, masked = sum(bars[:4]), sum(bars[4:8])
    assert masked / free == pytest.approx(700 / 600, rel=0.01)
    for kind in ("rect", "text"):
        assert all(float(e.get("x", 0)) + float(e.get("width", 0)) <= WIDTH for e in page.iter(f"{SVG}{kind}"))
        assert all(float(e.get("y", 0)) < float(page.get("height", 0)) for e in page.iter(f"{SVG}{kind}"))


def test_every_part_has_a_filling_of_its_own() -> None:
    """Solid, slanted lines, crosses, dots: told apart on a page without colour."""

    def drawn(number: int) -> tuple[bool, set[bool], bool]:
        page = ET.fromstring(svg.picture(90, 20, _filled(number, 0, 0, 60), "w").svg)
        [box] = page.iter(f"{SVG}rect")
        rising = {float(line.get("y2", 0)) > float(line.get("y1", 0)) for line in page.iter(f"{SVG}line")}
        return box.get("fill") != "none", rising, bool(list(page.iter(f"{SVG}circle")))

    looks = [drawn(number) for number in range(len(PARTS))]
    assert looks == [(True, set(), False), (False, {False}, False), (False, {False, True}, False), (False, set(), True)]


@pytest.mark.parametrize("width", [0.0, 0.4, 3.0, 17.0, 200.0])
@pytest.mark.parametrize("up", [True, False])
def test_slanted_lines_stay_in_their_piece(width: float, up: bool) -> None:
    page = ET.fromstring(svg.picture(300, 50, _slanted(10, 5, width, "red", up), "w").svg)
    for line in page.iter(f"{SVG}line"):
        assert all(10 <= float(line.get(name, 0)) <= 10 + width + 0.06 for name in ("x1", "x2"))
        assert all(5 <= float(line.get(name, 0)) <= 5 + BAR for name in ("y1", "y2"))


@pytest.mark.parametrize("longest", [0.3, 7.0, 140.0, 9999.0])
def test_the_axis_is_in_round_milliseconds(longest: float) -> None:
    page = ET.fromstring(svg.picture(WIDTH, 60, _axis(10, longest), "w").svg)
    labels = [element.text or "" for element in page.iter(f"{SVG}text")]
    assert labels[0] == "0"
    assert labels[-1] == "ms"
    assert 3 <= len(labels[:-1]) <= 8
    assert float(labels[-2]) <= longest


def test_the_legend_names_every_part() -> None:
    page = ET.fromstring(draw(CALLS[:1]).svg)
    assert set(PARTS.values()) <= {text.text for text in page.iter(f"{SVG}text")}


def test_the_still_picture_shows_every_call_of_the_first_schema() -> None:
    words = latency(CALLS).still().words
    assert "Schema one tool" in words
    assert all(name in words for name in ("free:", "masked, llguidance:", "fast-forward, llguidance:"))
    assert "two" not in words
    assert repr(latency(CALLS)) == words


def test_menus_show_the_choice_beside_the_baseline() -> None:
    box: Any = _menus(latency(CALLS))
    schema, engine, strategy = box.children[0].children
    assert [menu.description for menu in (schema, engine, strategy)] == ["Schema", "Engine", "Strategy"]
    sheet = box.children[1]
    assert "masked, llguidance: 700 ms, 1.17 times free" in sheet.value
    strategy.value = "fast_forward"
    assert "fast-forward, llguidance: 310 ms" in sheet.value
    assert "masked, llguidance" not in sheet.value
    schema.value = "two <&>"
    assert "was not measured" in sheet.value
    assert "two <&>" not in sheet.value, "text of schemas is escaped"


def test_a_person_gets_menus_and_a_run_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    assert {WIDGET, "image/svg+xml"} <= Latency(tuple(CALLS), "free")._repr_mimebundle_().keys()
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert WIDGET not in Latency(tuple(CALLS), "free")._repr_mimebundle_()


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(UsageError, match="no call"):
        latency([])
    with pytest.raises(UsageError, match="two <&>"):
        latency([*CALLS[:3], CALLS[4]])
