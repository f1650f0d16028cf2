"""The tasks of the enterprise: each solved by its own calls, through the gateway, and leaving what it says."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import replace

import httpx2
import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import UsageError, WorkbookError
from workbook.gateway.app import Settings, create_app
from workbook.gateway.calling import Answered, request_for
from workbook.gateway.catalogue import kinds, operation, operations
from workbook.gateway.limits import Rate
from workbook.gateway.outcome import oracle, shortcomings
from workbook.gateway.state import Change, difference, snapshot
from workbook.gateway.state import company as fresh_company
from workbook.gateway.tokens import issue
from workbook.suites.enterprise import KINDS, Expected, content_words, enterprise_tasks, filled

TASKS = enterprise_tasks()
BY_ID = {task.id: task for task in TASKS}


@pytest.fixture
def solve():
    """Run the calls of a task through the gateway, over a company that nobody has touched; no socket lies between."""
    untouched = snapshot(fresh_company())
    app = create_app(fresh_company(), Settings(rate=Rate(1e6, 10**6)))
    transport = httpx2.ASGITransport(app=app)

    def run(task):
        connection = app.state.gateway.connection = fresh_company()
        headers = {"Authorization": f"Bearer {issue(connection, 'agent', task.scopes)}"}

        def call(wanted):
            response = runner.run(client.request(**request_for(operation(wanted.name), wanted), headers=headers))
            return Answered(response.status_code, response.json() if response.content else None)

        return oracle(task, call), difference(untouched, snapshot(connection))

    client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1")
    with asyncio.Runner() as runner:
        yield run
        runner.run(client.aclose())


def test_there_are_enough_of_every_kind():
    counts = Counter(task.kind for task in TASKS)
    assert len(TASKS) >= 300
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 7
    assert sum(len(task.calls) > 1 for task in TASKS) >= 0.3 * len(TASKS)
    assert sum("$from" in json.dumps(dict(call.arguments)) for task in TASKS for call in task.calls) >= 120
    assert len(BY_ID) == len(TASKS)


def test_every_department_has_its_tasks_and_no_call_is_to_an_old_version():
    used = Counter(operation(call.name).kind.department for task in TASKS for call in task.calls)
    assert len(used) == 25
    assert min(used.values()) >= 8
    called = {call.name for task in TASKS for call in task.calls}
    assert not [name for name in called if operation(name).deprecated]
    assert len(called) >= 280


def test_each_is_solved_by_its_calls_and_leaves_its_state(solve):
    wrong = {}
    for task in TASKS:
        answers, changes = solve(task)
        problems = shortcomings(task, changes)
        if task.calls and answers[-1].status != task.status:
            problems.append(f"answered {answers[-1]}")
        if [answer.status for answer in answers[:-1] if answer.status >= 400] or len(answers) != len(task.calls):
            problems.append("a call before the last was refused")
        if problems:
            wrong[task.id] = problems
    assert wrong == {}


def test_only_what_is_to_be_done_changes_anything():
    for task in TASKS:
        assert bool(task.state) == (task.kind == "do"), task.id
        assert (task.status >= 400) == (task.kind in ("conflict", "scope")), task.id
        assert bool(task.calls) == (task.kind not in ("ask", "absent")), task.id
        assert bool(task.accept) == (task.kind in ("ask", "answer")), task.id


def test_answers_hold_what_the_reply_must_hold(solve):
    for task in TASKS:
        if task.kind == "answer" and "no" not in task.accept:
            answers, _ = solve(task)
            found = json.dumps(answers[-1].content, ensure_ascii=False).lower()
            assert any(word.lower() in found for word in task.accept), task.id


def test_a_scope_that_is_missing_is_the_only_thing_in_the_way(solve):
    for task in (task for task in TASKS if task.kind == "scope"):
        answers, _ = solve(replace(task, scopes=("*",)))
        assert answers[-1].status < 400, task.id


def masked(text: str) -> str:
    """A request without names, numbers and ids."""
    text = re.sub(r"\b[A-Z]{1,4}-?[0-9]+\b|[0-9][0-9.,:]*", "#", text)
    return re.sub(r"\s+", " ", re.sub(r"(?<=[a-z,] )[A-Z][a-z]+( [A-Z][a-z]+)*", "@", text)).lower()


def test_no_two_are_alike_even_without_their_values():
    seen = Counter(masked(task.request) for task in TASKS)
    assert [text for text, count in seen.items() if count > 1] == []
    openings = Counter(" ".join(task.request.split()[:3]).lower() for task in TASKS)
    assert max(openings.values()) <= 3


def test_people_seldom_use_the_words_of_the_operation():
    """Shares of an operation's own words, its name and summary, that the request holds too."""
    shares = []
    for task in TASKS:
        if task.calls:
            called = operation(task.calls[-1].name)
            own = content_words(f"{called.id} {called.summary}") - {"list", "get"}
            shares.append(len(own & content_words(task.request)) / len(own))
    assert sum(shares) / len(shares) < 0.1
    assert sum(share == 0 for share in shares) > 0.7 * len(shares)
    assert max(shares) <= 2 / 3


def test_requests_never_hold_an_operation_s_name():
    names = {one.id.lower() for one in operations().values() if len(re.split(r"[_-]", one.id)) > 1}
    assert not [task.id for task in TASKS if any(name in task.request.lower() for name in names)]


def test_a_row_that_is_not_as_wanted_is_seen():
    task = next(task for task in TASKS if task.id == "access-1")
    (wanted,) = task.state
    row = {"id": wanted.id, "status": "active", "zone": "office"}
    right = Change(wanted.table, wanted.id, row, row | wanted.fields)
    assert shortcomings(task, [right]) == []
    assert shortcomings(task, []) == [f"not done: {wanted.table} {wanted.id}"]
    other = Change(wanted.table, "BG-5001", row, row | wanted.fields)
    assert len(shortcomings(task, [other])) == 2
    more = Change(wanted.table, wanted.id, row, row | wanted.fields | {"zone": "plant"})
    assert len(shortcomings(task, [more])) == 2
    gone = Change(wanted.table, wanted.id, row, None)
    assert len(shortcomings(task, [gone])) == 2
    assert shortcomings(task, [right, other]) == [f"not asked for: {wanted.table} BG-5001"]


def test_a_new_row_may_have_another_number_and_its_own_wording_where_that_is_free():
    fields = {"id": "T1", "title": "Broken", "caller": "E1"}
    task = replace(TASKS[0], state=(Expected("t", "T1", fields, ("title",), new=True),))
    assert shortcomings(task, [Change("t", "T2", None, {"id": "T2", "title": "Is broken", "caller": "E1"})]) == []
    assert shortcomings(task, [Change("t", "T2", None, {"id": "T2", "title": "Broken", "caller": "E2"})]) != []


def test_values_are_taken_out_of_results():
    call = ToolCall("a", {"x": {"$from": [0, "items", 0, "id"]}, "y": 2})
    assert filled(call, [{"items": [{"id": "E1"}]}]).arguments == {"x": "E1", "y": 2}
    with pytest.raises(UsageError, match="call 1"):
        filled(call, [{"items": []}])


def test_what_an_agent_is_told():
    system, user = TASKS[0].messages
    assert system.content.startswith("Today is Monday, 2 March 2026. The speaker is employee E1")
    assert user.content == TASKS[0].request


@pytest.mark.parametrize("line", ["{", "[]", '{"kind": "guess"}', '{"kind": "do", "id": "x"}'])
def test_a_line_that_is_none_is_named(tmp_path, line):
    path = tmp_path / "tasks.jsonl"
    path.write_text(f"{json.dumps({})[:0]}{line}\n", encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"tasks\.jsonl, line 1"):
        enterprise_tasks(path)


def test_a_call_is_written_as_its_document_says():
    shown = request_for(operation("people_transfer_employee"), ToolCall("", {"employee_id": "E1", "team": "T1"}))
    assert shown == {"method": "POST", "url": "/people/employees/E1/transfer", "json": {"team": "T1"}}
    listed = request_for(operation("people_list_teams"), ToolCall("", {"name": "Legal"}))
    assert listed == {"method": "GET", "url": "/people/teams", "params": {"name": "Legal"}}


def test_an_oracle_stops_at_a_refusal():
    task = next(task for task in TASKS if len(task.calls) > 1)
    assert oracle(task, lambda call: Answered(503, {})) == [Answered(503, {})]


def test_every_table_of_the_tasks_is_there():
    tables = {kind.table for kind in kinds().values()}
    assert {row.table for task in TASKS for row in task.state} <= tables
