"""Hostile constraints end in an error that names the limit, before any engine sees them; ordinary ones pass."""

from __future__ import annotations

from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Tool
from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar import GrammarError, limits, processor
from workbook.grammar.compiling import compiled
from workbook.grammar.limits import check_limits, check_schema, repeats


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


EVERY = ("auto", "outlines_core", "xgrammar", "llguidance")
EAGER = ("outlines_core", "xgrammar")
"""These two write every repetition out when they compile; llguidance counts as it goes."""

HOSTILE: list[tuple[Any, str, tuple[str, ...]]] = [
    (nested(60), "levels deep", EVERY),
    (nested(5000), "levels deep", EVERY),
    ({"enum": [f"v{i}" for i in range(20_000)]}, "enum: 20,000 values", EVERY),
    ({"anyOf": [{"const": i} for i in range(20_000)]}, "anyOf: 20,000 values", EVERY),
    ({"enum": [[[0] * 500] * 500] * 2}, "values", EVERY),
    ({"type": "string", "maxLength": 10**9}, "maxLength: 1,000,000,000, and the limit is", EAGER),
    ({"type": "string", "minLength": 10**400}, r"minLength: about 10\*\*400", EVERY),
    ({"type": "string", "maxLength": 1e300}, r"maxLength: about 10\*\*300", EVERY),
    ({"type": "array", "minItems": 10**6}, "minItems: 1,000,000", EAGER),
    ({"type": "object", "maxProperties": 10**6}, "maxProperties", EAGER),
    ({"type": "integer", "maximum": 10**300}, "maximum: 301 digits", EVERY),
    ({"type": "string", "pattern": "^((a{1,200}){1,200}){1,200}$"}, "repetitions in a pattern: 8,000,000", EVERY),
    ({"type": "string", "pattern": "^[a-z]{1,100000}$"}, "repetitions in a pattern: 100,000 times", EAGER),
    ({"type": "string", "pattern": "a|" * 100_000}, "a pattern: 200,000 characters", EVERY),
    ({"type": "object", "patternProperties": {"^a{9999999}$": {}}}, "repetitions in a pattern", EVERY),
]


@pytest.mark.parametrize(("schema", "said", "engines"), HOSTILE, ids=[said[:30] for _, said, _ in HOSTILE])
def test_hostile_schemas_are_an_error_before_an_engine_sees_them(
    schema: Any, said: str, engines: tuple[str, ...]
) -> None:
    for engine in engines:
        with pytest.raises(GrammarError, match=said):
            processor(toy_model(), JsonSchema(schema), engine)


def test_bounds_that_llguidance_counts_lazily_are_routed_to_it() -> None:
    for schema in ({"type": "string", "maxLength": 2**31}, {"type": "array", "items": {}, "minItems": 10**6}):
        assert compiled(toy_model(), JsonSchema(schema))[1] == "llguidance"


@pytest.mark.parametrize(
    "constraint",
    [
        Regex("((a{500}){500}){500}"),
        Regex("a" * 200_000),
        Gbnf("x" * 2_000_000),
        ToolCalls((Tool("go", "", {"type": "object", "properties": {"a": nested(60)}}),)),
    ],
    ids=["regex", "long regex", "grammar", "tool"],
)
def test_every_kind_of_constraint_is_looked_at(constraint: Constraint) -> None:
    with pytest.raises(GrammarError, match="the limit is"):
        check_limits(constraint)


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("abc", 1),
        ("a{3}", 3),
        ("a{3}b{5}", 5),
        ("a{2,}", 2),
        ("(a{3}b){5}", 15),
        ("((a{2}){3}|b{50}){4}", 200),
        ("(a{3})b{5}", 5),
        (r"\(a{3}\){5}", 5),
        ("[(]{7}(a{2}){2}", 7),
        ("(a{3}", 3),
        ("a{3})", 3),
        ("a{0}", 1),
        ("{", 1),
    ],
)
def test_repetitions_multiply_only_inside_each_other(pattern: str, times: int) -> None:
    assert repeats(pattern) == times


def test_ordinary_sizes_pass() -> None:
    check_schema(nested(40))
    check_schema({"enum": list(range(5000))})
    check_schema({"type": "string", "maxLength": 5000, "pattern": r"^\d{4}-\d{2}$"})
    check_schema({"maxLength": True, "enum": "broken", "pattern": 3, "patternProperties": []})
    check_schema({"properties": {"maxLength": {"type": "integer"}, "enum": {"type": "array"}}})
    check_limits(Regex("[a-z]{1,500}"))


def test_a_broken_schema_is_an_error_of_ours_and_no_traceback() -> None:
    broken: list[Any] = [{"properties": []}, {"required": 3, "properties": {"a": {}}}, {"anyOf": 3}]
    for schema in broken:
        with pytest.raises(GrammarError):
            processor(toy_model(), JsonSchema(schema))
    assert limits.DEPTH < 128, "llguidance's reader of JSON goes no deeper"
