"""Runs whose turns are completed together."""

from __future__ import annotations

from typing import Any

import pytest
from toys import toy_model

from workbook.agent import Agent, Budget
from workbook.core.chat import Tool, user
from workbook.core.errors import WorkbookError
from workbook.lab.side_by_side import SideBySide
from workbook.tools import Toolbox, ToolError
from workbook.tools.functions import from_function


def look(at: str) -> str:
    """Look."""
    if at == "night":
        raise ToolError("too dark")
    return f"saw {at}"


BOX = Toolbox([from_function(look)])


def answer(prompt: str, seed: int) -> str:
    """Look where the user says; then tell, in as many words as it takes."""
    where = prompt.split("look at ")[1].split("<")[0].strip()
    if "saw" in prompt or "dark" in prompt or where == "home":
        return f"done with {where}"
    return f'<tool_call>\n{{"name": "look", "arguments": {{"at": "{where}"}}}}\n</tool_call>'


def runs(policy: SideBySide, *places: str) -> list[Any]:
    return policy.run([Agent(policy, BOX).run([user(f"look at {place}")]) for place in places])


def test_every_round_is_one_batch_of_those_that_are_left(scripted: Any) -> None:
    model = scripted(answer)
    traces = runs(SideBySide(model), "amber", "night", "home", "birch")
    assert [trace.answer for trace in traces] == [f"done with {p}" for p in ("amber", "night", "home", "birch")]
    assert [len(batch) for batch in model.batches] == [4, 3]
    assert [len(trace.steps) for trace in traces] == [2, 2, 1, 2]
    assert model.batches[0] == sorted(model.batches[0])


def test_a_prompt_that_comes_again_is_answered_from_memory(scripted: Any) -> None:
    model = scripted(answer)
    policy = SideBySide(model)
    first = runs(policy, "amber", "amber")
    again = runs(policy, "amber")
    assert [len(batch) for batch in model.batches] == [1, 1]
    assert again[0].diff(first[0]) is None


def test_one_run_alone_gets_its_turns_too(scripted: Any) -> None:
    trace = Agent(SideBySide(scripted(answer)), BOX).run_sync([user("look at amber")])
    assert trace.answer == "done with amber"


def test_a_model_that_breaks_ends_all_runs_and_none_hangs(scripted: Any) -> None:
    def broken(prompt: str, seed: int) -> str:
        raise WorkbookError("no power")

    traces = runs(SideBySide(scripted(broken)), "amber", "birch")
    assert [trace.ending for trace in traces] == ["failed", "failed"]
    assert "no power" in traces[0].reason


def test_runs_that_end_by_their_budget_leave_the_others_their_turns(scripted: Any) -> None:
    policy = SideBySide(scripted(answer))
    one = Agent(policy, BOX, budget=Budget(steps=1)).run([user("look at amber")])
    two = Agent(policy, BOX).run([user("look at birch")])
    assert [trace.ending for trace in policy.run([one, two])] == ["forced", "answered"]


@pytest.mark.parametrize("decoding", ["grammar", "forced call"])
def test_the_grammar_holds_and_is_narrowed_for_the_grammar_alone(decoding: Any) -> None:
    seen: list[str] = []

    def narrow(tools: Any, messages: Any) -> list[Tool]:
        seen.extend(tool.name for tool in tools)
        schema = {"type": "object", "properties": {"at": {"enum": ["amber"]}}, "required": ["at"]}
        return [Tool(tool.name, "", schema) for tool in tools]

    policy = SideBySide(toy_model(), decoding, narrow)
    trace = Agent(policy, BOX, budget=Budget(steps=1)).run_sync([user("go")])
    assert seen == ["look"]
    if decoding == "forced call":
        [record] = trace.calls
        assert record.call.arguments == {"at": "amber"}
    assert all(record.call.arguments == {"at": "amber"} for record in trace.calls)


def test_what_narrows_the_grammar_is_asked_at_each_turn_anew() -> None:
    asked: list[tuple[int, str]] = []

    def narrow(tools: Any, messages: Any) -> list[Tool]:
        asked.append((len(tools), messages[-1].content))
        return list(tools)

    policy = SideBySide(toy_model(), "grammar", narrow, max_new_tokens=4)
    for _ in range(2):
        Agent(policy, BOX, budget=Budget(steps=1)).run_sync([user("go")])
    assert asked == [(1, "go"), (1, "go")]
