"""The strip of tokens: every kind is told without colour, and passes are numbered as fast-forward pays them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

from workbook.core.errors import UsageError
from workbook.study.token_strip import kind, token_strip

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class FakeStep:
    text: str
    top: tuple[tuple[str, float, float, bool], ...]
    allowed_count: int
    allowed_mass: float = 0.5
    forced: bool = False


FREE = FakeStep("city", (("city", 0.6, 0.7, True), ("town", 0.4, 0.3, True)), 9)
MASKED = FakeStep("12", (("twelve", 0.8, 0.0, False), ("12", 0.1, 1.0, True)), 5)
FORCED = FakeStep("{", (("Sure", 0.9, 0.0, False), ("{", 0.1, 1.0, True)), 1, forced=True)
CALL = [FORCED, FORCED, FREE, FORCED, MASKED, FREE, FORCED]


def texts(drawn_svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawn_svg).iter(f"{SVG}text")]


def test_the_kind_is_what_the_mask_did() -> None:
    assert [kind(step) for step in (FREE, MASKED, FORCED)] == ["free", "masked", "forced"]


def test_a_forced_favourite_counts_as_forced() -> None:
    assert kind(FakeStep("{", (("{", 1.0, 1.0, True),), 1, forced=True)) == "forced"


def test_each_kind_has_a_mark_of_its_own() -> None:
    page = ET.fromstring(token_strip(CALL).svg)
    assert len(list(page.iter(f"{SVG}rect"))) == 2, "a plain box for each free token"
    assert len(list(page.iter(f"{SVG}polygon"))) == 1, "a diamond for the masked one"
    thick = [line for line in page.iter(f"{SVG}line") if line.get("stroke-width") == "4"]
    assert len(thick) == 4, "an underline for each forced one"
    assert len([line for line in page.iter(f"{SVG}line") if line.get("stroke-dasharray")]) == 4


def test_the_legend_names_the_marks_and_the_words_count() -> None:
    drawn = token_strip(CALL)
    assert "7 tokens: 2 free, 1 masked, 4 forced." in drawn.words
    for mark in ("plain box", "dashed box", "thick underline"):
        assert any(mark in line for line in texts(drawn.svg))


def test_the_legend_leaves_out_what_is_not_there() -> None:
    assert not any("dashed box" in line for line in texts(token_strip([FREE, FORCED]).svg))


def test_only_chosen_tokens_wait_for_a_pass() -> None:
    def numbers(steps: list[FakeStep], passes: bool = True) -> list[str]:
        return [line for line in texts(token_strip(steps, passes=passes).svg) if line in tuple("123456")]

    assert numbers([FREE, FORCED, FORCED, FREE, FREE]) == ["1", "2", "3"]
    assert numbers(CALL) == ["1", "2", "3"], "what is forced at the beginning goes along with the prompt's pass"
    assert numbers(CALL, passes=False) == []


def test_the_first_pass_reads_the_prompt() -> None:
    assert "prompt +" in texts(token_strip(CALL, passes=True).svg)
    assert "prompt +" not in texts(token_strip(CALL).svg)


def test_long_calls_stay_on_the_page() -> None:
    page = ET.fromstring(token_strip(CALL * 30, passes=True).svg)
    right = [float(e.get("x", 0)) + float(e.get("width", 0)) for e in page.iter(f"{SVG}rect")]
    lower = [float(e.get("y", 0)) for e in page.iter(f"{SVG}text")]
    assert max(right) <= float(page.get("width", 0))
    assert max(lower) <= float(page.get("height", 0))


def test_blanks_and_markup_are_shown_as_text() -> None:
    drawn = token_strip([FakeStep(" <tool_call>\n", ((" ", 1.0, 1.0, True),), 3)])
    assert "␣<tool_call>⏎" in texts(drawn.svg)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(UsageError, match="no token"):
        token_strip([])
