"""The text that may stand before a tool call, as a regular expression and as rules of GBNF.

It must not contain the opening tag, or a call could hide in it. Where the tags are
tokens that is one character class. Where they are plain text it takes a small
automaton, written out, because engines' expressions have no lookahead. To llama.cpp's grammars
a token is the letters that it spells, so there the automaton keeps the tags out of strings as well.
"""

from __future__ import annotations

import re

from workbook.grammar.characters import UNICODE, Ranges, class_of, those, without


def text_without(tags: tuple[str, str]) -> str:
    """A regular expression for all texts that do not contain the opening tag (nor, as single marks, the closing one).

    Text that is about to become the tag may end the match: ``<tool_ca`` is plain text when nothing follows.
    The opening tag's first character must not come again in it, which holds for ``<tool_call>``.
    """
    begin, end = tags
    if len(begin) == 1:
        return f"[^{_in_class(begin + end)}]*"
    first, rest = _once(begin)
    unfinished = f"{re.escape(first)}{_prefixes(rest[:-1])}"
    return f"(?:[^{_in_class(first)}]|(?:{unfinished})*{re.escape(first)}{_departures(first, rest)})*(?:{unfinished})*"


def rules_without(tags: tuple[str, str], name: str, letters: Ranges = UNICODE, escape: str = "") -> list[str]:
    """Rules of GBNF for all texts of ``letters`` that contain neither tag: ``name``, and one for each tag begun.

    It may stop anywhere, ``<tool_ca`` included. Both tags begin with the same character, which does not come again.
    ``escape`` is an expression for one thing more that may stand in the text.
    """
    first = {_once(tag)[0] for tag in tags}.pop()
    begun = sorted({tag[:length] for tag in tags for length in range(len(tag))}, key=len)
    names = {start: f"{name}-{index}" if start else name for index, start in enumerate(begun)}
    rules = []
    for start, rule in names.items():
        following = sorted({tag[len(start)] for tag in tags if tag.startswith(start)} | {first})
        ways = [f'"{x}" {names.get(start + x, names[first])}' for x in following if start + x not in tags]
        ways.append(f"{class_of(without(letters, those(''.join(following))))} {name}")
        rules.append(f"{rule} ::= " + " | ".join([*ways, *([f"{escape} {name}"] if escape else []), '""']))
    return rules


def _once(tag: str) -> tuple[str, str]:
    """A tag's first character and the rest, in which it must not come again: so a new tag begins only there."""
    if tag[0] in tag[1:]:
        raise ValueError(f"the first character of {tag!r} comes again in it")
    return tag[0], tag[1:]


def _in_class(characters: str) -> str:
    return "".join(f"\\x{ord(character):02x}" for character in characters)


def _prefixes(word: str) -> str:
    """Any prefix of ``word``, the empty one and the whole included: ``(?:t(?:o)?)?``."""
    return f"(?:{re.escape(word[0])}{_prefixes(word[1:])})?" if word else ""


def _departures(first: str, rest: str) -> str:
    """A proper prefix of ``rest``, then a character that neither continues it nor begins a new tag."""
    inner = f"|{re.escape(rest[0])}{_departures(first, rest[1:])}" if len(rest) > 1 else ""
    return f"(?:[^{_in_class(first + rest[0])}]{inner})"
