"""Following texts through matchers, and the oracles that masks are compared with.

``Language`` knows a finite set of texts and answers by looking. ``JsonStrings`` decides
byte by byte what may go on to be a JSON string. Neither shares a line with an engine.
"""

from __future__ import annotations

import codecs
import itertools
import json
from collections.abc import Iterator
from typing import Any

from toys import toy_model

from workbook.core.constraints import Constraint
from workbook.grammar import masks
from workbook.grammar.compiling import compiled
from workbook.grammar.engine import CompiledConstraint, Matcher


def accepts(constraint: CompiledConstraint, text: str) -> bool:
    """Whether the tokens of ``text`` are admitted, and the text may end there."""
    matcher, tokenizer = constraint.matcher(), constraint.vocabulary.tokenizer
    tokens = tokenizer.encode(text, add_special_tokens=False)
    return all(matcher.consume(token) for token in tokens) and may_stop(constraint, matcher)


def mask(constraint: CompiledConstraint, matcher: Matcher) -> list[bool]:
    """The next token's mask as booleans."""
    packed = masks.allocate(1, constraint.vocabulary.width)
    matcher.write_mask(packed, 0)
    return masks.unpack(packed, constraint.vocabulary.width)[0].tolist()


def may_stop(constraint: CompiledConstraint, matcher: Matcher) -> bool:
    return mask(constraint, matcher)[constraint.vocabulary.stop_ids[0]]


def compile_for(kind: str, constraint: Constraint, engine: str) -> CompiledConstraint:
    return compiled(toy_model(kind), constraint, engine)[0]


class Language:
    """A finite set of texts, as bytes."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = {text.encode() for text in texts}
        self.prefixes = {text[:end] for text in self.texts for end in range(len(text) + 1)}

    def goes_on(self, prefix: bytes) -> bool:
        return prefix in self.prefixes

    def ends(self, prefix: bytes) -> bool:
        return prefix in self.texts


class JsonStrings:
    """All JSON strings spelled as json.dumps spells them, with at most ``longest`` characters.

    Of the escapes only the short ones: ``\\u`` is for control characters, which the grammars leave out.
    """

    def __init__(self, longest: int | None = None) -> None:
        self.longest = longest

    def goes_on(self, prefix: bytes) -> bool:
        return self._state(prefix) is not None

    def ends(self, prefix: bytes) -> bool:
        return self._state(prefix) == "end"

    def _state(self, prefix: bytes) -> str | None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            text = decoder.decode(prefix)
        except UnicodeDecodeError:
            return None
        pending = decoder.getstate()[0]
        if pending and not _completable(pending):
            return None
        state, length = "start", bool(pending)
        for character in text:
            state = self._next(state, character)
            length += state == "inside"
            if state == "dead" or (self.longest is not None and length > self.longest):
                return None
        if pending and state not in ("open", "inside"):
            return None  # half a character before the opening quote, after the closing one, or in an escape
        return None if state == "escape" and length == self.longest else state

    @staticmethod
    def _next(state: str, character: str) -> str:
        if state == "start":
            return "open" if character == '"' else "dead"
        if state == "escape":
            return "inside" if character in '"\\bfnrt' else "dead"
        if state == "end" or ord(character) < 0x20:
            return "dead"
        return {'"': "end", "\\": "escape"}.get(character, "inside")


def _completable(pending: bytes) -> bool:
    """Whether some character begins with these bytes. (Python's decoder waits for a surrogate's third byte.)"""
    for second in [b""] if len(pending) > 1 else [b"\x80", b"\x90", b"\xa0"]:
        for missing in range(3):
            try:
                return bool((pending + second + b"\x80" * missing).decode())
            except UnicodeDecodeError:
                continue
    return False


def texts_of(schema: dict[str, Any]) -> list[str]:
    """Every JSON text, as json.dumps spells it, of a small schema whose language is finite."""
    return [json.dumps(value, ensure_ascii=False) for value in _values(schema)]


def _values(schema: dict[str, Any]) -> Iterator[Any]:
    if "enum" in schema:
        yield from schema["enum"]
    elif "anyOf" in schema:
        for part in schema["anyOf"]:
            yield from _values(part)
    elif schema["type"] == "boolean":
        yield from (True, False)
    elif schema["type"] == "null":
        yield None
    elif schema["type"] == "integer":
        yield from range(schema["minimum"], schema["maximum"] + 1)
    elif schema["type"] == "array":
        items = list(_values(schema["items"]))
        for length in range(schema.get("minItems", 0), schema["maxItems"] + 1):
            yield from map(list, itertools.product(items, repeat=length))
    else:
        yield from _objects(schema)


def _objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names, required = list(schema["properties"]), set(schema.get("required", ()))
    for present in itertools.product((True, False), repeat=len(names)):
        chosen = [name for name, there in zip(names, present, strict=True) if there]
        if required <= set(chosen):
            for values in itertools.product(*(list(_values(schema["properties"][name])) for name in chosen)):
                yield dict(zip(chosen, values, strict=True))
