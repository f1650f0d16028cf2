"""Errands: the fewest calls solve them, no errand is solved by chance, and each world keeps its own state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbook.core.errors import UsageError
from workbook.lab.errands import KINDS, Errand, errand, errands
from workbook.tools import ToolError


def call(made: Errand, tool: str, **arguments: Any) -> Mapping[str, Any]:
    result: Mapping[str, Any] = json.loads(asyncio.run(made.toolbox[tool].run(arguments)))
    return result


def bills(made: Errand) -> str:
    names = call(made, "list_bills")["bills"]
    return str(sum(call(made, "read_bill", name=name)["total"] for name in names))


def job(made: Errand) -> str:
    started = call(made, "start_job")["job"]
    while (told := call(made, "job_status", job=started))["status"] == "running":
        pass
    return str(told["result"])


def pages(made: Errand) -> str:
    wanted, page = made.request.split()[3], 1
    while wanted not in (shown := call(made, "list_desks", page=page)["desks"]):
        page += 1
    return str(shown[wanted])


def flaky(made: Errand) -> str:
    while True:
        try:
            return str(call(made, "get_report")["code"])
        except ToolError:
            continue


def search(made: Errand) -> str:
    return "not found" if not call(made, "find_file", words="x")["hits"] else "found"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_the_fewest_calls_solve_it(kind: str, seed: int) -> None:
    made = errand(kind, seed)
    reply = globals()[kind](made)
    assert made.solved(f"It is {reply}.")
    assert (len(made.calls), made.wasted) == (made.fewest, 0)
    made.calls.append(("again", {}))
    assert made.wasted == 1
    assert not made.solved("I am not sure.")


def test_a_seed_is_a_world_and_two_have_nothing_in_common() -> None:
    one, same, other = errand("bills", 1), errand("bills", 1), errand("bills", 2)
    assert call(one, "list_bills") == call(same, "list_bills") != call(other, "list_bills")
    assert (len(one.calls), len(other.calls)) == (1, 1)


def test_a_job_that_was_not_started_and_a_page_that_is_not_there() -> None:
    for made, tool, arguments in (
        (errand("job", 0), "job_status", {"job": "job-1"}),
        (errand("pages", 0), "list_desks", {"page": 0}),
        (errand("bills", 0), "read_bill", {"name": "nobody"}),
    ):
        with pytest.raises(ToolError):
            call(made, tool, **arguments)
        assert len(made.calls) == 1


def test_unknown_kinds_and_empty_sets() -> None:
    with pytest.raises(UsageError, match="bills"):
        errand("bill", 0)
    with pytest.raises(UsageError):
        errands(0)
    assert [one.kind for one in errands(2, kinds=("job", "search"))] == ["job", "job", "search", "search"]
