"""Pools and what a model is shown of them, with a model that is a script and an encoder that counts words."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from retrieval_toys import ToyEncoder

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.lab.pools import (
    ALL,
    ORACLE,
    RANDOM,
    Known,
    answered,
    crossover,
    pools,
    rankings,
    right_first,
    spare_tools,
)
from workbook.models.base import Completion, Reply
from workbook.suites.tasks import Task

NOUNS = [f"thing{number}" for number in range(40)]


class Scripted:
    """Calls the tool whose name the request ends with, if it is listed; reads at most ``context`` words."""

    name, fingerprint, context = "scripted", "none", 150

    def render(self, messages, tools=()):
        return " ".join([*(tool.name for tool in tools), messages[-1].content])

    def encode(self, text):
        return text.split()

    def complete(self, prompts, **_):
        self.asked = len(prompts)
        return [Completion(self._answer(prompt.split()), (), "stop", len(prompt.split()), 0.0) for prompt in prompts]

    def _answer(self, words):
        return words[-1] if f"use_{words[-1]}" in words else "none"

    def parse(self, text):
        return Reply("", (ToolCall(f"use_{text}", {}),) if text != "none" else ())


def tool(noun: str) -> Tool:
    return Tool(f"use_{noun}", f"Works with {noun}.")


def task(noun: str) -> Task:
    right = tool(noun)
    return Task(noun, "call", (user(f"please work with {noun}"),), (right, tool("other")), (ToolCall(right.name, {}),))


TASKS = [task(noun) for noun in NOUNS[:6]]
OTHERS = [tool(noun) for noun in NOUNS[6:]]


def test_every_task_finds_its_tool_in_a_pool_of_the_size():
    for size in (2, 4, 6, 20):
        made = pools(TASKS, OTHERS, size)
        assert [one.id for pool in made for one in pool.tasks] == [one.id for one in TASKS]
        assert len(made) == math.ceil(len(TASKS) / size)
        for pool in made:
            assert len({one.name for one in pool.tools}) == len(pool.tools) == size
            assert all(pool.right(one).name == one.expected[0].name for one in pool.tasks)
    assert pools(TASKS, OTHERS, 20) == pools(TASKS, OTHERS, 20) != pools(TASKS, OTHERS, 20, seed=1)


def test_too_few_tools_are_refused():
    with pytest.raises(WorkbookError, match=r"40 tools do not make pools of 41"):
        pools(TASKS, OTHERS, 41)


def test_spare_tools_have_names_of_their_own():
    found = spare_tools(TASKS)
    assert sorted(one.name for one in found) == sorted({"use_other", *(f"use_{noun}" for noun in NOUNS[:6])})


@pytest.fixture(scope="module")
def rows():
    encoder, parts = Known(ToyEncoder()), []
    for size in (6, 30):
        made = pools(TASKS, OTHERS, size)
        parts.append(answered(Scripted(), made, [rankings(p, encoder) for p in made],
                              (ALL, RANDOM, "bm25", "dense", ORACLE), k=3))  # fmt: skip
    return pd.concat(parts)


def test_nobody_calls_what_is_not_shown(rows):
    assert (rows["call_right"] <= rows["found"]).all()
    assert set(rows.groupby("arm")["found"].mean()[[ALL, ORACLE, "bm25"]]) == {1.0}
    assert rows[rows["arm"] == RANDOM]["found"].mean() < 0.7


def test_what_bursts_the_window_is_a_failure():
    made = pools(TASKS, OTHERS, 30)
    small = Scripted()
    small.context = 110
    encoder = Known(ToyEncoder())
    rows = answered(small, made, [rankings(p, encoder) for p in made], (ALL, ORACLE), k=3)
    assert rows.groupby("arm")["fits"].mean().to_dict() == {ALL: 0.0, ORACLE: 1.0}
    assert rows.groupby("arm")["call_right"].mean().to_dict() == {ALL: 0.0, ORACLE: 1.0}
    assert small.asked == len(TASKS)


def test_each_text_is_encoded_once():
    encoder = ToyEncoder()
    known = Known(encoder)
    first, again = known.encode(["a", "b", "a"]), known.encode(["b"])
    assert encoder.seen == ["a", "b"]
    assert (first[1] == again[0]).all()
    assert known.encode([]).shape == (0, encoder.dimensions)


def test_the_crossing_is_the_size_from_which_on_it_stays_ahead():
    right = {5: (1, 1), 10: (0, 1), 20: (1, 1), 40: (0, 1)}
    rows = pd.DataFrame(
        [{"arm": arm, "size": size, "task": str(number), "call_right": float(value)}
         for size, pair in right.items() for arm, value in zip((ALL, "x"), pair, strict=True) for number in range(8)]
    )  # fmt: skip
    assert crossover(rows, "x", draws=50).estimate == 40
    assert crossover(rows[rows["size"] <= 20], "x", draws=50).estimate == math.inf
    assert crossover(rows[rows["size"] == 10], "x", draws=50).estimate == 10


def test_an_oracle_has_the_right_tool_first_and_once():
    (pool,) = pools(TASKS, OTHERS, 12)
    found = right_first(pool, {one.id: pool.tools[:6] for one in TASKS})
    for one in TASKS:
        right = pool.right(one)
        assert found[one.id] == [right, *(other for other in pool.tools[:6] if other != right)]
