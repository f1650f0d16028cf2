"""Texts that tell a grammar of JSON objects from one that nearly is: legal, illegal, and with blanks without end.

Leaves out how a grammar is asked (``recognize``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LEGAL = (
    ('{"city": "Lima"}', "a plain object"),
    ('{"days": 3, "lat": -12.05, "alt": 1.5e3}', "whole numbers, negative ones, decimals and exponents"),
    ('{"tags": ["a", "b"], "none": [], "at": {}}', "arrays, also empty ones"),
    (r'{"say": "a \"quoted\" word\n"}', r"escapes such as `\"` and `\n` inside a string"),
    (r'{"euro": "\u20ac"}', r"the escape `\u20ac`"),
    ('{"on": true, "off": false, "then": null}', "`true`, `false` and `null`"),
    ('{"city": "Zürich"}', "letters beyond ASCII"),
)
ILLEGAL = (
    ('{"city": "Li\nma"}', "a raw line break inside a string", "`string` admits every character but the quote"),
    (r'{"city": "Li\qma"}', r"the escape `\q`", "after a backslash only a few characters are legal"),
    ('{"city": "Lima\\"}', "a string whose closing quote is escaped", "a lone backslash swallows the quote after it"),
    ('{"days": 007}', "a number with leading zeros", "`[0-9]+` is not JSON's number"),
    ('{"days": 1.}', "a decimal point without digits after it", "the fraction needs at least one digit"),
    ('{"days": 1e}', "an exponent without digits", "`e` needs at least one digit after it"),
    ('{"tags": [1, ]}', "a comma with nothing after it", "a comma promises another value"),
    ('{"days": 1, }', "a comma with nothing after it in an object", "a comma promises another pair"),
)
TOKENS = ('{', '"a"', ':', '[', '1', ',', '2', ']', ',', '"b"', ':', '{', '}', '}')  # fmt: skip
BLANKS = (" ", "\n", "\t", "\r")
MOST = 200
"""So many blanks in one place count as without end."""


def slips() -> Iterator[str]:
    """The legal texts with one character left out or doubled: some are still JSON, most are not."""
    for text, _ in LEGAL:
        for index in range(len(text)):
            yield text[:index] + text[index + 1 :]
            yield text[:index] + text[index] + text[index:]


def endless() -> Iterator[tuple[str, str]]:
    """Where a run of blanks may stand in JSON, and the text that has one there, with and without the usual space."""
    for index in range(len(TOKENS) + 1):
        before, after = _spaced(TOKENS[:index]), _spaced(TOKENS[index:])
        place = f"after `{TOKENS[index - 1]}`" if index else "at the beginning"
        for blank in BLANKS:
            yield place, before + blank * MOST + after
            yield place, before.rstrip() + blank * MOST + after


def _spaced(tokens: Sequence[str]) -> str:
    """Spelled as ``json.dumps`` does: one space after a comma and a colon."""
    return "".join(token + " " * (token in ":,") for token in tokens)
