"""Requests to learn by heart: right by the tool, in words and values that the tasks do not use, and without schemas."""

from __future__ import annotations

import pytest

from workbook.core.chat import Message, Tool, ToolCall, user
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.finetune.by_heart import more_tasks, rows_by_heart
from workbook.finetune.checks import evaluation_fingerprints, fingerprint
from workbook.finetune.words import belongs
from workbook.suites.drift import by_heart
from workbook.suites.tasks import Task

TASKS = [made.before for made in by_heart()]
TOOLS = {task.expected[0].name: tool for task in TASKS for tool in task.tools if tool.name == task.expected[0].name}


def turns(row: dict) -> tuple[Message, Message]:
    said, answer = map(Message.from_dict, row["messages"])
    return said, answer


def test_every_call_is_right_by_its_tool_and_every_tool_is_learned() -> None:
    rows = rows_by_heart(TASKS, wordings=3)
    calls = [turns(row)[1].tool_calls for row in rows]
    assert all(len(each) == 1 and not call_errors(each[0], [TOOLS[each[0].name]]) for each in calls)
    assert {each[0].name for each in calls} == set(TOOLS)
    assert len(rows) == 3 * len(TOOLS)


def test_no_schema_is_in_a_prompt_and_no_task_either() -> None:
    rows = rows_by_heart(TASKS, wordings=3)
    assert all(set(row) == {"messages"} and len(row["messages"]) == 2 for row in rows)
    held_out = evaluation_fingerprints(data_dir() / "tasks")
    assert not held_out & {fingerprint([turns(row)[0]]) for row in rows}


def test_texts_are_those_of_the_training_split() -> None:
    tool = Tool("get_x", "", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
    task = Task("t", "call", (user("x"),), (tool,), (ToolCall("get_x", {"city": "Rome"}),))
    cities = [turns(row)[1].tool_calls[0].arguments["city"] for row in rows_by_heart([task], wordings=40)]
    assert len(set(cities)) > 30
    assert all(belongs(city, "train") for city in cities)


@pytest.mark.parametrize("name", ["book_car_seat", "bookCarSeat", "car_seat.book"])
def test_a_name_of_any_style_is_asked_for_in_words(name: str) -> None:
    task = Task("t", "call", (user("x"),), (Tool(name),), (ToolCall(name),))
    said = [turns(row)[0].content.lower() for row in rows_by_heart([task], wordings=8)]
    assert len(said) == 8
    assert all("car seat" in one for one in said)


def test_of_two_tools_with_one_name_neither_is_learned() -> None:
    tasks = [Task(id, "call", (user(id),), (Tool("get_car"),), (ToolCall("get_car"),)) for id in "ab"]
    assert rows_by_heart(tasks, wordings=2) == []


def test_the_same_seed_makes_the_same_rows() -> None:
    first, again, other = (rows_by_heart(TASKS[:3], 2, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_other_requests_for_a_task_are_held_out_and_right() -> None:
    learned = {fingerprint([turns(row)[0]]) for row in rows_by_heart(TASKS, wordings=3)}
    for task in TASKS[:8]:
        others = more_tasks(task, 3)
        assert others == more_tasks(task, 3)
        assert len({other.id for other in others} | {task.id}) == len(others) + 1
        for other in others:
            assert other.tools == task.tools
            assert not call_errors(other.expected[0], other.tools)
            assert fingerprint(other.messages) not in learned


def test_of_what_is_asked_no_request_no_text_and_no_number_was_trained_on() -> None:
    rows = [turns(row) for row in rows_by_heart(TASKS)]
    requests = {said.content.lower().strip() for said, _ in rows}
    learned = {value for _, answer in rows for value in free_values(answer.tool_calls[0])}
    asked = [each for task in TASKS for each in (task, *more_tasks(task, 11))]
    assert not requests & {task.messages[-1].content.lower().strip() for task in asked}
    assert not learned & {value for task in asked for value in free_values(task.expected[0])}
    assert len(learned) > 1000


def free_values(call: ToolCall) -> set[str | int | float]:
    """What the call gives besides options and switches, which are few and come again."""
    properties = TOOLS[call.name].properties
    free = {name: value for name, value in call.arguments.items() if "enum" not in properties[name]}
    return {value for value in free.values() if not isinstance(value, bool)}
