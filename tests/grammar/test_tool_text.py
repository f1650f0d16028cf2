"""The text before a call never holds the opening tag: by brute force, and against ``in``."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from workbook.grammar.tool_text import text_without

PIECES = ["<", "<t", "<tool", "<tool_call", "<tool_call>", ">", "tool_call>", "x", "\n", "</tool_call>", "_", "<<"]


def test_every_combination_of_pieces() -> None:
    pattern = re.compile(text_without(("<tool_call>", "</tool_call>")))
    for length in range(5):
        for parts in itertools.product(PIECES, repeat=length):
            text = "".join(parts)
            assert bool(pattern.fullmatch(text)) == ("<tool_call>" not in text), text


def test_random_letters_of_the_tag() -> None:
    pattern, chance = re.compile(text_without(("<ab>", "</ab>"))), random.Random(2)
    for _ in range(20_000):
        text = "".join(chance.choice("<ab>") for _ in range(chance.randint(0, 9)))
        assert bool(pattern.fullmatch(text)) == ("<ab>" not in text), text


def test_tags_that_are_tokens_are_one_class() -> None:
    pattern = re.compile(text_without(("\x02", "\x03")))
    assert pattern.fullmatch("any <tool_call> é\n")
    assert not pattern.fullmatch("a\x02")
    assert not pattern.fullmatch("a\x03")


def test_a_tag_whose_first_character_comes_again_is_refused() -> None:
    with pytest.raises(ValueError, match="comes again"):
        text_without(("<<a>", "</a>"))
