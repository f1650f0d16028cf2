"""Generation under a constraint, its status, and the steps that the widget shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Tool, user
from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar import ENGINES, generate, steps
from workbook.grammar.checking import violations
from workbook.grammar.gbnf import call_gbnf
from workbook.grammar.generation import judge
from workbook.models.base import Completion
from workbook.models.hermes import parse

FIND = Tool("find", "", {
    "type": "object", "properties": {"ok": {"type": "boolean"}, "unit": {"enum": ["c", "f"]}}, "required": ["ok"],
})  # fmt: skip
SAY = Tool("say", "", {"type": "object", "properties": {"word": {"type": "string", "maxLength": 3}}})
CALL = '<tool_call>\n{"name": "find", "arguments": {"ok": true}}\n</tool_call>'
PROMPTS = ["<|bos|>" + "t" * length for length in (1, 4, 2)]


def done(text: str, reason: str = "stop") -> Completion:
    return Completion(text, (), reason, 1, 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pocket", "plain"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_calls_are_valid_or_known_to_be_cut(temperature: float, kind: str, engine: str) -> None:
    model = toy_model(kind)
    prompts = [model.render([user("a" * length)], (FIND, SAY)) for length in (1, 4)]
    results = generate(model, prompts, ToolCalls((FIND, SAY)), engine, max_new_tokens=140, temperature=temperature)
    assert {result.status for result in results} == {"valid"}
    assert all(model.parse(result.text).calls for result in results)
    cut = generate(model, prompts, ToolCalls((FIND, SAY)), engine, max_new_tokens=12, temperature=temperature)
    assert {result.status for result in cut} == {"truncated"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", (True, True)),
        ("I can <not> call < that, <tool_ca", (True, True)),
        (f"Let me see. {CALL}", (True, True)),
        (f"<<tool_<{CALL}", (True, True)),
        (f"{CALL}\n{CALL}", (False, True)),
        (f"a {CALL} b", (False, False)),
        (CALL.replace("true", "1"), (False, False)),
        (CALL.replace("find", "say"), (False, False)),
        ("</tool_call>", (None, None)),
        ("<tool_call>", (False, False)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["pocket", "plain"])
def test_text_may_stand_before_calls(kind: str, text: str, fits: tuple[bool | None, bool | None], engine: str) -> None:
    """``fits``: with one call, with several. A closing tag alone is text only where tags are text."""
    from grammar_walking import accepts, compile_for

    for parallel, expected in zip((False, True), fits, strict=True):
        constraint = compile_for(kind, ToolCalls((FIND, SAY), required=False, parallel=parallel), engine)
        assert accepts(constraint, text) == (kind == "plain" if expected is None else expected)


CONSTRAINTS: list[Constraint] = [
    JsonSchema(FIND.parameters), Regex("[a-c]{2}x?"), Gbnf(call_gbnf([FIND])), ToolCalls((FIND,)),
]  # fmt: skip


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda one: type(one).__name__)
def test_every_kind_of_constraint_is_checked_again(constraint: Constraint) -> None:
    results = generate(toy_model(), PROMPTS, constraint, max_new_tokens=90, temperature=1.0)
    assert [result.status for result in results] == ["valid"] * 3
    assert judge(done("{"), constraint, parse).status == "invalid"
    assert judge(done(results[0].text, "length"), constraint, parse).status == "truncated"


def test_nothing_is_said_of_free_text() -> None:
    assert [result.status for result in generate(toy_model(), PROMPTS, max_new_tokens=3)] == ["unchecked"] * 3


def test_constraints_and_prompts_must_agree_in_number() -> None:
    with pytest.raises(ValueError, match="2 constraints for 3 prompts"):
        generate(toy_model(), PROMPTS, [Regex("a"), Regex("b")])


@pytest.mark.parametrize(
    ("constraint", "text", "message"),
    [
        (JsonSchema({"type": "integer"}), '"a"', "not of type 'integer'"),
        (JsonSchema({"type": "integer"}), "1 2", "text after the JSON value"),
        (JsonSchema({}), "NaN", "NaN is not JSON"),
        (JsonSchema({}), '{"a": 1, "a": 2}', "stands twice"),
        (Regex("a+"), "ab", "does not match"),
        (Gbnf('root ::= "a"+'), "ab", "not derived"),
        (ToolCalls((FIND,)), "hello", "no call"),
        (ToolCalls((FIND,)), f"hello {CALL}", "text outside"),
        (ToolCalls((FIND,)), f"{CALL}\n{CALL}", "2 calls where one is allowed"),
        (ToolCalls((FIND,)), CALL.replace("find", "fund"), "unknown tool"),
        (ToolCalls((FIND,)), CALL.replace("true", '"x"'), "not of type 'boolean'"),
        (ToolCalls((FIND,), required=False), CALL[:30], "not JSON"),
    ],
)
def test_what_a_check_finds(constraint: Constraint, text: str, message: str) -> None:
    assert message in "; ".join(violations(text, constraint))


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (JsonSchema({"type": "integer"}), "7"),
        (Regex("a+"), "aa"),
        (Gbnf('root ::= "a"+'), "aa"),
        (ToolCalls((FIND,)), CALL),
        (ToolCalls((FIND,), required=False), "just text"),
        (ToolCalls((FIND,), parallel=True), f"{CALL}\n{CALL}"),
    ],
)
def test_what_a_check_lets_pass(constraint: Constraint, text: str) -> None:
    assert violations(text, constraint) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_steps_are_the_greedy_generation_seen_from_inside(engine: str) -> None:
    model, constraint = toy_model(), ToolCalls((FIND,))
    prompt = model.render([user("a")], (FIND,))
    shown = steps(model, prompt, constraint, engine, max_new_tokens=120)
    written = generate(model, [prompt], constraint, engine, max_new_tokens=120)[0].completion
    assert tuple(step.token_id for step in shown) == written.token_ids
    assert shown[-1].stop
    assert shown[0].text == "<tool_call>"
    assert shown[0].forced
    assert any(not step.forced for step in shown)
    for step in shown:
        _check_step(step)


def _check_step(step: Any) -> None:
    chosen = next(candidate for candidate in step.top if candidate.text == step.text and candidate.allowed)
    assert chosen.p_after == max(candidate.p_after for candidate in step.top)
    assert all(candidate.p_after == 0 for candidate in step.top if not candidate.allowed)
    assert step.forced == (step.allowed_count == 1)
    assert not step.forced or chosen.p_after == pytest.approx(1)
    assert chosen.p_after == pytest.approx(chosen.p_before / step.allowed_mass, rel=1e-3)


def test_steps_without_a_constraint_allow_everything() -> None:
    shown = steps(toy_model(), "<|bos|>t", max_new_tokens=3, top=4)
    assert len(shown) == 3
    assert all(step.allowed_count == toy_model().logit_width and len(step.top) == 4 for step in shown)
    assert all(candidate.p_before == pytest.approx(candidate.p_after) for step in shown for candidate in step.top)


def test_the_schema_of_a_call_is_what_is_written() -> None:
    results = generate(toy_model(), PROMPTS, Gbnf(call_gbnf([FIND, SAY])), max_new_tokens=120, temperature=1.0)
    for result in results:
        call = json.loads(result.text)
        assert list(call) == ["name", "arguments"]
        assert (call["name"] == "find") == ("ok" in call["arguments"])
