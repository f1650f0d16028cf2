"""Patterns of a schema: where one reader takes them for something else than the next.

JSON Schema means ECMAScript's expressions, ``jsonschema`` reads Python's, engines read Rust's or their own. What
all take for the same is let through. Where they differ, an engine may write a text that a validator then refuses,
so such a pattern is refused: ``\\W`` holds ``é`` for some and not for others, ``[[:alpha:]]`` is a class of
letters or a class of punctuation, ``a*+`` gives back what it took or does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PIECES = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*(?:\]|\\?$)|\{(\d+)(?:,(\d*))?\}|.", re.DOTALL)
"""An escape, a class (one that is never closed too, or to look for its end again and again would take the square of
the time), a repetition with its bounds, or one character."""
LOOKS = re.compile(r"\(\?(?!:)|\\[bB1-9]")
"""Looking around, flags, word boundaries, back references: no regular expression, and xgrammar passes some over."""
REPETITION = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}")
TWICE = re.compile(r"[*+?}]\+|\{,\d*\}")
"""Possessive to Python and a repetition to Rust; a repetition to Python and plain text to ECMAScript."""
OPERATORS = re.compile(r"\[|&&|--|~~|\|\|")
"""Inside of a class: another one, or an operation on classes, to Rust and coming to Python."""
ESCAPED = re.compile(r"""["\x00-\x1f]|\\[\\nrtfv0xuc]""")
ODD_CLASS = re.compile(r"^\[(?:\\\^|.*[^\x00-\x7f])", re.DOTALL)
COMPLEMENTS = {"xgrammar": "DWS", "llguidance": "DW", "outlines_core": "DWS"}
"""What is no digit, letter or space to this engine may be one to ``re``, beyond ASCII."""

RISKY = re.compile(r"""(?<!\\)\.|["^$|]|\\[^d.\-+/()]""")
"""Outside of classes: any character, a quote, an inner anchor or alternative, a rarer escape."""
RISKY_IN_CLASS = re.compile(r"""^\^|["]|\\[^d.\-+/]|[^\\]-.""")
"""Inside of one: a negation, a quote, a rarer escape, a range beyond letters and digits."""
CLASS = re.compile(r"\[([^\]]*)(?:\]|$)")
HARMLESS_RANGE = re.compile(r"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]")


def patterns_of(part: Mapping[str, Any]) -> Iterator[str]:
    """The patterns directly in one schema, those of ``patternProperties`` too."""
    if isinstance(part.get("pattern"), str):
        yield part["pattern"]
    listed = part.get("patternProperties")
    yield from (name for name in listed if isinstance(name, str)) if isinstance(listed, Mapping) else ()


def looks_around(pattern: str) -> bool:
    """Whether it does more than a regular expression, or holds flags."""
    return bool(LOOKS.search(pattern))


def read_differently(pattern: str, engine: str) -> bool:
    """Whether ``engine`` may match more with it than ``re`` does."""
    pieces = [piece[0] for piece in PIECES.finditer(pattern)]
    bare = "".join("x" if piece[0] in "\\[" else piece for piece in pieces)
    return bool(TWICE.search(bare)) or any(_is_complement(piece, COMPLEMENTS[engine]) for piece in pieces)


def excludes_escaped(pattern: str) -> bool:
    """Whether a class excludes the quote or the backslash, whose escapes llguidance then writes all the same."""
    classes = {piece[0] for piece in PIECES.finditer(pattern) if piece[0].startswith("[^")}
    return any(not _admits(found, letter) for found in classes for letter in '"\\')


def anchored_inside(pattern: str) -> bool:
    """Whether ``^`` or ``$`` stand anywhere but at the ends."""
    return not {"^", "$"}.isdisjoint(_inner_pieces(pattern))


def nests(pattern: str) -> bool:
    """Whether a repetition stands inside of a part that is repeated, optional or an alternative.

    A repetition of exactly so many times is none here.
    """
    pieces = _inner_pieces(pattern)
    inside = [[False, False]]  # of each open group: whether it holds a repetition, and alternatives
    for index, piece in enumerate(pieces):
        repeated = bool(REPETITION.fullmatch(piece)) and not piece[1:-1].isdecimal()
        if piece == "(":
            inside.append([False, False])
        elif piece == ")" and len(inside) > 1:
            holds, alternatives = inside.pop()
            onward = pieces[index + 1] if index + 1 < len(pieces) else ""
            if holds and (alternatives or REPETITION.fullmatch(onward)):
                return True
            inside[-1][0] |= holds
        elif piece == "|":
            inside[-1][1] = True
        # What stands right after a bracket that opens is no repetition: (?:
        inside[-1][0] |= repeated and pieces[index - 1] != "("
    return len(inside) == 1 and all(inside[0])


def misread(pattern: str) -> bool:
    """Whether xgrammar 0.2.8 reads it wrongly.

    It writes a quote, a backslash or a tab that a pattern names as it is, without JSON's escape; takes an escaped
    caret for a negation; and lets a backslash through a class that holds letters beyond ASCII.
    """
    pieces = [piece[0] for piece in PIECES.finditer(pattern)]
    named = any(ESCAPED.search(piece) for piece in pieces if not piece.startswith("[^"))
    return named or any(ODD_CLASS.search(piece) for piece in pieces)


def depends_on_alphabet(pattern: str) -> bool:
    """Whether what it matches beyond ASCII differs: where not to match counts, more is refused than matched."""
    return bool(re.search(r"\\[wdsWDS]", pattern))


def writes_quotes(pattern: str) -> bool:
    """Whether a text of it might hold a quote or a backslash, for an engine that copies it into a string as it is."""
    inner = pattern.removeprefix("^").removesuffix("$")
    classes = [HARMLESS_RANGE.sub("", found) for found in CLASS.findall(inner)]
    return bool(RISKY.search(CLASS.sub("", inner))) or any(RISKY_IN_CLASS.search(found) for found in classes)


def _inner_pieces(pattern: str) -> list[str]:
    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    return [piece[0] for piece in PIECES.finditer(pattern.removeprefix("^")[: -1 if ends else None])]


def _admits(found: str, letter: str) -> bool:
    try:
        return bool(re.fullmatch(found, letter))
    except re.error:
        return False


def _is_complement(piece: str, letters: str) -> bool:
    if not piece.startswith("["):
        return piece[:1] == "\\" and piece[1:] in letters
    if OPERATORS.search(re.sub(r"\\.", "", piece[1:])):
        return True
    excluded = letters.lower() if piece.startswith("[^") else letters
    escapes = {escape[1] for escape in re.findall(r"\\.", piece)}
    return bool(escapes & set(excluded)) or (piece.startswith("[^") and bool(escapes & set(letters)))
