"""The evaluation of schemas: what is counted, what a killed engine costs, and what no engine may hide."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from toys import toy_model

from workbook.core.errors import UsageError, WorkbookError
from workbook.core.stats import wilson
from workbook.grammar.compiling import workbench
from workbook.grammar.engine import GrammarError
from workbook.grammar.worker import Killed
from workbook.lab import schema_eval
from workbook.lab.schema_eval import arms, evaluate_schemas, judge_all
from workbook.lab.schema_judge import AUTO, Judgement, Question, judge, judge_maker
from workbook.suites.schema_bench import BadFile, Instance, SchemaCase

VOCABULARY = workbench(toy_model()).vocabulary


def case(name: str, schema: Any, valid: list[Any] | None = None, invalid: list[Any] | None = None) -> SchemaCase:
    instances = [Instance(value, True) for value in valid or []] + [Instance(value, False) for value in invalid or []]
    return SchemaCase(name, schema, tuple(instances))


CASES = [
    case("bool", {"type": "boolean"}, [True, False], [1]),
    case("order", {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}},
         [{"b": None, "a": None}], [{"b": 1}]),
    case("unique", {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2, "uniqueItems": True},
         [[1, 2]], [[1, 1], [2, 2], [3]]),
    case("bare", {"type": "null"}),
]  # fmt: skip


def answers(**by_schema: Judgement | Exception) -> Callable[[Question], Judgement]:
    """A judge that says by the schema's title what it was told to say."""

    def ask(question: Question) -> Judgement:
        said = by_schema[json.loads(question.schema)["title"]]
        if isinstance(said, Exception):
            raise said
        return said

    return ask


def estimates(document: dict[str, Any]) -> dict[str, Any]:
    return {name: (metric["estimate"], metric["n"]) for name, metric in document["metrics"].items()}


def test_real_engines_with_and_without_the_check() -> None:
    document = judge_all(CASES, {AUTO: judge(VOCABULARY, AUTO), "xgrammar": judge(VOCABULARY, "xgrammar")})
    found = estimates(document)
    # Nothing enforces uniqueItems: we refuse it, and xgrammar alone passes it over.
    assert (found["compiles"], found["xgrammar.compiles"], found["xgrammar+check.compiles"]) == (
        (3 / 4, 4), (1, 4), (3 / 4, 4),
    )  # fmt: skip
    assert (found["accepts_valid"], found["rejects_invalid"], found["wrong_accepts"]) == ((1, 3), (1, 2), (0, 2))
    assert (found["xgrammar.wrong_accepts"], found["xgrammar+check.wrong_accepts"]) == ((2, 5), (0, 2))
    assert found["xgrammar.accepts_valid"] == (1, 4)
    assert document["reasons"][AUTO] == {"uniqueItems": 1}
    assert document["reasons"]["xgrammar+check"] == {"uniqueItems": 1}
    assert (document["wrong"], document["lost"], document["n"]) == ([], [], 4)


def test_what_is_wrong_is_pointed_at() -> None:
    cases = [case("a.json", {"title": "a"}, [1, 2], [3])]
    said = Judgement("some", accepted=(True, False, True))
    document = judge_all(cases, {AUTO: answers(a=said), "some": answers(a=said)})
    assert document["wrong"] == [{"case": "a.json", "test": 2, "engine": "some"}]
    assert document["lost"] == [{"case": "a.json", "test": 1, "engine": "some"}]
    assert document["metrics"]["wrong_accepts"] == {**wilson(1, 1).to_dict(), "estimate": 1}
    assert document["metrics"]["accepts_valid"] == wilson(1, 2).to_dict()


def test_a_withheld_schema_counts_for_the_engine_alone_only() -> None:
    cases = [case("a", {"title": "a"}, [], [3])]
    said = Judgement("some", accepted=(True,), withheld=("not", "if"))
    found = estimates(judge_all(cases, {AUTO: answers(a=said), "some": answers(a=said)}))
    assert (found["some.wrong_accepts"], found["some+check.wrong_accepts"]) == ((1, 1), (0, 0))
    assert (found["some.compiles"], found["some+check.compiles"]) == ((1, 1), (0, 1))


def test_deaths_bugs_and_bad_files_are_counted_and_the_rest_goes_on() -> None:
    cases: list[SchemaCase | BadFile] = [case(name, {"title": name}, [1]) for name in "tmcbrg"]
    cases.append(BadFile("x.json", "not JSON: ..."))
    said = answers(
        t=Killed("stopped", cause="time"),
        m=Killed("stopped", cause="memory"),
        c=Killed("died", cause="crash"),
        b=RuntimeError("in the worker: KeyError"),
        r=GrammarError("cannot   compile"),
        g=Judgement("some", accepted=(True,)),
    )
    document = judge_all(cases, {AUTO: said})
    found = estimates(document)
    assert (found["timeouts"], found["killed"], found["compiles"]) == ((1, 6), (2, 6), (1 / 6, 6))
    assert found["accepts_valid"] == (1, 1)
    assert document["bad_files"] == [{"id": "x.json", "reason": "not JSON: ..."}]
    reasons = {"killed: time": 1, "killed: memory": 1, "killed: crash": 1, "cannot compile": 1}
    assert document["reasons"][AUTO] == {**reasons, "in the worker: KeyError": 1}


def test_bare_schemas_have_no_shares_of_instances() -> None:
    document = judge_all([case("bare", {"type": "null"})], {AUTO: judge(VOCABULARY, AUTO)})
    assert document["metrics"]["accepts_valid"] == {"estimate": None, "low": None, "high": None, "n": 0}
    assert document["metrics"]["compiles"]["estimate"] == 1


def test_schemas_that_cannot_be_read_are_refusals_and_no_end() -> None:
    cases = [case("a", {"properties": []}), case("b", {"anyOf": 3}), case("c", {"type": "null"})]
    asks = {name: judge(VOCABULARY, name) for name in (AUTO, "llguidance", "xgrammar")}
    found = estimates(judge_all(cases, asks))
    assert [found[name] for name in ("compiles", "llguidance.compiles", "xgrammar.compiles")] == [(1 / 3, 3)] * 3


def test_control_tokens_in_a_string_are_characters() -> None:
    cases = [case("control", {"type": "string"}, ["<|im_end|>", "</tool_call>"])]
    assert estimates(judge_all(cases, {AUTO: judge(VOCABULARY, AUTO)}))["accepts_valid"] == (1, 2)


def test_zero_cases_are_an_error_that_says_what_was_seen() -> None:
    with pytest.raises(WorkbookError, match=r"among 1 files \(a.json: a schema is an object"):
        judge_all([BadFile("a.json", "a schema is an object")], {})


def test_engines_are_named_or_the_nearest_is() -> None:
    assert arms(["xgrammar", "auto", "xgrammar"]) == ["auto", "xgrammar"]
    with pytest.raises(UsageError, match="Did you mean 'xgrammar'"):
        arms(["xgramar"])


def test_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker is entered and left; what it is made of can be sent to another process."""
    import pickle

    ended: list[str] = []

    class InProcess:
        def __init__(self, make: Callable[[], Any], seconds: float, memory: int) -> None:
            self.ask = pickle.loads(pickle.dumps(make))()

        def __enter__(self) -> InProcess:
            return self

        def __exit__(self, *_: object) -> None:
            ended.append("one")

    monkeypatch.setattr(schema_eval, "Worker", InProcess)
    document = evaluate_schemas(toy_model(), CASES, ["xgrammar"], seconds=3, memory=2**30)
    assert json.loads(json.dumps(document)) == document
    assert {"suite", "model", "decoding", "n", "seconds", "metrics"} <= document.keys()
    assert (document["suite"], document["model"], document["decoding"]) == ("schemas", "toy-pocket", "grammar")
    assert document["limits"] == {"seconds": 3, "memory_mib": 1024}
    assert len(ended) == 2


def test_a_judge_can_be_sent_to_a_worker() -> None:
    import pickle

    ask = pickle.loads(pickle.dumps(judge_maker(VOCABULARY, "llguidance")))()
    assert ask(Question('{"type": "null"}', "[1, null]")) == Judgement("llguidance", (False, True))


def test_a_pattern_that_backtracks_for_years_ends_at_the_limit() -> None:
    """The engines read it in linear time; the validator that says how an instance is spelled does not."""
    slow = {"anyOf": [{"type": "array", "items": {"type": "string", "pattern": "^(a+)+$"}}, {"type": "object"}]}
    cases = [case("slow", slow, [["a" * 40 + "!"]]), case("next", {"type": "null"}, [None])]
    found = estimates(evaluate_schemas(toy_model(), cases, ["llguidance"], seconds=10))
    assert (found["timeouts"], found["compiles"], found["accepts_valid"]) == ((1, 2), (0.5, 2), (1, 1))
