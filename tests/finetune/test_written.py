"""Rows that a model wrote: what checks reject, what they miss, and that the truth stays out of the rows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from workbook.core.chat import ToolCall
from workbook.core.settings import data_dir
from workbook.finetune.written import COUNT, requests, rows_of, written
from workbook.models.base import Completion, Reply


class Says:
    """A model that gives these replies, one after the other."""

    name = "says"

    def __init__(self, replies):
        self.replies = iter(replies)

    def render(self, messages, tools=()):
        return ""

    def complete(self, prompts, *, max_new_tokens):
        return [Completion("", (), "stop", 0, 0.0) for _ in prompts]

    def parse(self, text):
        return next(self.replies)


@pytest.fixture(scope="module")
def asked():
    return requests(40)


def right(example):
    return Reply(example.answer.content, example.answer.tool_calls)


def a_call(asked):
    return next(one for one in asked if one.kind == "call" and one.answer.tool_calls[0].arguments)


def test_what_the_generator_knows_to_be_right_passes_every_check(asked):
    made = written(Says(map(right, asked)), asked)
    assert {(one.cause, one.right) for one in made} == {(None, True)}


def test_each_mistake_is_rejected_by_the_check_for_it_or_by_none(asked):
    example = a_call(asked)
    (good,) = example.answer.tool_calls
    name, value = next((k, v) for k, v in good.arguments.items())
    cases = {
        "format": Reply("", (), ("no JSON",)),
        "schema": Reply("", (ToolCall("no_such_tool", good.arguments),)),
        "grounding": Reply("", (replace(good, arguments={**good.arguments, name: _foreign(value)}),)),
        None: Reply("I cannot do that.", ()),
    }
    for cause, reply in cases.items():
        (made,) = written(Says([reply]), [example])
        assert (made.cause, made.right) == (cause, False), cause


def _foreign(value):
    return {str: "zzunsaid", bool: not value}.get(type(value), 987654)


def test_the_same_row_twice_is_a_duplicate(asked):
    example = a_call(asked)
    made = written(Says([right(example)] * 2), [example] * 2)
    assert [one.cause for one in made] == [None, "duplicate"]


def test_checked_rows_are_those_that_passed_and_neither_holds_what_is_no_turn(asked):
    example = a_call(asked)
    replies = [right(example), Reply("", (ToolCall("no_such_tool", {}),)), Reply("", (), ("no JSON",))]
    made = written(Says(replies), [example] * 3)
    checked, unchecked = rows_of(made, True, 9), rows_of(made, False, 9)
    assert (len(checked), len(unchecked)) == (1, 2)
    assert len(rows_of(made, False, 1)) == 1
    assert set(unchecked[0]) == {"messages", "tools"}


def test_requests_are_the_same_for_a_seed(asked):
    assert requests(40) == asked
    assert requests(40, seed=1) != asked


def test_the_shipped_adapters_learned_equally_many_rows():
    for name in ("written-checked", "written-unchecked"):
        record = json.loads((data_dir() / "models" / name / "training.json").read_text(encoding="utf-8"))
        assert record["data"]["rows"] == COUNT
