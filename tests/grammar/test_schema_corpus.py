"""Over our corpus: no schema that is accepted lets an invalid instance through, and what is refused is known."""

from __future__ import annotations

from typing import Any

import pytest
from grammar_walking import accepts
from schema_corpus import corpus
from toys import toy_model

from workbook.core.chat import Tool
from workbook.core.constraints import JsonSchema, ToolCalls
from workbook.core.errors import WorkbookError
from workbook.core.validation import validator_of
from workbook.grammar import GrammarError, processor
from workbook.grammar.compiling import compiled, workbench
from workbook.grammar.schemas import prepared
from workbook.grammar.support import enforcers, gaps
from workbook.lab.schema_eval import judge_all
from workbook.lab.schema_judge import AUTO, judge
from workbook.suites.schema_bench import SchemaCase, read_case

CASES = corpus()
TOPICS = sorted({name.split("/")[0] for name in CASES})
KEYWORDS = set(
    "$schema $id $ref $anchor $dynamicRef $dynamicAnchor $defs $comment allOf anyOf oneOf not if then else "
    "dependentSchemas prefixItems items contains properties patternProperties additionalProperties propertyNames "
    "unevaluatedItems unevaluatedProperties type enum const multipleOf maximum exclusiveMaximum minimum "
    "exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxContains minContains maxProperties "
    "minProperties required dependentRequired title description default deprecated readOnly writeOnly examples "
    "format contentEncoding".split()
)  # fmt: skip
REFUSED = set(
    "strings/pattern_lookahead strings/pattern_word_boundary strings/pattern_backreference strings/format_regex "
    "strings/format_idn-email strings/pattern_not_digits "
    "strings/format_json-pointer numbers/huge_bounds objects/required_unlisted_and_closed "
    "objects/two_patterns_that_overlap objects/minProperties "
    "objects/propertyNames_length objects/propertyNames_enum objects/propertyNames_pattern "
    "objects/propertyNames_beside_properties objects/dependentRequired objects/dependentSchemas "
    "objects/dependencies_of_old_drafts objects/unevaluatedProperties_over_allOf arrays/uniqueItems "
    "arrays/uniqueItems_of_an_enum arrays/contains arrays/minContains "
    "arrays/maxContains arrays/unevaluatedItems combined/oneOf_overlapping_numbers "
    "combined/oneOf_optional_objects_overlap combined/oneOf_same_branch_twice combined/oneOf_constant_twice "
    "combined/oneOf_a_type_and_a_constant_of_it combined/oneOf_through_references combined/oneOf_nested_in_anyOf "
    "combined/oneOf_beside_properties combined/not_const combined/not_type combined/not_required "
    "combined/not_in_allOf combined/if_then combined/if_else combined/if_then_else combined/if_inside_allOf "
    "references/dynamicRef".split()
)  # fmt: skip
"""What no engine enforces. A name that leaves this list is good news: take it out."""


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_of(item)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


def cases_of(topic: str) -> list[SchemaCase]:
    found = [read_case(case, name) for name, case in CASES.items() if name.startswith(f"{topic}/")]
    return [case for case in found if isinstance(case, SchemaCase)]


def test_the_corpus_is_large_and_leaves_no_keyword_out() -> None:
    assert len(CASES) >= 200
    assert sum(len(cases_of(topic)) for topic in TOPICS) == len(CASES)
    assert KEYWORDS - {key for case in CASES.values() for key in keys_of(case["schema"])} == set()


@pytest.mark.parametrize("topic", TOPICS)
def test_jsonschema_judges_every_instance_as_we_do(topic: str) -> None:
    for case in cases_of(topic):
        validator = validator_of(case.schema, formats=True)
        validator.check_schema(case.schema)
        assert [i.value for i in case.instances if validator.is_valid(i.value) != i.valid] == [], case.id


@pytest.mark.parametrize("topic", TOPICS)
def test_the_routed_default_lets_no_invalid_instance_through(topic: str) -> None:
    vocabulary = workbench(toy_model()).vocabulary
    ask = judge(vocabulary, AUTO)
    document = judge_all(cases_of(topic), {AUTO: ask})
    assert document["wrong"] == []
    assert document["lost"] == []
    refused = {case.id for case in cases_of(topic) if judge_all([case], {AUTO: ask})["reasons"][AUTO]}
    assert {name.removesuffix(".json") for name in refused} == {n for n in REFUSED if n.startswith(f"{topic}/")}


@pytest.mark.parametrize(("engine", "judged"), [("llguidance", 400), ("xgrammar", 250), ("outlines_core", 150)])
def test_behind_the_check_no_engine_lets_an_invalid_instance_through(engine: str, judged: int) -> None:
    vocabulary = workbench(toy_model()).vocabulary
    ask = judge(vocabulary, engine)
    cases = [case for topic in TOPICS for case in cases_of(topic)]
    document = judge_all(cases, {AUTO: ask, engine: ask})
    checked = document["metrics"][f"{engine}+check.wrong_accepts"]
    assert checked["estimate"] == 0
    assert checked["n"] > judged


@pytest.mark.parametrize(
    ("schema", "engine", "keyword"),
    [
        ({"type": "string", "pattern": "^(?!ab)[a-c]{2}$"}, "xgrammar", "pattern that looks around"),
        ({"type": "string", "pattern": r"^\bab$"}, "xgrammar", "pattern that looks around"),
        ({"type": "string", "format": "idn-email"}, "xgrammar", "format idn-email"),
        ({"type": "string", "format": "json-pointer"}, "llguidance", "format json-pointer"),
        ({"type": "string", "format": "ipv6"}, "outlines_core", "format ipv6"),
        ({"$ref": "#n", "$defs": {"n": {"$anchor": "n", "type": "null"}}}, "xgrammar", "$ref that is no plain pointer"),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"$id": "n", "type": "null"}}}, "xgrammar", "$id, which moves"),
        ({"type": "integer", "maximum": 2**53 + 1}, "llguidance", "maximum beyond 2**53"),
        ({"type": "object", "minProperties": 2}, "llguidance", "minProperties of more than one"),
        ({"type": "object", "minProperties": 2}, "xgrammar", "minProperties of more than one"),
    ],
)
def test_what_an_engine_gets_wrong_is_a_gap(schema: dict[str, Any], engine: str, keyword: str) -> None:
    assert any(gap.keyword.startswith(keyword) for gap in gaps(JsonSchema(schema), engine))
    with pytest.raises(GrammarError, match="would not enforce"):
        processor(toy_model(), JsonSchema(schema), engine)


@pytest.mark.parametrize(
    ("schema", "engine"),
    [
        ({"type": "string", "pattern": "^(?:ab)+$"}, "xgrammar"),
        ({"type": "string", "format": "made-up"}, "xgrammar"),
        ({"type": "object", "minProperties": 1}, "llguidance"),
        ({"properties": {"a": {}, "b": {}}, "additionalProperties": False, "minProperties": 2}, "xgrammar"),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "llguidance"),
    ],
)
def test_their_harmless_neighbours_are_none(schema: dict[str, Any], engine: str) -> None:
    assert engine in enforcers(JsonSchema(schema))


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "array", "uniqueItems": False}, {"type": "array"}),
        ({"type": "array", "uniqueItems": True, "maxItems": 1}, {"type": "array", "maxItems": 1}),
        ({"type": "integer", "then": {"minimum": 3}, "else": False}, {"type": "integer"}),
        ({"type": "array", "minContains": 2}, {"type": "array"}),
        ({"if": {"type": "null"}}, {}),
        ({"type": "object", "propertyNames": {}, "dependentRequired": {}}, {"type": "object"}),
        ({"type": "object", "unevaluatedProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "string", "minLength": 0}, {"type": "string"}),
        ({"type": "integer", "format": "int32"}, {"type": "integer"}),
    ],
)
def test_keywords_that_say_nothing_are_dropped(schema: dict[str, Any], plain: dict[str, Any]) -> None:
    assert prepared(schema) == plain


def test_what_says_something_stays() -> None:
    for schema in (
        {"type": "array", "uniqueItems": True},
        {"type": "object", "allOf": [{}], "unevaluatedProperties": False},
        {"type": "array", "maxItems": 0},
        {"if": {"type": "null"}, "then": False},
    ):
        assert prepared(schema) == schema


def test_a_required_name_that_is_not_listed_may_hold_anything() -> None:
    constraint = compiled(toy_model(), JsonSchema({"properties": {"a": {"type": "null"}}, "required": ["z"]}))[0]
    assert accepts(constraint, '{"a": null, "z": [1]}')
    assert not accepts(constraint, '{"a": null}')
    assert not accepts(constraint, '{"z": 1, "y": 1}')


def test_definitions_that_are_combined_stay_open() -> None:
    base = {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}
    schema = {"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"b": {"type": "null"}}}], "$defs": {"base": base}}
    constraint = compiled(toy_model(), JsonSchema(schema))[0]
    assert accepts(constraint, '{"a": null, "b": null}')
    assert not accepts(constraint, '{"b": null}')
    assert not accepts(constraint, '{"a": null, "b": 1}')


def test_constants_are_held_against_the_definitions() -> None:
    schema = {"enum": [1, "a"], "$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}
    assert prepared(schema) == {"enum": [1]}
    with pytest.raises(WorkbookError, match="broken reference"):
        compiled(toy_model(), JsonSchema({"enum": [1], "$ref": "#/$defs/n"}))
    circle = {"n": {"enum": [1], "$ref": "#/$defs/n"}}  # the engine says it first
    with pytest.raises(WorkbookError, match="circular"):
        compiled(toy_model(), JsonSchema({"$ref": "#/$defs/n", "$defs": circle}))


def test_a_tool_with_an_id_of_its_own_keeps_its_references() -> None:
    parameters = {
        "$id": "https://workbook.example/go", "type": "object",
        "properties": {"n": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "null"}},
    }  # fmt: skip
    constraint = compiled(toy_model(), ToolCalls((Tool("go", "", parameters),)))[0]
    call = '<tool_call>\n{"name": "go", "arguments": {"n": null}}\n</tool_call>'
    assert accepts(constraint, call)
    assert not accepts(constraint, call.replace("null", "1"))


def test_true_admits_anything_and_false_is_an_error() -> None:
    schema: Any = True
    assert accepts(compiled(toy_model(), JsonSchema(schema))[0], '{"a": [1, null]}')
    nothing: Any = False
    with pytest.raises(WorkbookError, match="admits nothing"):
        processor(toy_model(), JsonSchema(nothing))
