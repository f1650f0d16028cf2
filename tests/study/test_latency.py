"""The time bar: what it draws, what it compares with, and what remains of it on paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.study.latency import Call, Latency, _menus, describe, draw, latency

WIDGET = "application/vnd.jupyter.widget-view+json"
SVG = "{http://www.w3.org/2000/svg}"


def call(schema: str, engine: str, strategy: str, passes: float, masks: float = 0.0) -> Call:
    return Call(
        schema, engine, strategy, {"passes": passes, "masks": masks, "rest": 10.0}, passes=passes / 10, tokens=60
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
    assert describe(first, first) == "free: 600 ms (passes 590, masks 0, rest 10; 59 passes for 60 tokens)."
    assert "0.52 times free" in describe(others[1], first)
    assert others[1].name == "fast-forward, llguidance"


def test_bars_are_to_scale_and_fit() -> None:
    drawn = draw(latency(CALLS).of("one tool"))
    page = ET.fromstring(drawn.svg)
    bars = widths(drawn.svg)
    free, masked = sum(bars[:3]), sum(bars[3:6])
    assert masked / free == pytest.approx(700 / 600, rel=0.01)
    assert all(
        float(r.get("x", 0)) + float(r.get("width", 0)) <= float(page.get("width", 0)) for r in page.iter(f"{SVG}rect")
    )


def test_parts_are_told_without_colour() -> None:
    page = ET.fromstring(draw(CALLS[:1]).svg)
    solid, crossed, hollow = page.iter(f"{SVG}rect")
    assert solid.get("fill") != "none"
    assert crossed.get("fill") == hollow.get("fill") == "none"
    assert len(list(page.iter(f"{SVG}line"))) > 3, "lines cross the bar of the masks alone"
    assert any("solid: forward passes" in (text.text or "") for text in page.iter(f"{SVG}text"))


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
