"""A regular expression of Python's written out as GBNF: every text of the grammar is one that ``re.fullmatch`` takes.

Python's own parser reads the pattern, so its syntax means what it means in ``re``. ``\\w`` and ``\\d`` (and ``\\W``,
``\\D``) are narrowed to ASCII, where a class of all letters would have hundreds of ranges; ``\\s``, ``\\S`` and ``.``
are not. What is no regular language, or looks around, is an error: back references, look-ahead, word boundaries,
possessive repetitions, flags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from workbook.grammar.characters import ASCII, UNICODE, Ranges, class_of, those, without
from workbook.grammar.engine import GrammarError

DIGIT = those("0123456789")
WORD = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
SPACE = those("".join(letter for letter in map(chr, range(0x3001)) if letter.isspace()))
WAY_OUT = "Write the pattern without it, or generate freely and check the text with re.fullmatch."


def regex_gbnf(pattern: str) -> str:
    """A grammar for texts that match all of ``pattern``; raises :class:`GrammarError` for what it cannot say."""
    parser: Any = import_module("re._parser")
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise GrammarError(f"not a regular expression: {error}", "Try it with re.compile.") from error
    if parsed.state.flags & ~(re.UNICODE | re.VERBOSE):
        raise _cannot("flags inside a pattern")
    writer = _Writer()
    root = writer.sequence(parsed, True, True)
    return "\n".join([f"root ::= {root}", *writer.rules]) + "\n"


class _Writer:
    """Writes the parser's tree as expressions; what is repeated gets a rule of its own."""

    def __init__(self) -> None:
        self.rules: list[str] = []

    def sequence(self, items: Sequence[Any], first: bool, last: bool) -> str:
        """Items one after the other; ``first`` and ``last`` say whether the text begins and ends with them."""
        edge = len(items) - 1
        parts = [self.item(item, first and i == 0, last and i == edge) for i, item in enumerate(items)]
        return " ".join(part for part in parts if part) or '""'

    def item(self, item: tuple[Any, Any], first: bool, last: bool) -> str:
        """One item of a sequence; empty for an anchor where it says nothing."""
        kind, value = str(item[0]), item[1]
        if kind in CHARACTERS:
            return _spelled(CHARACTERS[kind](value))
        if kind == "AT":
            return _anchor(str(value), first, last)
        if kind == "BRANCH":
            return "(" + " | ".join(self.sequence(branch, first, last) for branch in value[1]) + ")"
        if kind == "SUBPATTERN" and not value[1] and not value[2]:
            return f"({self.sequence(value[3], first, last)})"
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            return self.repeated(*value)
        raise _cannot(NAMES.get(kind, kind.lower().replace("_", " ")))

    def repeated(self, least: int, most: int, items: Sequence[Any]) -> str:
        """The rule first, for llama.cpp limits how much a repeated group may hold."""
        inner = self.sequence(items, False, False)
        name = f"part-{len(self.rules)}"
        self.rules.append(f"{name} ::= {inner}")
        return f"{name}{{{least},{'' if str(most) == 'MAXREPEAT' else most}}}"


NAMES = {
    "ASSERT": "looking ahead or behind",
    "ASSERT_NOT": "looking ahead or behind",
    "GROUPREF": "a back reference",
    "GROUPREF_EXISTS": "a condition on a group",
    "SUBPATTERN": "flags inside a pattern",
    "POSSESSIVE_REPEAT": "a possessive repetition",
    "ATOMIC_GROUP": "an atomic group",
}


def _anchor(kind: str, first: bool, last: bool) -> str:
    begins, ends = kind in ("AT_BEGINNING", "AT_BEGINNING_STRING"), kind in ("AT_END", "AT_END_STRING")
    if not (begins and first) and not (ends and last):
        raise _cannot("an anchor in the middle" if begins or ends else "a word boundary")
    return ""


def _class(items: Sequence[tuple[Any, Any]]) -> Ranges:
    """A class in brackets; what is left when a narrowed one is taken away is right within ASCII only."""
    negated = str(items[0][0]) == "NEGATE"
    inside = [part for item in items[negated:] for part in _member(item)]
    narrowed = any(str(kind) == "CATEGORY" and str(value) not in EXACT for kind, value in items[negated:])
    return without(ASCII if narrowed else UNICODE, inside) if negated else inside


def _member(item: tuple[Any, Any]) -> Ranges:
    kind, value = str(item[0]), item[1]
    if kind == "CATEGORY":
        return CATEGORIES[str(value)]
    return [(value, value)] if kind == "LITERAL" else [(value[0], value[1])]


CHARACTERS: Mapping[str, Callable[[Any], Ranges]] = {
    "LITERAL": lambda value: [(value, value)],
    "NOT_LITERAL": lambda value: without(UNICODE, [(value, value)]),
    "ANY": lambda _: without(UNICODE, those("\n")),
    "IN": _class,
}
"""Items that stand for one character, and which those are."""
CATEGORIES: dict[str, Ranges] = {
    "CATEGORY_DIGIT": DIGIT,
    "CATEGORY_WORD": WORD,
    "CATEGORY_SPACE": SPACE,
    "CATEGORY_NOT_DIGIT": without(ASCII, DIGIT),
    "CATEGORY_NOT_WORD": without(ASCII, WORD),
    "CATEGORY_NOT_SPACE": without(UNICODE, SPACE),
}
EXACT = ("CATEGORY_SPACE", "CATEGORY_NOT_SPACE")


def _spelled(ranges: Ranges) -> str:
    written = class_of(ranges)
    if written == "[]":
        raise GrammarError("a class in the pattern holds no character", WAY_OUT)
    return written


def _cannot(what: str) -> GrammarError:
    return GrammarError(f"GBNF cannot say {what}", WAY_OUT)
