"""The whiteboard sketch stays on its page and says what it shows."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from workbook.study.sketch import sketch

BOXES = {"a": (0, 0, "model|logits"), "b": (1, 0, "mask"), "c": (0, 1, "check")}


def test_boxes_arrows_and_words() -> None:
    drawn = sketch(BOXES, [("a", "b", "scores"), ("b", "c", "")], "a model, a mask and a check")
    page = ET.fromstring(drawn.svg)
    tags = [element.tag.split("}")[1] for element in page.iter()]
    assert (tags.count("rect"), tags.count("line")) == (3, 6)
    assert drawn.words == "a model, a mask and a check"


def test_everything_lies_on_the_page() -> None:
    page = ET.fromstring(sketch(BOXES, [("a", "c", "x"), ("c", "b", "")], "w").svg)
    width, height = float(page.get("width", 0)), float(page.get("height", 0))
    for element in page.iter():
        for name in ("x", "x1", "x2"):
            assert 0 <= float(element.get(name, 0)) <= width
        for name in ("y", "y1", "y2"):
            assert 0 <= float(element.get(name, 0)) <= height


def test_a_label_stands_above_a_sloping_arrow() -> None:
    page = ET.fromstring(sketch(BOXES, [("b", "c", "label")], "w").svg)
    arrow = next(element for element in page.iter() if element.tag.endswith("line"))
    label = next(element for element in page.iter() if element.text == "label")
    x1, y1, x2, y2 = (float(arrow.get(name, 0)) for name in ("x1", "y1", "x2", "y2"))
    x, y = float(label.get("x", 0)), float(label.get("y", 0))
    for end in (x - 18, x + 18):  # half of a label of five letters
        assert y < y1 + (y2 - y1) * (end - x1) / (x2 - x1)


def test_a_sloping_arrow_leaves_aside_of_a_straight_one() -> None:
    boxes = {"state": (0, 0, "state"), "check": (0, 1, "check"), "write": (1, 0, "write")}
    page = ET.fromstring(sketch(boxes, [("state", "check", ""), ("check", "write", "yes")], "w").svg)
    lines = [line for line in page.iter() if line.tag.endswith("line")]
    straight, sloping = lines[0], lines[3]
    assert float(straight.get("x2", 0)) + 20 < float(sloping.get("x1", 0))
