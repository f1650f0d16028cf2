"""Look-ups: what the first hit needs is looked for, by its schema alone."""

import pytest
from retrieval_toys import filled

from workbook.core.chat import Tool
from workbook.tools.decomposition import best_retriever
from workbook.tools.lookups import WithLookups, is_lookup, questions_of
from workbook.tools.operations import Operation
from workbook.tools.toolbox import Terms


def made(name, says, /, risk="read", needs=(), permissions=(), **parameters):
    schema = {"type": "object", "properties": parameters, "required": list(needs)}
    return Operation(Tool(name, says, schema), "company", risk=risk, terms=Terms(tuple(permissions)))


def number(says, pattern="^E[0-9]+$"):
    return {"type": "string", "pattern": pattern, "description": says}


TEXT = {"type": "string", "description": "First and last name."}
DISMISS = made("dismiss", "Ends the contract of an employee who leaves us.", "write", ["employee_id"],
               employee_id=number("Number of the employee."))  # fmt: skip
SEARCH = made("search_employees", "Find employee: number of the employee, by name.", name=TEXT)
GET = made("get_employee", "Reads one employee by number. Find the employee.", needs=["employee_id"],
           employee_id=number("Number of the employee."))  # fmt: skip
HIRE = made("hire_employee", "Adds an employee. Find an employee number.", "write")
REVOKE = made("revoke_badge", "Takes a building pass away.", "write", ["badgeNo"],
              badgeNo={"type": "string", "description": "Badge to revoke."})  # fmt: skip
BADGES = made("list_badges", "Find badge: badge to revoke, by holder.", holder=number("Number of the employee."))
RAIN = made("weather_today", "Says whether it rains in a city.", needs=["city"], city={"type": "string"})
ALL = (DISMISS, SEARCH, GET, HIRE, REVOKE, BADGES, RAIN)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("made"), *ALL)


@pytest.fixture(scope="module")
def retriever(registry):
    return WithLookups(best_retriever(registry), registry)


def names(hits):
    return [hit.name for hit in hits]


def test_what_the_first_hit_needs_comes_second(retriever):
    (hits,) = retriever.search(["She leaves us, end the contract."], 3)
    assert names(hits)[:2] == ["dismiss", "search_employees"]


def test_a_key_is_told_by_its_name_too(retriever):
    (hits,) = retriever.search(["Take away the building pass."], 3)
    assert names(hits)[:2] == ["revoke_badge", "list_badges"]


def test_the_other_hits_follow_and_none_comes_twice(registry, retriever):
    (plain,) = best_retriever(registry).search(["does it rain"], 5)
    (hits,) = retriever.search(["does it rain"], 5)
    assert names(hits) == names(plain)
    assert len(set(names(hits))) == len(hits)


def test_it_shows_no_more_than_asked_for(retriever):
    assert [len(hits) for hits in retriever.search(["Take away the building pass."] * 2, 1)] == [1, 1]


def test_a_lookup_out_of_reach_is_not_shown(tmp_path):
    guarded = made(
        "search_employees", "Find employee: number of the employee, by name.", permissions=["people:read"], name=TEXT
    )
    registry = filled(tmp_path, DISMISS, guarded, RAIN)
    retriever = WithLookups(best_retriever(registry), registry)
    asked = ["She leaves us, end the contract."]
    assert "search_employees" not in names(retriever.search(asked, 3)[0])
    assert names(retriever.search(asked, 3, ["people:read"])[0])[1] == "search_employees"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (DISMISS, ["find employee: Number of the employee."]),
        (REVOKE, ["find badge: Badge to revoke."]),
        (BADGES, []),
        (SEARCH, []),
        (RAIN, []),
        (made("book", "Books.", needs=["day", "kind", "room_id"], day={"type": "string", "format": "date"},
              kind={"type": "string", "enum": ["a"], "pattern": "a"}, room_id={"type": "integer"}), []),
    ],
)  # fmt: skip
def test_questions_are_about_records_alone(operation, expected):
    assert questions_of(operation) == expected


@pytest.mark.parametrize(("operation", "able"), [(SEARCH, True), (BADGES, True), (GET, False), (HIRE, False)])
def test_a_lookup_reads_and_needs_nothing(operation, able):
    assert is_lookup(operation) is able


def test_nothing_found_needs_nothing(retriever):
    assert retriever.search(["zzz"], 0) == [[]]
