"""Which tokens of a forced text stay whatever follows: by brute force, over a small vocabulary made for it.

The tokenizer is the simplest one, longest match first. Leaves out merges (BPE), where a later letter can change tokens
further left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

LETTERS = 'gets":{'
WORDS = [*LETTERS, "get", "gets", "et", '":', '":{', "tts"]
FORCED = ("get", '{"', '{"get', 'get"', 'gets":', 'gets":{', 'et"', "{get{", "gett", "{tt")
"""Texts that a grammar may have forced, with a merged mark, a prefix or a suffix at their end, or none."""


def spell(text: str, vocabulary: Sequence[str]) -> list[str]:
    """Tokens by longest match; every character is a token."""
    tokens: list[str] = []
    while text:
        tokens.append(max((token for token in vocabulary if text.startswith(token)), key=len))
        text = text[len(tokens[-1]) :]
    return tokens


def settled(forced: str) -> list[str]:
    """The tokens that stay whatever comes after, the end of the text included."""
    longest = max(map(len, WORDS))
    endings = ["".join(letters) for size in range(longest) for letters in product(LETTERS, repeat=size)]
    runs = [spell(forced + ending, WORDS) for ending in endings]
    return _common([spell(forced, WORDS), *runs])


def _common(runs: Sequence[Sequence[str]]) -> list[str]:
    """What all of them begin with."""
    together: list[str] = []
    for column in zip(*runs, strict=False):
        if len(set(column)) > 1:
            break
        together.append(column[0])
    return together
