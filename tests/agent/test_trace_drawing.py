"""The picture of a trace: well-formed whatever was written, everything in its place, nothing told by colour."""

from __future__ import annotations

import re
from typing import get_args
from xml.etree import ElementTree

import pytest
from agent_toys import QUESTION, Toys, call

from workbook.agent import Agent, Budget, Dedup, Trace, canned
from workbook.agent.trace import CallRecord, Status, Step
from workbook.agent.trace_drawing import SHAPES, STATUS_SHAPES, WIDTH, draw, fit
from workbook.core.chat import user
from workbook.models.base import Reply

SPACE = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SPACE}text")]


def test_every_step_stands_in_the_picture() -> None:
    turns = [
        Reply("Wait.", (call("get_user", id=7), call("boom"))),
        Reply("", (), ("bad",)),
        call("boom"),
        call("delete_user"),
    ]
    trace = Agent(canned(*turns, "Ann."), Toys().box, [Dedup()], budget=Budget(steps=4)).run_sync(QUESTION)
    shown = texts(trace._repr_svg_())
    wanted = ["user", "1", "Wait.", "ran", "get_user(id=7)", "broken", "unreadable", "bad", "guarded"]
    assert [word for word in wanted if word not in shown] == []
    assert {"denied", "no: delete_user is declared destructive", "forced", "4 of 4 steps are used"} <= set(shown)


@pytest.mark.parametrize(
    "text", ["\x00\x1b[31m\ud800\uffff", "</svg><script>alert(1)</script>", "a\u202eb", "]]>&amp;", "日" * 500]
)
def test_no_text_can_break_the_picture(text: str) -> None:
    trace = Agent(canned(Reply(text, (call("x", y=text),)), text), Toys().box).run_sync((user(text),))
    svg = draw(trace).svg
    root = ElementTree.fromstring(svg.encode())
    assert not list(root.iter(f"{SPACE}script"))
    assert "\u202e" not in svg


def test_a_text_ends_where_its_place_ends() -> None:
    svg = draw(Agent(canned("word " * 99), Toys().box).run_sync(QUESTION)).svg
    boxes = [element for element in ElementTree.fromstring(svg).iter(f"{SPACE}svg") if element.get("x")]
    assert boxes
    assert all(float(box.attrib["x"]) + float(box.attrib["width"]) <= WIDTH for box in boxes)
    assert any((text or "").endswith("…") for text in texts(svg))


@pytest.mark.parametrize(
    ("text", "cells", "fitted"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("a\nb", 9, "a⏎b"),
        ("", 3, ""),
    ],
)
def test_fit(text: str, cells: int, fitted: str) -> None:
    assert fit(text, cells) == fitted


def test_every_status_has_a_shape_and_its_word() -> None:
    assert set(STATUS_SHAPES) == set(get_args(Status))
    assert set(STATUS_SHAPES.values()) <= set(SHAPES)
    records = tuple(CallRecord(call("x"), status) for status in get_args(Status))
    svg = draw(Trace("p", False, QUESTION, steps=(Step(1, 1, 0.0, "", "", records),))).svg
    assert set(get_args(Status)) <= set(texts(svg))


def test_light_and_dark_pages_both_can_show_it() -> None:
    svg = draw(Agent(canned(call("boom"), "ok"), Toys().box).run_sync(QUESTION)).svg
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) == {"currentColor", "none"}
    assert ElementTree.fromstring(svg).get("color") == "#767676"


def test_a_run_without_a_step_is_drawn_too() -> None:
    drawing = draw(Agent(canned(), Toys().box).run_sync(()))
    assert "failed" in texts(drawing.svg)
    assert "failed" in repr(drawing)
