"""Every bit of every mask against the question "is there a legal completion?".

A walk visits every state that tokens can reach (each text once), and compares the whole
mask with an oracle that knows the language and nothing about engines. llguidance allows only the
canonical tokenization of forced text, so for it the walk proves that nothing illegal is
allowed, that the end is allowed exactly where a text may end, and that every text of the language can be written.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from grammar_walking import JsonStrings, Language, accepts, compile_for, mask, texts_of
from toys import toy_model

from workbook.core.chat import Tool, ToolCall
from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar import ENGINES
from workbook.grammar.engine import CompiledConstraint
from workbook.grammar.gbnf import gbnf_of
from workbook.grammar.support import gaps
from workbook.grammar.vocabulary import CLOSE, OPEN
from workbook.models.hermes import render_call

EXACT = ("outlines_core", "xgrammar")

BOOL: dict[str, Any] = {"type": "boolean"}
UNIT = {"enum": ["celsius", "fahrenheit", "c"]}
SCHEMAS: dict[str, dict[str, Any]] = {
    "optional and required": {
        "type": "object", "properties": {"unit": UNIT, "ok": BOOL, "n": {"type": "null"}}, "required": ["ok"],
    },
    "optional between required": {
        "type": "object", "properties": {"a": BOOL, "b": {"type": "null"}, "c": {"type": "null"}, "d": BOOL},
        "required": ["a", "d"],
    },
    "required only": {"type": "object", "properties": {"a": BOOL, "b": BOOL}, "required": ["a", "b"]},
    "all optional": {"type": "object", "properties": {"a": BOOL, "b": {"type": "null"}}},
    "alternatives": {"anyOf": [UNIT, {"type": "null"}, {"enum": [1, 12, 123, "é", "tab\t"]}]},
    "array": {"type": "array", "items": BOOL, "minItems": 1, "maxItems": 3},
    "nested": {
        "type": "object", "required": ["in"],
        "properties": {"in": {"type": "object", "properties": {"unit": UNIT}}, "l": {
            "type": "array", "items": {"enum": [0, -1.5]}, "maxItems": 2}},
    },
    "bounds": {"type": "integer", "minimum": -12, "maximum": 109},
}  # fmt: skip


def walk(
    constraint: CompiledConstraint,
    oracle: Any,
    *,
    exact: bool,
    depth: int = 10_000,
    marked: bool = False,
    along: set[int] | None = None,
) -> int:
    """Visit every text of up to ``depth`` bytes that (these) tokens reach; returns how many were visited."""
    vocabulary = constraint.vocabulary
    tokens = vocabulary.marked_bytes if marked else vocabulary.token_bytes
    seen: set[bytes] = set()
    waiting: list[tuple[bytes, tuple[int, ...]]] = [(b"", ())]
    while waiting:
        text, path = waiting.pop()
        if text in seen or len(text) > depth:
            continue
        seen.add(text)
        matcher = constraint.matcher()
        assert all(matcher.consume(token) for token in path)
        bits = mask(constraint, matcher)
        legal = [bool(token) and oracle.goes_on(text + token) for token in tokens]
        legal[vocabulary.stop_ids[0]] = oracle.ends(text)
        wrong = [index for index, bit in enumerate(bits) if bit and not legal[index]]
        lost = [index for index, bit in enumerate(bits) if legal[index] and not bit]
        assert not wrong, (text, [tokens[index] for index in wrong])
        assert not (exact and lost), (text, [tokens[index] for index in lost])
        assert any(bits), f"nothing is allowed after {text!r}"
        assert bits[vocabulary.stop_ids[0]] == oracle.ends(text), text
        onward = [i for i, bit in enumerate(bits) if bit and tokens[i] and (along is None or i in along)]
        waiting += [(text + tokens[i], (*path, i)) for i in onward]
    return len(seen)


def check_finite(kind: str, constraint: Constraint, engine: str, texts: list[str], spelled: list[str]) -> None:
    compiled = compile_for(kind, constraint, engine)
    marked = isinstance(constraint, ToolCalls)
    visited = walk(compiled, Language(spelled), exact=engine in EXACT, marked=marked)
    assert visited > len(texts)
    refused = [text for text in texts if not accepts(compiled, text)]
    assert not refused


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pocket", "plain"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas(name: str, kind: str, engine: str) -> None:
    constraint = JsonSchema(SCHEMAS[name])
    if gaps(constraint, engine):
        assert name == "bounds"
        assert engine == "outlines_core"
        return
    texts = texts_of(SCHEMAS[name])
    minus_zero = ["-0"] if name == "bounds" and engine == "llguidance" else []  # legal, if odd
    check_finite(kind, constraint, engine, texts, texts + minus_zero)


@pytest.mark.parametrize("engine", ["xgrammar", "llguidance"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_written_as_gbnf(name: str, engine: str) -> None:
    texts = texts_of(SCHEMAS[name])
    check_finite("pocket", Gbnf(gbnf_of(SCHEMAS[name])), engine, texts, texts)


PATTERNS = {
    "(ab|cd){1,3}[0-9]?": [
        "".join(parts) + digit
        for n in (1, 2, 3)
        for parts in itertools.product(("ab", "cd"), repeat=n)
        for digit in ("", *"0123456789")
    ],
    "a(\\.5)?": ["a", "a.5"],
    "x(yz)?|é{1,2}": ["x", "xyz", "é", "éé"],
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_expressions(pattern: str, engine: str) -> None:
    check_finite("plain", Regex(pattern), engine, PATTERNS[pattern], PATTERNS[pattern])


KINDS = (b'"', b"\\", b"a", b"n", b"\xc3", b"\xa9", b"\xe2", b"\x82", b"\xf0", b"\xed", b"\xa0", b"the", b" ")
"""Bytes of every kind, along which the strings are walked; masks are compared in full."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pocket", "plain"])
@pytest.mark.parametrize(("longest", "depth"), [(None, 4), (2, 5)])
def test_strings_admit_only_what_json_reads(longest: int | None, depth: int, kind: str, engine: str) -> None:
    """Control characters, escapes, half characters: every byte, up to a depth (outlines_core leaves a few out)."""
    schema = {"type": "string"} if longest is None else {"type": "string", "maxLength": longest}
    compiled = compile_for(kind, JsonSchema(schema), engine)
    along = {index for index, token in enumerate(compiled.vocabulary.token_bytes) if token in KINDS}
    visited = walk(compiled, JsonStrings(longest), exact=engine == "xgrammar", depth=depth, along=along)
    assert visited > 100
    for text in ['"é"', '"\\""', '"\\n"', '"a "'] if longest else ['"日本 \\\\ \\"x\\" é"']:
        assert accepts(compiled, text)


A = Tool("get_a", "", {"type": "object", "properties": {"ok": BOOL, "unit": {"enum": ["c"]}}, "required": ["ok"]})
B = Tool("get_bc", "", {"type": "object", "properties": {"n": {"enum": [1, 10]}}})
CALLS = [
    render_call(ToolCall(tool.name, json.loads(text))) for tool in (A, B) for text in texts_of(dict(tool.parameters))
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pocket", "plain"])
def test_tool_calls(kind: str, engine: str) -> None:
    """Name and arguments are tied: a call of one tool with the other's arguments is in no language."""
    begin, end = toy_vocabulary(kind).tags
    spelled = [text.replace(OPEN, begin).replace(CLOSE, end) for text in CALLS]
    check_finite(kind, ToolCalls((A, B)), engine, CALLS, spelled)


def toy_vocabulary(kind: str) -> Any:
    from workbook.grammar.compiling import workbench

    return workbench(toy_model(kind)).vocabulary
