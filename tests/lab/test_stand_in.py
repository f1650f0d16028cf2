"""The stand-in: it does a task with the right tools, and without them fails as models do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from workbook.agent import canned
from workbook.core.chat import Message, Tool, ToolCall, ToolResult, assistant, tool_message
from workbook.core.coroutines import finished
from workbook.core.judging import asks_for, refuses
from workbook.lab.stand_in import ONE_IN, TRIES, stand_in
from workbook.models.base import Reply
from workbook.suites.enterprise import EnterpriseTask, enterprise_tasks

ID = {"type": "string", "pattern": "^E[0-9]+$"}
MOVE = Tool("people_move", "Move.", {"type": "object", "properties": {"employee_id": ID}, "required": ["employee_id"]})
FIRE = Tool("people_fire", "Fire.", MOVE.parameters)
CITY = Tool("city_get", "City.", {"type": "object", "properties": {"kind": {"enum": ["a"]}}, "required": ["kind"]})
WANTED = ToolCall("people_move", {"employee_id": "E7"})


def task(request: str = "Move E7.", kind: Any = "do", *calls: ToolCall) -> EnterpriseTask:
    return EnterpriseTask("t", kind, request, "E1", ("*",), calls or (WANTED,), (), 200, ("date", "when"))


def reply(one: EnterpriseTask, *tools: Tool, done: tuple[Message, ...] = (), bound: bool = True) -> Reply:
    return finished(stand_in(one, bound).propose((*one.messages, *done), tools)).reply


def after(result: str, times: int = 1, call: ToolCall = WANTED) -> tuple[Message, ...]:
    return (assistant("", call), tool_message(ToolResult(call.name, result))) * times


def requests(wanted: bool, bound: bool = True, *tools: Tool) -> str:
    """A request for which the stand-in calls, or does not."""
    texts = (f"Move E7, {number}." for number in range(100))
    return next(text for text in texts if bool(reply(task(text), *tools, bound=bound).calls) == wanted)


def test_it_calls_what_it_needs_and_says_when_it_is_done() -> None:
    assert reply(task(), FIRE, MOVE).calls == (WANTED,)
    assert reply(task(), MOVE, done=after("{}")).content == "Done: date."


def test_what_it_makes_up_is_legal() -> None:
    forms = {"owner": "^U-[0-9]+$", "at": "^[01][0-9]:[0-5][0-9]$", "badge": "^B-[0-9]+$"}
    fields = {name: {"type": "string", "pattern": form} for name, form in forms.items()}
    fields |= {"badge": {**fields["badge"], "description": "Number of the badge (B-7)."}, "why": {"type": "string"}}
    tool = Tool("lend", "Lend.", {"type": "object", "properties": fields, "required": [*fields]})
    taken = reply(task(requests(True, True, tool)), tool).calls[0].arguments
    assert not list(Draft202012Validator(tool.parameters).iter_errors(taken))
    assert taken["badge"] == "B-7"


def test_values_come_out_of_earlier_results() -> None:
    calls = (ToolCall("find", {}), ToolCall("people_move", {"employee_id": {"$from": [0, "id"]}}))
    two = task("Move him.", "do", *calls)
    found = after(json.dumps({"id": "E9"}), call=calls[0])
    assert reply(two, MOVE, done=found).calls[0].arguments == {"employee_id": "E9"}
    assert refuses(f"Sorry. {reply(two, MOVE, done=after('{}', call=calls[0])).content}")


def test_without_its_tool_it_declines_or_takes_one_that_fits_the_record() -> None:
    assert refuses(reply(task(requests(False, True, CITY, FIRE)), CITY, FIRE).content)
    taken = reply(task(requests(True, True, CITY, FIRE)), CITY, FIRE).calls[0]
    assert taken == ToolCall("people_fire", {"employee_id": "E7"})
    assert reply(task(requests(True, True, CITY)), CITY).calls[0].arguments == {"kind": "a"}
    assert refuses(reply(task()).content)


def test_it_asks_and_declines_where_that_is_right() -> None:
    assert asks_for(reply(task(kind="ask"), MOVE).content, ("date",))
    assert refuses(reply(task(kind="absent"), MOVE).content)


def test_names_that_it_is_not_shown_come_from_memory_and_are_mended() -> None:
    bare = Tool(MOVE.name)
    wrong = reply(task(), bare).calls[0]
    assert wrong.arguments == {"employeeId": "E7"}
    error = json.dumps({"error": "'employee_id' is a required property"})
    assert reply(task(), bare, done=after(error, call=wrong)).calls == (WANTED,)


def test_only_without_a_grammar_does_it_slip() -> None:
    texts = [f"Move E7, {number}." for number in range(400)]
    slips = [reply(task(text), MOVE, bound=False).calls != (WANTED,) for text in texts]
    assert 0.5 / ONE_IN < sum(slips) / len(slips) < 2 / ONE_IN
    assert all(reply(task(text), MOVE).calls == (WANTED,) for text in texts[:50])


def test_what_may_pass_is_tried_again_and_a_refusal_is_not() -> None:
    later = json.dumps({"error": "busy. Try again later."})
    assert reply(task(), MOVE, done=after(later)).calls == (WANTED,)
    assert refuses(reply(task(), MOVE, done=after(later, TRIES + 1)).content)
    assert refuses(reply(task(), MOVE, done=after('{"error": "403"}')).content)


def test_it_says_that_it_is_scripted() -> None:
    assert stand_in(task()).scripted
    assert "stand-in" in stand_in(task()).name
    assert canned().scripted


@pytest.mark.parametrize("one", enterprise_tasks(limit=40), ids=lambda one: one.id)
def test_it_has_a_reply_to_every_task(one: EnterpriseTask) -> None:
    made = reply(one, *(Tool(call.name) for call in one.calls))
    assert made.calls or made.content
