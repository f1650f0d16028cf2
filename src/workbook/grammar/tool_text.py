"""The text that may stand before a tool call, as a regular expression.

It must not contain the opening tag, or a call could hide in it. Where the tags are
tokens that is one character class. Where they are plain text it takes a small
automaton, written out, because engines' expressions have no lookahead.
"""

from __future__ import annotations

import re


def text_without(tags: tuple[str, str]) -> str:
    """A regular expression for all texts that do not contain the opening tag (nor, as single marks, the closing one).

    Text that is about to become the tag may end the match: ``<tool_ca`` is plain text when nothing follows.
    The opening tag's first character must not come again in it, which holds for ``<tool_call>``.
    """
    begin, end = tags
    if len(begin) == 1:
        return f"[^{_in_class(begin + end)}]*"
    first, rest = begin[0], begin[1:]
    if first in rest:
        raise ValueError(f"the first character of {begin!r} comes again in it")
    unfinished = f"{re.escape(first)}{_prefixes(rest[:-1])}"
    return f"(?:[^{_in_class(first)}]|(?:{unfinished})*{re.escape(first)}{_departures(first, rest)})*(?:{unfinished})*"


def _in_class(characters: str) -> str:
    return "".join(f"\\x{ord(character):02x}" for character in characters)


def _prefixes(word: str) -> str:
    """Any prefix of ``word``, the empty one and the whole included: ``(?:t(?:o)?)?``."""
    return f"(?:{re.escape(word[0])}{_prefixes(word[1:])})?" if word else ""


def _departures(first: str, rest: str) -> str:
    """A proper prefix of ``rest``, then a character that neither continues it nor begins a new tag."""
    inner = f"|{re.escape(rest[0])}{_departures(first, rest[1:])}" if len(rest) > 1 else ""
    return f"(?:[^{_in_class(first + rest[0])}]{inner})"
