"""The sketches of the answers: all boxes named in words, none alone."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from workbook.study.boards import masked_decoding


def test_the_loop_is_drawn_and_told() -> None:
    board = masked_decoding()
    texts = [element.text or "" for element in ET.fromstring(board.svg).iter() if element.tag.endswith("text")]
    for word in ("compile", "mask", "append", "validate, run", "no", "yes"):
        assert word in texts
    for told in ("compiled once", "mask forbids", "appended to the text", "validated and run", "never run"):
        assert told in board.words


def test_it_has_eight_boxes() -> None:
    page = ET.fromstring(masked_decoding().svg)
    assert sum(element.tag.endswith("rect") for element in page.iter()) == 8
