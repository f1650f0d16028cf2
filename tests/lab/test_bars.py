"""Bars side by side: what they draw, and the words that stand in for them."""

from __future__ import annotations

from workbook.lab.bars import bars_plot

AMOUNTS = {"4,096 tokens": {"ours": 38.4, "theirs": 53.0}, "32,768 tokens": {"ours": 151.4}}


def test_the_words_hold_every_number() -> None:
    text = bars_plot(AMOUNTS, "microseconds", "Masks").text
    assert text.splitlines() == [
        "Masks (microseconds)",
        "4,096 tokens: ours 38.4, theirs 53",
        "32,768 tokens: ours 151",
    ]


def test_it_is_a_picture_and_the_same_one_twice() -> None:
    first, second = (bars_plot(AMOUNTS, "microseconds") for _ in range(2))
    assert first.png.startswith(b"\x89PNG")
    assert first.png == second.png
    assert len(first.png) < 60_000


def test_another_amount_changes_the_picture() -> None:
    longer = {**AMOUNTS, "32,768 tokens": {"ours": 400.0}}
    assert bars_plot(AMOUNTS, "microseconds").png != bars_plot(longer, "microseconds").png
