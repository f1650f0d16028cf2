"""Estimates from rows of a sweep, and their pictures, on rows that were made by hand."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval
from workbook.lab.mixes_drawing import count_plot, curve_plot, front, pareto_plot
from workbook.lab.mixes_estimates import change, knee, marks, perplexity, share, table
from workbook.lab.mixes_plans import Plan


def row(plan: Plan, right: int, of: int = 20, nats: float = 1.0) -> dict:
    """A run that gets the first ``right`` of ``of`` items of everything."""
    text = "1" * right + "0" * (of - right)
    return {
        "plan": asdict(plan),
        **dict.fromkeys(("call", "ask", "decline", "facts", "talk"), text),
        "nats": [nats] * of,
    }


BASE = row(Plan(epochs=0), 20, nats=0.0)
KEPT = {0.0: 2, 0.05: 12, 0.25: 18, 0.8: 18}
ROWS = [BASE, *(row(Plan(one, seed=seed), right) for one, right in KEPT.items() for seed in range(3))]


def test_marks_are_a_run_a_line_whatever_the_seed():
    assert marks(ROWS, "talk", Plan(0.25)).shape == (3, 20)
    assert marks(ROWS, "kept", Plan(0.25)).shape == (3, 40)


def test_a_plan_without_a_run_is_refused():
    with pytest.raises(WorkbookError, match="no run of"):
        share(ROWS, "talk", Plan(0.5))


def test_shares_and_changes():
    assert share(ROWS, "talk", Plan(0.05)).estimate == pytest.approx(0.6)
    lost = change(ROWS, "talk", Plan(0.0))
    assert lost.estimate == pytest.approx(-0.9)
    assert -1 <= lost.low < lost.high < -0.7
    assert change(ROWS, "talk", Plan(0.25), Plan(0.05)).estimate == pytest.approx(0.3)


def test_runs_are_compared_seed_by_seed():
    rows = [row(Plan(seed=0), 2), row(Plan(seed=1), 20), row(Plan(0.5, seed=1), 10), row(Plan(0.5, seed=2), 2)]
    assert change(rows, "talk", Plan(0.5), Plan()).estimate == pytest.approx(-0.5)
    with pytest.raises(WorkbookError, match="no seed"):
        change(rows[:1] + rows[2:], "talk", Plan(0.5), Plan())


def test_perplexity_is_one_where_every_token_is_sure():
    assert perplexity(ROWS, Plan(epochs=0)).estimate == 1
    assert perplexity(ROWS, Plan(0.0)).estimate == pytest.approx(2.718, rel=1e-3)


def test_the_knee_is_the_smallest_share_that_is_near_the_largest():
    found = knee(ROWS)
    assert found.estimate == 0.25
    assert found.low in KEPT
    assert found.low <= 0.25 <= found.high


def test_without_any_loss_the_knee_is_at_nothing():
    flat = [row(Plan(one, seed=seed), 19) for one in KEPT for seed in range(3)]
    assert (knee(flat).estimate, knee(flat).low, knee(flat).high) == (0.0, 0.0, 0.0)


def test_a_table_tells_what_was_run_and_on_how_many_seeds():
    found = table(ROWS, {"a quarter": Plan(0.25), "half": Plan(0.5), "before": Plan(epochs=0)}, ["talk"])
    assert list(found.index) == ["a quarter", "before"]
    assert found.loc["a quarter", "talk"].startswith("90 % [")
    assert list(found.seeds) == [3, 1]
    assert found.loc["before", "perplexity"].startswith("1 [")


def test_pictures_say_in_words_what_they_show():
    smaller = Plan(0.25, rows=48)
    live = [BASE, row(smaller, 15)]
    curve = curve_plot({"25 %": Plan(0.25)}, ROWS, ["talk"], {"25 %": smaller, "50 %": Plan(0.5)}, live, "Kept")
    assert "talk, 25 %: 0.90" in curve.text
    assert "talk, yours, 25 %: 0.75" in curve.text
    assert "50 %" not in curve.text, "that was not run"
    both = pareto_plot({"real": {"5 %": Plan(0.05), "50 %": Plan(0.5)}}, ROWS)
    assert "real, 5 %: right calls 0.60" in both.text
    assert "50 %" not in both.text, "that was not run"
    number = count_plot({"real": [Plan(0.05), Plan(0.8)]}, ROWS, "kept", "Number")
    assert "real, 8 rows: 0.60" in number.text
    assert "real, 640 rows: 0.90" in number.text
    assert curve.png[:4] == both.png[:4] == number.png[:4] == b"\x89PNG"


def test_a_picture_of_plans_that_were_not_run_says_what_to_run():
    with pytest.raises(WorkbookError, match="sweep"):
        pareto_plot({"real": {"50 %": Plan(0.5)}}, ROWS)


def test_the_front_is_what_no_other_beats():
    def point(across, up):
        return Interval(across, 0, 1, 9), Interval(up, 0, 1, 9)

    assert front([point(0.5, 0.5), point(0.7, 0.2), point(0.4, 0.5), point(0.6, 0.1)]) == [(0.5, 0.5), (0.7, 0.2)]
