"""Broken parts: each has the form of a sound one, and differs from it where a check should look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.core.errors import WorkbookError
from workbook.finetune.conversations import Example
from workbook.lab.broken_parts import (
    LEAKED,
    Stale,
    Unfiltered,
    any_json,
    edited,
    leaked,
    learnt,
    server_alone,
    ungrounded,
)
from workbook.suites.tasks import load_tasks
from workbook.tools.changes import pin
from workbook.tools.retrieval import Hit

TOOL = Tool("find_person", "Find a person.", {"type": "object", "properties": {"name": {"type": "string"}}})


class Told:
    """A retriever that finds the same names whatever is asked, and remembers who asked."""

    name = "told"

    def __init__(self, *names):
        self.names, self.asked = names, []

    def search(self, queries, k=5, permissions=()):
        self.asked.append((k, list(permissions)))
        return [[Hit(name, name, 1.0) for name in self.names[:k]] for _ in queries]


def row(call):
    return Example("call", (user("Who is it?"), assistant("", call)), (TOOL,))


def test_an_ungrounded_row_is_another_one_s_with_an_invented_text():
    plain = row(ToolCall("find_person", {"level": 3}))
    whole = row(ToolCall("find_person", {"level": 3, "name": "Ada"}))
    found = ungrounded([plain, whole])
    (call,) = found.answer.tool_calls
    assert call.arguments["level"] == 3
    assert call.arguments["name"] not in found.messages[0].content
    assert whole.answer.tool_calls[0].arguments["name"] == "Ada"


def test_rows_without_a_text_to_invent_are_an_error_with_a_way_out():
    with pytest.raises(WorkbookError, match="Take more rows"):
        ungrounded([row(ToolCall("find_person", {"level": 3}))])


def test_leaked_rows_are_tasks_with_their_answers():
    tasks = [task for task in load_tasks("calls") if task.expected]
    rows = leaked(tasks)
    assert len(rows) == LEAKED
    assert [one.answer.tool_calls for one in rows] == [task.expected for task in tasks[:LEAKED]]
    assert leaked([replace(tasks[0], expected=())]) == []


def test_a_grammar_for_any_json_does_not_know_the_tools():
    assert any_json([TOOL]) == any_json([])


def test_server_errors_alone_are_counted():
    assert [server_alone(cause) for cause in ("server", "arguments", None)] == ["server", None, None]


def test_what_was_learnt_on_a_bad_day_does_not_ring_on_another():
    bad, good = (["server"] * share + [None] * (20 - share) for share in (10, 1))
    rung = []
    for usual in (bad, good):
        monitor = learnt(usual * 100)()
        for cause in bad * 5:
            monitor.add(cause)
        rung.append(bool(monitor.alarms))
    assert rung == [False, True]


def test_an_edited_version_keeps_its_pin_and_no_longer_fits_it():
    name = pin([TOOL])
    shelf = edited({name: [TOOL], "another": []}, name)
    assert list(shelf) == [name, "another"]
    assert pin(shelf[name]) != name


def test_the_unfiltered_asks_for_everybody_s_tools_and_the_stale_one_knows_half():
    inner = Told("odd", "even", "three", "fourteen")
    Unfiltered(inner).search(["who"], 3, ["people.read"])
    k, permissions = inner.asked[-1]
    assert k == 3
    assert len(permissions) > 1
    (hits,) = Stale(inner).search(["who"], 2)
    assert [hit.name for hit in hits] == ["odd", "three"]
