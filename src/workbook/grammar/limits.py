"""What is too large to be compiled, said before an engine sees it.

Engines are native code and hard to stop: 10**9 items, or a pattern of nested repetitions, cost minutes and
gigabytes, and deep nesting ends the process. These checks read the constraint once, without recursion.
They are generous, several times what real schemas hold, so what passes may still be slow in one engine or
another; ``workbook.grammar.worker`` is for schemas from strangers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex
from workbook.grammar.engine import GrammarError
from workbook.grammar.patterns import PIECES, patterns_of

DEPTH = 100
"""Levels of JSON nesting; one property inside another is two. llguidance's reader ends at 128."""
VALUES = 200_000
"""JSON values in one schema."""
CHOICES = 10_000
"""Values of one ``enum``, and branches of one ``anyOf``, ``oneOf`` or ``allOf``."""
TEXT = 100_000
"""Characters of one pattern; ten times as many for a grammar."""
DIGITS = 40
"""Digits of a number that a schema compares with."""


class Bounds(NamedTuple):
    """How far an engine counts: characters, items or properties; repetitions in a pattern, nested ones multiplied."""

    counts: int
    repeats: int


BOUNDS_OF = {
    "outlines_core": Bounds(1_000, 1_000),  # unrolls them all into one automaton
    "xgrammar": Bounds(10_000, 1_000),
    "llguidance": Bounds(2**32, 1_000_000),  # counts lazily
    "llama.cpp": Bounds(1_000, 1_000),  # beyond 2,000, a grammar's upper bound is none to it
}
WIDEST = BOUNDS_OF["llguidance"]

COUNTED = (
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
)  # fmt: skip
LISTED = ("enum", "anyOf", "oneOf", "allOf", "prefixItems")
COMPARED = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def check_limits(constraint: Constraint, engine: str = "") -> None:
    """Raise :class:`GrammarError`, naming keyword and limit, when the constraint is too large for ``engine``.

    Without an engine: too large for any.
    """
    bounds = BOUNDS_OF.get(engine, WIDEST)
    if isinstance(constraint, JsonSchema):
        check_schema(constraint.schema, bounds)
    elif isinstance(constraint, Regex):
        check_pattern(constraint.pattern, bounds)
    elif isinstance(constraint, Gbnf):
        _check("the grammar", len(constraint.grammar), 10 * TEXT, "characters")
    else:
        for tool in constraint.tools:
            check_schema(tool.parameters, bounds)


def check_schema(schema: Any, bounds: Bounds = WIDEST) -> None:
    """Raise as :func:`check_limits` does: too many values, too many levels, or keywords beyond ``bounds``."""
    waiting, seen = [(schema, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        _check("the schema", seen, VALUES, "values")
        _check("the schema", depth, DEPTH, "levels deep")
        if isinstance(value, Mapping):
            _check_keywords(value, bounds)
            waiting += ((part, depth + 1) for part in value.values())
        elif isinstance(value, list | tuple):
            waiting += ((part, depth + 1) for part in value)


def check_pattern(pattern: str, bounds: Bounds = WIDEST) -> None:
    """Raise :class:`GrammarError` for a pattern that is too long, or repeats too often."""
    _check("a pattern", len(pattern), TEXT, "characters")
    _check("repetitions in a pattern", repeats(pattern), bounds.repeats, "times")


def _check_keywords(part: Mapping[str, Any], bounds: Bounds) -> None:
    for name in COUNTED:
        if _is_number(part.get(name)):
            _check(name, part[name], bounds.counts, "")
    for name in LISTED:
        if isinstance(part.get(name), list):
            _check(name, len(part[name]), CHOICES, "values")
    for name in COMPARED:
        if isinstance(part.get(name), int):
            _check(name, _digits(part[name]), DIGITS, "digits")
    for pattern in patterns_of(part):
        check_pattern(pattern, bounds)


def repeats(pattern: str) -> int:
    """How often a pattern repeats at most: the bounds of repetitions inside each other, multiplied."""
    inside, last = [1], 1  # the largest product in each open group, innermost last; that of the piece just read
    for piece in PIECES.finditer(pattern):
        if piece[0] == "(":
            inside.append(1)
            last = 1
        elif piece[0] == ")" and len(inside) > 1:
            last = inside.pop()
        else:
            last = last * _times(piece) if piece[1] else 1
        inside[-1] = max(inside[-1], last)
    return max(inside)


def _times(repetition: re.Match[str]) -> int:
    return max(1, int((repetition[2] or repetition[1])[:DIGITS]))


def _check(what: str, size: float, most: int, unit: str) -> None:
    if size > most:
        shown = f"{size:,}" if size < 10**12 else f"about 10**{_digits(int(size)) - 1}"
        raise GrammarError(
            f"{what}: {shown} {unit}".rstrip() + f", and the limit is {most:,}",
            "Use a smaller bound in the constraint, and validate the output against the full schema.",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _digits(number: int) -> int:
    """Roughly; ``str`` refuses numbers of thousands of digits."""
    return int(abs(number).bit_length() * 0.30103) + 1
