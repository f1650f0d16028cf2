"""Forced shares of given texts: counted on texts whose forced part a person can see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Tool, ToolCall, user
from workbook.grammar import GrammarError
from workbook.lab.forced import PARTS, forced_counts
from workbook.suites.tasks import Task

UNIT: dict[str, Any] = {"type": "object", "properties": {"unit": {"enum": ["red", "green"]}}, "required": ["unit"]}
FIXED: dict[str, Any] = {"type": "object", "properties": {"unit": {"enum": ["red"]}}, "required": ["unit"]}


def task(schema: dict[str, Any], unit: str = "red") -> Task:
    call = ToolCall("get_weather", {"unit": unit})
    return Task("call_0", "call", (user("get"),), (Tool("get_weather", "Weather", schema),), (call,))


def test_a_call_without_a_choice_is_forced_to_the_end() -> None:
    [(forced, counted)] = forced_counts(toy_model(), [task(FIXED)])
    text = json.dumps({"name": "get_weather", "arguments": {"unit": "red"}})
    assert forced == counted == len(toy_model().tokenizer.encode(text, add_special_tokens=False))


@pytest.mark.parametrize("part", PARTS)
def test_what_is_chosen_is_not_forced(part: str) -> None:
    [(forced, counted)] = forced_counts(toy_model(), [task(UNIT)], part)
    assert 0 < forced < counted


def test_the_wrapper_and_the_name_are_left_out_of_the_arguments() -> None:
    (whole, all_tokens), (inner, fewer) = (forced_counts(toy_model(), [task(UNIT)], part)[0] for part in PARTS)
    assert all_tokens - fewer > 5
    assert all_tokens - whole == fewer - inner, "the wrapper itself is forced, so the choices are the same"


def test_a_text_that_is_not_of_the_schema_is_an_error() -> None:
    with pytest.raises(GrammarError, match="right call"):
        forced_counts(toy_model(), [task(FIXED, "green")])
