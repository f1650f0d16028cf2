"""Values that a model wrote as Java or JavaScript source, as BFCL's sets for these want them.

What is no literal of its type stays the text that it is: the answers name variables and expressions that way. Text is
taken apart and never run. Java wants its suffixes (``5L``, ``2.5f``), and the elements of a ``String[]`` keep their
quotes, as in the official checker. Leaves out the comparison (``bfcl_checker``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
BOOLEANS = {"true": True, "false": False}
JAVA_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{(.*?)\}")
JAVA_AS_LIST = re.compile(r"new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)")
JAVA_ADDED = re.compile(r"new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}", re.DOTALL)
JAVA_EMPTY_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)")
JAVA_MAP = re.compile(r"new\s+HashMap<.*?>\s*\(\)(.*)", re.DOTALL)
JAVA_PUT = re.compile(r"put\(\"(.*?)\",\s*(.*?)\)")
JS_NEW_ARRAY = re.compile(r"new\s+Array\((.*)\)", re.DOTALL)
OPENING, CLOSING, QUOTES = "[{(", "]})", "\"'"


def from_java(text: str, kind: str, inner: str | None = None) -> Any:
    """The value of a Java expression of type ``kind``, whose elements are of type ``inner``."""
    if kind in JAVA_LISTS:
        return JAVA_LISTS[kind](text, inner)
    if kind == "HashMap":
        return _java_map(text)
    pattern, read = JAVA.get(kind, ("", str))
    found = re.fullmatch(pattern, text) if pattern else None
    return read(found[1]) if found else text


def from_javascript(text: str, kind: str, inner: str | None = None) -> Any:
    """The value of a JavaScript expression of type ``kind``, whose elements are of type ``inner``."""
    if kind == "array":
        return _js_array(text.strip(), inner)
    if kind == "dict":
        return _js_object(text.strip())
    if kind == "String":
        return _unquoted(text)
    pattern, read = JAVASCRIPT.get(kind, ("", str))
    found = re.fullmatch(pattern, text) if pattern else None
    return read(found[1]) if found else text


JAVA: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "byte": (r"(-?\d+)", int),
    "short": (r"(-?\d+)", int),
    "integer": (r"(-?\d+)", int),
    "long": (r"(-?\d+)[lL]", int),
    "float": (rf"({NUMBER})[fF]", float),
    "double": (rf"({NUMBER})", float),
    "boolean": (r"(true|false)", BOOLEANS.__getitem__),
}
JAVASCRIPT: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "integer": (r"(-?\d+)", int),
    "float": (r"(-?\d+(?:\.\d+)?)", float),
    "Bigint": (r"(-?\d+)n", int),
    "Boolean": (r"(true|false)", BOOLEANS.__getitem__),
}
"""Literals by type: the whole text must match, and its first group is read."""


def _java_array(text: str, inner: str | None) -> Any:
    found = JAVA_ARRAY.search(text)
    read = (lambda part: from_java(part, inner)) if inner else _java_guess
    return [read(part) for part in _parts(found[1])] if found else text


def _java_list(text: str, inner: str | None) -> Any:
    listed, added = JAVA_AS_LIST.search(text), JAVA_ADDED.search(text)
    if listed:
        parts = list(_parts(listed[1]))
    elif added:
        parts = re.findall(r"add\((.+?)\)", added[1])
    else:
        return [] if JAVA_EMPTY_LIST.search(text) else text
    return [_java_element(part.strip(), inner) for part in parts]


JAVA_LISTS: Mapping[str, Callable[[str, str | None], Any]] = {"Array": _java_array, "ArrayList": _java_list}


def _java_element(text: str, inner: str | None) -> Any:
    if inner in ("String", "char"):
        return text[1:-1]
    return from_java(text, inner) if inner else _java_guess(text)


def _java_map(text: str) -> Any:
    found = JAVA_MAP.search(text)
    return {key: _java_guess(value.strip()) for key, value in JAVA_PUT.findall(found[1])} if found else text


def _java_guess(text: str) -> Any:
    """A value whose type nobody said: by its suffix, else as in any language."""
    for kind in ("long", "float"):
        value = from_java(text, kind)
        if value is not text:
            return value
    return _guess(text)


def _js_array(text: str, inner: str | None) -> Any:
    made = JS_NEW_ARRAY.fullmatch(text)
    if not made and not (text.startswith("[") and text.endswith("]")):
        return text
    return [_js_element(part, inner) for part in _parts(made[1] if made else text[1:-1])]


def _js_element(text: str, inner: str | None) -> Any:
    if text[0] in OPENING:
        return _guess(text)
    return from_javascript(text, inner) if inner else _guess(text)


def _js_object(text: str) -> Any:
    if not (text.startswith("{") and text.endswith("}")):
        return text
    pairs = [_pair(part) for part in _parts(text[1:-1])]
    # As in the original a quoted number in an object is a number.
    return {key: _guess(value.strip(QUOTES)) for key, value in pairs} if all(key for key, _ in pairs) else text


def _pair(text: str) -> tuple[str, str]:
    key, colon, value = text.partition(":")
    return (key.strip().strip(QUOTES), value.strip()) if colon else ("", "")


def _guess(text: str) -> Any:
    """A literal by its looks; any other text stays as it is."""
    if text in BOOLEANS:
        return BOOLEANS[text]
    if _unquoted(text) != text:
        return _unquoted(text)
    if text.startswith("["):
        return _js_array(text, None)
    if text.startswith("{"):
        return _js_object(text)
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(NUMBER, text) else text


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES
    return text[1:-1] if quoted else text


def _parts(text: str) -> Iterator[str]:
    """What commas separate outside of quotes and brackets, without blanks around; empty parts are left out."""
    depth, quote, start = 0, "", 0
    for place, letter in enumerate(text + ","):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        elif letter == "," and (depth <= 0 or place == len(text)):
            if text[start:place].strip():
                yield text[start:place].strip()
            start = place + 1
        else:
            depth += (letter in OPENING) - (letter in CLOSING)
    if quote and text[start:].strip():
        yield text[start:].strip()
