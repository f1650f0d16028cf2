"""Pairs of answers: one request asked and called, what is chosen and why, and pairs that teach nothing."""

from __future__ import annotations

import json

import pytest

from workbook.core.chat import Message, Tool
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.finetune.holding import heard
from workbook.finetune.pipeline import held_out
from workbook.finetune.preferences import asked_or_guessed, check_pairs, chosen_rows


@pytest.fixture(scope="module")
def pairs():
    return asked_or_guessed(40, seed=3)


def answer(pair, side):
    (turn,) = pair[side]
    return Message.from_dict(turn)


def test_asks_and_calls_come_in_turn_and_mirror_each_other(pairs):
    assert len(pairs) == 40
    for ask, call in zip(pairs[::2], pairs[1::2], strict=True):
        assert ask["tools"] == call["tools"]
        assert ask["chosen"] == call["rejected"]
        assert ask["rejected"] == call["chosen"]
        assert answer(ask, "chosen").content.endswith("?")
        assert len(heard(ask)) < len(heard(call))


def test_a_rejected_call_is_valid_and_holds_a_value_that_nobody_gave(pairs):
    for pair in pairs[::2]:
        (call,) = answer(pair, "rejected").tool_calls
        assert not call_errors(call, [Tool.from_dict(tool) for tool in pair["tools"]])
    guessed = [pair for pair in pairs[::2] if any(_unsaid(pair))]
    assert len(guessed) >= len(pairs[::2]) * 0.8, "dates and lists are said in other words than they are called with"


def _unsaid(pair):
    (call,) = answer(pair, "rejected").tool_calls
    return [
        value for value in call.arguments.values() if json.dumps(value).strip('"').lower() not in heard(pair).lower()
    ]


def test_pairs_depend_on_the_seed_alone_and_are_of_no_frozen_set(pairs):
    assert asked_or_guessed(6, seed=3) == pairs[:6] != asked_or_guessed(6, seed=4)
    assert not any(heard(pair) in index for pair in pairs for index in held_out())


def test_what_supervised_tuning_learns_is_what_was_chosen(pairs):
    rows = chosen_rows(pairs)
    assert [row["messages"][-1] for row in rows] == [pair["chosen"][0] for pair in pairs]
    assert [row["tools"] for row in rows] == [pair["tools"] for pair in pairs]


def test_pairs_that_teach_nothing_are_refused(pairs):
    check_pairs(pairs, {})
    good = pairs[0]
    for bad, message in (
        ({**good, "rejected": good["chosen"]}, "pair 2 rejects what it chooses"),
        ({name: value for name, value in good.items() if name != "chosen"}, "under 'chosen'"),
        ({"messages": []}, "under 'prompt'"),
        ({**good, "chosen": [{"role": "user", "content": "hm"}]}, "no assistant's turn"),
    ):
        with pytest.raises(WorkbookError, match=message):
            check_pairs([good, bad], {})
    with pytest.raises(WorkbookError, match="no rows"):
        check_pairs([], {})
