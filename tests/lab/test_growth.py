"""Growth plots: what they draw, and the words that stand in for them."""

from __future__ import annotations

from workbook.lab.growth import growth_plot

CURVES = {"every token": {128: 300.0, 4096: 9800.0}, "cache": {128: 9.0, 4096: 0.0}}


def test_the_words_hold_every_number() -> None:
    text = growth_plot(CURVES, "tokens", "characters", "Work").text
    assert text.splitlines()[:2] == ["Work", "characters by tokens"]
    assert "every token: 128: 300, 4,096: 9.8e+03" in text


def test_it_is_a_picture_and_the_same_one_twice() -> None:
    first, second = (growth_plot(CURVES, "tokens", "characters") for _ in range(2))
    assert first.png.startswith(b"\x89PNG")
    assert first.png == second.png


def test_another_curve_changes_the_picture() -> None:
    steeper = {**CURVES, "cache": {128: 9.0, 4096: 90.0}}
    assert growth_plot(CURVES, "tokens", "characters").png != growth_plot(steeper, "tokens", "characters").png
