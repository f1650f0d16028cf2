"""Causes of failed calls: every status has one, and successes have none."""

from __future__ import annotations

import pytest

from workbook.tools.causes import CAUSES, cause_of_status


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (200, None), (204, None), (304, None), (400, "bad arguments"), (401, "permission"), (403, "permission"),
        (404, "semantic"), (405, "wrong tool"), (408, "time-out"), (409, "semantic"), (415, "bad arguments"),
        (422, "bad arguments"), (429, "rate"), (500, "server"), (503, "server"), (504, "time-out"), (599, "server"),
    ],
)  # fmt: skip
def test_a_status_has_the_cause_that_says_who_can_mend_it(status, cause):
    assert cause_of_status(status) == cause


def test_every_cause_can_come_from_a_status_so_that_no_counter_stays_at_nothing():
    assert {cause_of_status(status) for status in range(200, 600)} == {None, *CAUSES}
