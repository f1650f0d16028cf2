"""No engine is trusted with a schema through which an invalid instance would pass."""

from __future__ import annotations

import json

import pytest
from grammar_cases import CASES, RAW, Case
from grammar_walking import accepts
from toys import toy_model

from workbook.core.chat import Tool
from workbook.core.constraints import Gbnf, JsonSchema, Regex, ToolCalls
from workbook.core.errors import UsageError, WorkbookError
from workbook.core.validation import schema_errors
from workbook.grammar import ENGINES, GrammarError, processor
from workbook.grammar.compiling import compiled
from workbook.grammar.gbnf import gbnf_of
from workbook.grammar.support import enforcers, gaps


def spelled(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.keyword} {spelled(case.schema)[:60]}")
def test_the_cases_themselves_are_right(case: Case) -> None:
    assert [schema_errors(value, case.schema) for value in case.valid] == [[]] * len(case.valid)
    assert all(schema_errors(value, case.schema) for value in case.invalid)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_engine_accepts_it_enforces(engine: str) -> None:
    """Refusing is always right; of what is accepted, every invalid instance is kept out and every valid one let in."""
    trusted = 0
    for case in CASES:
        try:
            constraint = compiled(toy_model(), JsonSchema(case.schema), engine)[0]
        except GrammarError:
            continue
        trusted += 1
        assert [value for value in case.invalid if accepts(constraint, spelled(value))] == [], case.schema
        assert [value for value in case.valid if not accepts(constraint, spelled(value))] == [], case.schema
    assert trusted > len(CASES) / 3


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_passes_that_is_no_json(engine: str) -> None:
    for schema, texts in RAW:
        try:
            constraint = compiled(toy_model(), JsonSchema(schema), engine)[0]
        except GrammarError:
            continue
        assert [text for text in texts if accepts(constraint, text)] == [], schema


@pytest.mark.parametrize("engine", ["xgrammar", "llguidance"])
def test_gbnf_says_all_of_a_schema_or_refuses(engine: str) -> None:
    said = 0
    for case in CASES:
        try:
            constraint = compiled(toy_model(), Gbnf(gbnf_of(case.schema)), engine)[0]
        except GrammarError:
            continue
        said += 1
        assert [value for value in case.invalid if accepts(constraint, spelled(value))] == [], case.schema
        assert [value for value in case.valid if not accepts(constraint, spelled(value))] == [], case.schema
    assert said > len(CASES) / 3


def test_the_error_names_the_keyword_and_the_engines_that_enforce_it() -> None:
    bounded = JsonSchema({"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}})
    with pytest.raises(GrammarError, match=r"outlines_core would not enforce 'minimum'.*xgrammar, llguidance"):
        processor(toy_model(), bounded, "outlines_core")
    assert enforcers(bounded) == ["xgrammar", "llguidance"]
    tool = Tool("find", "", bounded.schema)
    assert [(gap.keyword, gap.where) for gap in gaps(ToolCalls((tool,)), "outlines_core")] == [("minimum", "find")]


def test_auto_takes_the_first_engine_that_enforces_everything() -> None:
    model = toy_model()
    assert compiled(model, JsonSchema({"type": "integer", "multipleOf": 5}))[1] == "llguidance"
    names = {"type": "object", "additionalProperties": {"type": "null"}, "maxProperties": 2}
    assert compiled(model, JsonSchema(names))[1] in ("llguidance", "xgrammar")
    assert compiled(model, Gbnf('root ::= "a"'))[1] == "xgrammar"


def test_what_no_engine_enforces_is_an_error_with_every_reason() -> None:
    with pytest.raises(GrammarError, match=r"no engine enforces.*llguidance.*xgrammar.*outlines_core.*'not'"):
        processor(toy_model(), JsonSchema({"type": "integer", "not": {"const": 5}}))


def test_an_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'xgrammar'"):
        processor(toy_model(), Regex("a"), "xgramar")


@pytest.mark.parametrize("engine", ["xgrammar", "llguidance"])
def test_a_broken_grammar_is_an_error_with_the_engines_words(engine: str) -> None:
    with pytest.raises(GrammarError, match=engine):
        processor(toy_model(), Gbnf('root ::= "a" nowhere'), engine)


def test_constants_that_contradict_their_schema_are_an_error() -> None:
    with pytest.raises(WorkbookError, match="satisfies the rest"):
        processor(toy_model(), JsonSchema({"type": "integer", "enum": ["a"]}))


def test_compiled_constraints_are_kept_and_the_order_of_properties_counts() -> None:
    model = toy_model()
    first = {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "required": ["a", "b"]}
    second = {**first, "properties": dict(reversed(first["properties"].items()))}
    assert compiled(model, JsonSchema(first))[0] is compiled(model, JsonSchema(dict(first)))[0]
    assert accepts(compiled(model, JsonSchema(first))[0], '{"a": null, "b": null}')
    assert accepts(compiled(model, JsonSchema(second))[0], '{"b": null, "a": null}')
    assert not accepts(compiled(model, JsonSchema(second))[0], '{"a": null, "b": null}')


def test_references_inside_a_tools_parameters_still_lead_there() -> None:
    place = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    parameters = {"type": "object", "properties": {"at": {"$ref": "#/$defs/place"}}, "$defs": {"place": place}}
    for engine in ENGINES:
        constraint = compiled(toy_model(), ToolCalls((Tool("go", "", parameters),)), engine)[0]
        call = '<tool_call>\n{"name": "go", "arguments": {"at": {"city": "x"}}}\n</tool_call>'
        assert accepts(constraint, call)
        assert not accepts(constraint, call.replace('"city"', '"town"'))
