"""A schema as GBNF admits what jsonschema admits, spelled as ``json.dumps`` spells it."""

from __future__ import annotations

import calendar
import itertools
import json
import random
from typing import Any

import grammar_walking
import pytest
from schema_corpus import corpus

from workbook.core.chat import Tool
from workbook.core.constraints import Gbnf
from workbook.core.errors import WorkbookError
from workbook.core.validation import schema_errors, validator_of
from workbook.grammar.engine import GrammarError
from workbook.grammar.gbnf import JSON_RULES, call_gbnf, gbnf_of
from workbook.grammar.integer_ranges import integers
from workbook.grammar.schemas import prepared
from workbook.study.recognize import accepts as accepts_text

PARTS: dict[str, Any] = {
    "name": {"type": "string"},
    "days": {"type": "integer"},
    "unit": {"enum": ["c", "f"]},
    "tags": {"type": "array", "items": {"type": "number"}},
}
VALUES: dict[str, list[Any]] = {
    "name": ['a "b"\n', 3],
    "days": [-12, 1.5],
    "unit": ["c", "x"],
    "tags": [[1.5, 2], ["a"]],
}


def accepts(grammar: str, text: str) -> bool:
    """Whether xgrammar, over the tokens of a toy, derives the text."""
    return grammar_walking.accepts(grammar_walking.compile_for("pocket", Gbnf(grammar), "xgrammar"), text)


@pytest.mark.parametrize("required", [r for n in range(4) for r in itertools.combinations(PARTS, n)], ids=str)
def test_every_subset_of_properties_as_jsonschema_judges(required: tuple[str, ...]) -> None:
    schema = prepared({"type": "object", "properties": PARTS, "required": list(required)})
    grammar = gbnf_of(schema)
    for number in range(5):
        for chosen in itertools.combinations(PARTS, number):
            for values in itertools.product(*(VALUES[name] for name in chosen)):
                instance = dict(zip(chosen, values, strict=True))
                assert accepts(grammar, json.dumps(instance)) == (not schema_errors(instance, schema)), instance


def test_no_schema_of_the_corpus_lets_an_invalid_instance_through() -> None:
    """Refused, or right about every instance, formats included."""
    said = 0
    for name, case in corpus().items():
        try:
            grammar = gbnf_of(case["schema"])
        except WorkbookError:
            continue
        said += 1
        for test in case["tests"]:
            text = json.dumps(test["data"], ensure_ascii=False)
            assert accepts_text(grammar, text) == test["valid"], (name, text)
    assert said > 90


@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("date", ["2024-02-29", "2000-02-29", "1999-12-31", "2031-04-30"],
         ["2023-02-29", "1900-02-29", "2031-04-31", "2031-13-01", "2031-00-10", "2031-05-00", "31-05-09", "2031-5-9"]),
        ("time", ["10:20:30Z", "23:59:59.125+05:30"], ["24:00:00Z", "10:20Z", "10:20:30", "10:60:30Z"]),
        ("date-time", ["2024-02-29T10:20:30Z"], ["2023-02-29T10:20:30Z", "2024-02-29 10:20:30Z", "2024-02-29"]),
        ("email", ["ada@mail.example", "a.b+c@x", "o'neil-1@a-b.example"],
         ["ada", "@x", "a@", "a@@x", "a b@x", ".a@x", "a@-x", 'a"@x']),
        ("ipv4", ["10.0.200.1", "255.255.255.255"], ["256.1.1.1", "10.0.0", "01.1.1.1", "1.1.1.1."]),
        ("uuid", ["9b2e6a54-1f0c-4c8e-9a3d-0d5b7c1e2f3a"], ["9b2e6a54", "9b2e6a54-1f0c-4c8e-9a3d-0d5b7c1e2f3", "x"]),
    ],
)  # fmt: skip
def test_formats_are_enforced(name: str, valid: list[str], invalid: list[str]) -> None:
    schema = {"type": "string", "format": name}
    judged = validator_of(schema, formats=True)
    assert all(judged.is_valid(text) for text in valid)
    assert [text for text in valid + invalid if accepts_text(gbnf_of(schema), json.dumps(text))] == valid
    engines = [
        grammar_walking.compile_for("pocket", Gbnf(gbnf_of(schema)), name) for name in ("xgrammar", "llguidance")
    ]
    for engine in engines:
        assert [text for text in valid + invalid if grammar_walking.accepts(engine, json.dumps(text))] == valid


def test_the_days_of_every_month_of_eight_years() -> None:
    grammar = gbnf_of({"type": "string", "format": "date"})
    for year, month, day in itertools.product(
        (1600, 1700, 2000, 2023, 2024, 2096, 2100, 9999), range(1, 13), (28, 29, 30, 31)
    ):
        text = f"{year}-{month:02}-{day}"
        assert accepts_text(grammar, json.dumps(text)) == (day <= calendar.monthrange(year, month)[1]), text


def test_name_and_arguments_are_tied() -> None:
    one = Tool("one", "", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    two = Tool("two", "", {"type": "object", "properties": {"b": {"type": "boolean"}}})
    grammar = call_gbnf([one, two])
    assert accepts(grammar, '{"name": "one", "arguments": {"a": 1}}')
    assert accepts(grammar, '{"name": "two", "arguments": {}}')
    assert not accepts(grammar, '{"name": "two", "arguments": {"a": 1}}')
    assert not accepts(grammar, '{"name": "one", "arguments": {}}')


@pytest.mark.parametrize(
    ("text", "legal"),
    [
        ('{"a": [1, {}]}', True),
        ("007", False),
        ('"a\nb"', False),
        ('"\\q"', False),
        ('"\\u00e9"', False),  # legal JSON; but one spelling for each string keeps lengths and keys honest
        ('"é"', True),
        ("-0.5e+3", True),
    ],
)
def test_any_json(text: str, legal: bool) -> None:
    assert accepts(f"root ::= value\n{JSON_RULES}\n", text) == legal


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "a+"},
        {"type": "string", "format": "uri"},
        {"type": "string", "format": "date", "minLength": 3},
        {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
        {"type": "integer", "$id": "part"},
        {"type": "date"},
        {"allOf": []},
    ],
)
def test_what_it_cannot_express_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(GrammarError, match="GBNF cannot say"):
        gbnf_of({"type": "object", "properties": {"x": schema}})


@pytest.mark.parametrize("engine", ["xgrammar", "llguidance"])
def test_ranges_of_integers_hold_exactly_those(engine: str) -> None:
    chance = random.Random(3)
    for _ in range(25):
        low, high = sorted(chance.randint(-1500, 1500) for _ in range(2))
        bounds = (chance.choice([None, low]), chance.choice([None, high]))
        constraint = grammar_walking.compile_for("pocket", Gbnf("root ::= " + integers(*bounds)), engine)
        near = {edge + step for edge in (low, high) for step in (-10, -1, 0, 1, 10)}
        for value in near | {chance.randint(-20_000, 20_000) for _ in range(15)} | set(range(-11, 12)):
            inside = (bounds[0] is None or bounds[0] <= value) and (bounds[1] is None or value <= bounds[1])
            assert grammar_walking.accepts(constraint, str(value)) == inside, (bounds, value)
        assert not any(grammar_walking.accepts(constraint, text) for text in ("00", "01", "-0", "+1", "", "1.0"))


def test_an_empty_range_is_an_error() -> None:
    with pytest.raises(GrammarError, match="no integer lies between 5 and 3"):
        gbnf_of({"type": "integer", "minimum": 5, "maximum": 3})


def test_a_recursive_schema_is_a_recursive_rule() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "v": {"type": "null"}}, "required": ["v"]}
    grammar = gbnf_of(tree)
    assert accepts(grammar, '{"left": {"left": {"v": null}, "v": null}, "v": null}')
    assert not accepts(grammar, '{"left": {"left": {}, "v": null}, "v": null}')


@pytest.mark.parametrize("target", ["#/$defs/nowhere", "#/nowhere", "http://example.org/x"])
def test_a_reference_that_leads_nowhere_is_an_error(target: str) -> None:
    with pytest.raises(GrammarError, match="points nowhere"):
        gbnf_of({"type": "object", "properties": {"a": {"$ref": target}}})
