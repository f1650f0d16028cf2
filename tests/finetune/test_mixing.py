"""Mixes: shares that come out, rows that are all kept, replay that is the model's own, and what is refused."""

from __future__ import annotations

import json

import pytest

from workbook.core.chat import Message
from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.checks import fingerprint
from workbook.finetune.mixing import added, general_rows, mixed, mixed_from, replay_rows
from workbook.finetune.written import reserved
from workbook.models import load_model
from workbook.models.base import Completion, Reply


def some(name, count):
    return [{"messages": [{"role": "assistant", "content": f"{name} {number}"}]} for number in range(count)]


def keys(rows):
    return sorted(json.dumps(row) for row in rows)


@pytest.mark.parametrize(("share", "more"), [(0, 0), (0.1, 10), (0.25, 30), (0.5, 90), (0.8, 360)])
def test_a_share_is_a_share_of_the_result_and_no_row_is_lost_or_taken_twice(share, more):
    rows, general = some("task", 90), some("chat", 400)
    result = mixed(rows, general, share, seed=3)
    assert len(result) == 90 + more
    taken = [row for row in result if row in general]
    assert len(taken) == more == len(set(keys(taken)))
    assert keys(row for row in result if row not in general) == keys(rows)


def test_the_seed_draws_and_shuffles():
    rows, general = some("task", 50), some("chat", 200)
    assert mixed(rows, general, 0.5, 1) == mixed(rows, general, 0.5, 1)
    one, other = mixed(rows, general, 0.5, 1), mixed(rows, general, 0.5, 2)
    assert keys(one) != keys(other)
    assert mixed(rows, [], 0.0, 1) != rows
    assert keys(mixed(rows, [], 0.0, 1)) == keys(rows)


def test_several_sources_have_each_its_share_of_all():
    result = mixed_from(some("task", 60), [(some("chat", 100), 0.25), (some("replay", 100), 0.15)])
    said = [row["messages"][0]["content"].split()[0] for row in result]
    assert {name: said.count(name) for name in ("task", "chat", "replay")} == {"task": 60, "chat": 25, "replay": 15}
    assert added(60, [0.25, 0.15]) == [25, 15]


def test_too_few_general_rows_are_an_error_that_says_how_many():
    with pytest.raises(WorkbookError, match="needs 90 general rows, and there are 89"):
        mixed(some("task", 90), some("chat", 89), 0.5)


@pytest.mark.parametrize("shares", [[1.0], [-0.1], [0.6, 0.4]])
def test_shares_that_leave_no_room_are_refused(shares):
    with pytest.raises(UsageError, match="leave no room"):
        added(10, shares)


def test_general_rows_are_of_every_kind_and_of_no_frozen_set():
    rows = general_rows(300, seed=1)
    assert rows == general_rows(300, seed=1) != general_rows(300, seed=2)
    assert len(rows) == 300
    said = [row["messages"][0]["content"] for row in rows]
    assert any("country code" in text for text in said)
    assert any("plus" in text or "+" in text for text in said)
    assert any(row["messages"][1]["content"].startswith("{") for row in rows)
    assert all([turn["role"] for turn in row["messages"]] == ["user", "assistant"] for row in rows)
    assert not any("tools" in row for row in rows)
    assert not reserved() & {fingerprint(map(Message.from_dict, row["messages"])) for row in rows}


class Says:
    """A model whose answers are numbered; every third does not end, every fourth is a call."""

    name = "says"

    def __init__(self, ends=True):
        self.ends, self.asked = ends, []

    def render(self, messages, tools=()):
        return messages[-1].content

    def complete(self, prompts, *, max_new_tokens, temperature, seed):
        self.asked += prompts
        return [
            Completion(f"{number} of {seed}", (), "stop" if self.ends and number % 3 else "length", 0, 0.0)
            for number, _ in enumerate(prompts)
        ]

    def parse(self, text):
        return Reply(text, ("call",) if int(text.split()[0]) % 4 == 0 else ())


def test_replay_keeps_whole_answers_to_the_generators_requests():
    model = Says()
    rows = replay_rows(model, 50, seed=5)
    answers = [row["messages"][1]["content"] for row in rows]
    assert answers[:4] == ["1 of 5", "2 of 5", "5 of 5", "7 of 5"]
    assert len(rows) == 50
    assert [row["messages"][0]["content"] for row in rows][:2] == model.asked[1:3]


def test_a_model_that_never_ends_is_refused():
    with pytest.raises(WorkbookError, match="says answered 0 of 40"):
        replay_rows(Says(ends=False), 10)


def test_the_base_replays_the_same_rows_from_the_same_seed():
    model = load_model("pocket-base", "cpu")
    rows = replay_rows(model, 8, seed=0)
    assert rows == replay_rows(model, 8, seed=0)
    assert len(rows) == 8
    assert all(row["messages"][1]["content"] for row in rows)
