"""The brute force behind the exercise on forced tokens, on cases that a person can check."""

from __future__ import annotations

import pytest

from workbook.study.settled import FORCED, WORDS, settled, spell


@pytest.mark.parametrize(("forced", "kept"), [
    ("get", []),  # it may become "gets"
    ("gets", ["gets"]),
    ('get"', ["get"]),  # the quote may become ":
    ("{t", ["{"]),  # it may become "tts"
    ("{{", ["{", "{"]),
])  # fmt: skip
def test_what_may_grow_has_to_wait(forced: str, kept: list[str]) -> None:
    assert settled(forced) == kept


@pytest.mark.parametrize("forced", FORCED)
def test_what_is_settled_begins_the_spelling_of_the_text(forced: str) -> None:
    kept = settled(forced)
    assert spell(forced, WORDS)[: len(kept)] == kept


def test_longest_match_spells_the_text() -> None:
    assert spell('gets":{', WORDS) == ["gets", '":{']
