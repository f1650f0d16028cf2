"""The clerk, what makes it loop, and the rows of an experiment."""

from __future__ import annotations

import pytest

from workbook.agent import Dedup, Policy, canned
from workbook.agent.history import Noted, Windowed
from workbook.core.chat import ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.lab.clerk import clerk
from workbook.lab.errands import KINDS, errand
from workbook.lab.loops import Setup, run_all

ALL = [(kind, seed) for kind in KINDS for seed in range(3)]


def outcomes(setup: Setup, kinds: tuple[str, ...] = tuple(KINDS)) -> set[tuple[float, float]]:
    """Whether runs were solved, and looped."""
    rows = run_all({"one": setup}, [(kind, seed) for kind, seed in ALL if kind in kinds])
    return set(zip(rows.solved, rows.looped, strict=True))


def test_who_sees_all_solves_all_and_wastes_nothing() -> None:
    rows = run_all({"clerk": Setup(clerk())}, ALL)
    assert (rows.solved.min(), rows.looped.max(), rows.stopped.max(), rows.wasted.max()) == (1, 0, 0, 0)
    assert rows.task.nunique() == len(ALL)


@pytest.mark.parametrize(
    ("policy", "kinds", "want"),
    [
        (Windowed(clerk(), 3), ("bills",), (0, 1)),
        (Windowed(clerk(), 3), ("job", "pages", "flaky", "search"), (1, 0)),
        (Windowed(clerk(), 7), ("bills",), (1, 0)),
        (Noted(Windowed(clerk(), 3)), ("bills", "job", "flaky"), (0, 0)),
        (Noted(Windowed(clerk(), 3), results=True), tuple(KINDS), (1, 0)),
        (clerk(stubborn=True), ("search",), (1, 1)),
    ],
)
def test_what_is_not_in_view_makes_loops(policy: Policy, kinds: tuple[str, ...], want: tuple[float, float]) -> None:
    assert outcomes(Setup(policy), kinds) == {want}


def test_a_guard_against_repeats_breaks_polls_and_is_seen_in_the_rows() -> None:
    assert outcomes(Setup(clerk(), [Dedup()]), ("job", "flaky")) == {(0, 1)}
    rows = run_all({"none": Setup(clerk()), "dedup": Setup(clerk(), [Dedup()])}, [("job", 0)])
    assert rows.stopped.tolist() == [0, 1]


def test_wasted_calls_are_counted_by_the_world() -> None:
    made = errand("flaky", 0)
    again = [ToolCall("get_report")] * (made.fewest + 2)
    Setup(canned(*again, "done")).run(made)
    assert made.wasted == 2


def test_the_clerk_knows_its_errands_only() -> None:
    made = errand("job", 0)
    trace = Setup(clerk()).run(made)
    assert trace.scripted
    with pytest.raises(WorkbookError, match="no rule"):
        clerk().script([user("hello")], ())
