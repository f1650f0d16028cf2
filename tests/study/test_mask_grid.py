"""The grid of masks shows each token once a row and each step once a column."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from workbook.study.mask_grid import mask_grid

STEPS = [("{", {"{"}), ("a b", {"a b", "c"}), ("}", {"}"})]


def test_a_box_for_each_allowed_token_and_a_disc_for_each_written_one() -> None:
    page = ET.fromstring(mask_grid(["{", "a b", "c", "}", "<x>"], STEPS).svg)
    tags = [element.tag.split("}")[1] for element in page.iter()]
    assert tags.count("rect") == 4
    assert tags.count("circle") == 3


def test_the_words_count_the_forced_steps() -> None:
    drawn = mask_grid(["{", "a b", "c", "}"], STEPS)
    assert "2 of 3 steps had a single option" in drawn.words
    assert "a␣b" in drawn.svg
    assert ">step</text>" in drawn.svg
