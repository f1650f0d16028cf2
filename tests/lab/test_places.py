"""Places of needed tools for requests in real wording, with retrievers that are scripts."""

from __future__ import annotations

import math

import pytest

from workbook.core.chat import Tool
from workbook.lab.places import (
    all_found,
    nearest_scores,
    operations_of,
    places,
    real_wording,
    shared_words,
    single_calls,
)
from workbook.suites.tool_queries import QuerySet, ToolQuery
from workbook.tools.retrieval import Hit

QUERIES = QuerySet(
    "made", (), (ToolQuery("1", "a", ("fleet_x", "payroll_y")), ToolQuery("2", "b", ("fleet_x",))),
)  # fmt: skip


class Fixed:
    """Finds the same for every request."""

    name = "fixed"

    def __init__(self, *names: str) -> None:
        self._hits = [Hit(name, name, 1 / place) for place, name in enumerate(names, 1)]

    def search(self, queries, k=5, permissions=()):
        return [self._hits[:k] for _ in queries]


def test_a_row_for_each_needed_tool():
    rows = places(QUERIES, [Fixed("fleet_z", "fleet_x")])
    assert rows["place"].tolist() == [2, math.inf, 2]
    assert rows["needed"].tolist() == [2, 2, 1]
    assert rows["told"].tolist() == [True, False, True]


def test_a_request_is_served_when_all_of_its_tools_are_shown():
    rows = places(QUERIES, [Fixed("fleet_z", "fleet_x", "payroll_y")])
    served = {k: dict(zip(all_found(rows, k)["task"], all_found(rows, k)["all_found"], strict=True)) for k in (1, 2, 3)}
    assert served == {1: {"1": 0, "2": 0}, 2: {"1": 0, "2": 1}, 3: {"1": 1, "2": 1}}
    assert dict(zip(all_found(rows, 1)["task"], all_found(rows, 1)["told"], strict=True)) == {"1": 0.5, "2": 1.0}


def test_the_best_score_with_and_without_the_right_tools():
    assert nearest_scores(QUERIES, Fixed("fleet_x", "payroll_y", "fleet_z")) == ([1, 1], [pytest.approx(1 / 3), 0.5])
    assert nearest_scores(QUERIES, Fixed()) == ([-1, -1], [-1, -1])


def test_requests_of_some_departments_over_their_tools():
    some = real_wording(("fleet", "support"))
    assert {tool.name.split("_")[0] for tool in some.tools} == {"fleet", "support"}
    names = {tool.name for tool in some.tools}
    assert some.queries
    assert all(names.issuperset(query.needed) for query in some.queries)


def test_words_that_a_search_can_see():
    described = Tool("sell_vehicle", "Sell vehicles to a dealer.")
    assert shared_words("A dealer has taken the vehicle", described) == ["dealer", "vehicle"]
    assert shared_words("The old Sprinter is gone", described) == []


def test_requests_that_one_call_serves_make_a_pool_over_all_tools():
    some = real_wording(("fleet",))
    pool = single_calls(some)
    assert pool.tools == some.tools
    assert pool.tasks
    assert all(len(task.expected) == 1 and pool.right(task) == task.tools[0] for task in pool.tasks)
    assert all(task.messages[-1].role == "user" for task in pool.tasks)
    assert [task.id for task in single_calls(some, 2).tasks] == [pool.tasks[0].id, pool.tasks[len(pool.tasks) // 2].id]


def test_operations_keep_what_they_may_do_and_are_open_to_all():
    operations = operations_of(("fleet",))
    assert tuple(operation.tool for operation in operations) == real_wording(("fleet",)).tools
    assert {"read", "write"} <= {operation.risk for operation in operations}
    assert not any(operation.terms.permissions for operation in operations)
