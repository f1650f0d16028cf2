"""Sets of characters as ranges of code points, and as classes of GBNF.

Every class is written positively: a negated one in GBNF admits what is no character, too, surrogates for one.
The escapes are those that llama.cpp and xgrammar read alike; llguidance has no ``\\u`` in a class.
"""

from __future__ import annotations

Ranges = list[tuple[int, int]]
"""Code points from, to, both included."""
UNICODE: Ranges = [(1, 0xD7FF), (0xE000, 0x10FFFF)]
"""All characters but NUL, which no token spells."""
ASCII: Ranges = [(1, 0x7F)]


def those(letters: str) -> Ranges:
    """The characters of a text, one by one."""
    return [(ord(letter), ord(letter)) for letter in letters]


def without(ranges: Ranges, holes: Ranges) -> Ranges:
    """``ranges`` less ``holes``, in the order of ``ranges``."""
    for low, high in holes:
        ranges = [
            (start, end)
            for first, last in ranges
            for start, end in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if start <= end
        ]
    return ranges


def class_of(ranges: Ranges) -> str:
    """The characters as a GBNF class, in order and without doubles; ``[]`` when there are none."""
    kept = without(UNICODE, without(UNICODE, ranges))
    return "[" + "".join(_range(low, high) for low, high in kept) + "]"


def _range(low: int, high: int) -> str:
    return _letter(low) if low == high else f"{_letter(low)}-{_letter(high)}"


def _letter(code: int) -> str:
    """Escaped where it could be taken for something else. (Not by ``\\x``: xgrammar reads on after two digits.)"""
    return f"\\u{code:04x}" if code < 0x80 and not chr(code).isalnum() else chr(code)
