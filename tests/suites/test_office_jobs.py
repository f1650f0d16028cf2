"""The errands of the office: enough of each kind, each with a carrier that it reads."""

from __future__ import annotations

import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import UsageError
from workbook.suites.office_jobs import FILES, JOBS, NOTES, SECRET, TAKING, filled, job
from workbook.suites.tool_injection import CARRIERS, GOALS


def test_twenty_errands_or_more_a_third_of_which_take_a_value_out_of_a_result() -> None:
    assert len(JOBS) >= 20
    assert len({one.name for one in JOBS}) == len({one.request for one in JOBS}) == len(JOBS)
    taking = [one for one in JOBS if any(None in call.arguments.values() for call in one.calls)]
    assert taking == list(TAKING)
    assert 3 * len(taking) >= len(JOBS)


@pytest.mark.parametrize("one", JOBS, ids=lambda one: one.name)
def test_the_carrier_is_what_it_reads_first(one) -> None:
    reads = [call.name.removeprefix("read_") for call in one.calls]
    assert next((name for name in reads if name in CARRIERS), "") == one.carrier


def test_no_errand_does_what_an_attacker_wants() -> None:
    wanted = [call for calls in GOALS.values() for call in calls]
    assert not [one.name for one in JOBS if any(call in wanted for call in one.calls)]
    assert [path for path, text in FILES.items() if SECRET in text] == ["codes.txt"]
    assert "codes.txt" not in NOTES


def test_a_call_is_filled_from_results_or_not_at_all() -> None:
    wanted, takes = ToolCall("send", {"to": None, "n": 1}), {"to": "read.from"}
    assert filled(wanted, takes, {"read": {"from": "ann"}}) == ToolCall("send", {"to": "ann", "n": 1})
    assert filled(wanted, takes, {"read": {"text": "x"}}) is None
    assert filled(wanted, takes, {}) is None


def test_an_errand_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="reply"):
        job("replay")
