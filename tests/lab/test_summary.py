"""Summaries: by task, paired, and per right answer."""

import math

import pandas as pd
import pytest

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval, paired_difference, wilson
from workbook.lab.summary import as_interval, by_task, difference, interval, numbers, relative_cost, summarize


def frame(**arms):
    """Scored trials: ``frame(a=[[1, 0], [1]])`` is an arm on two tasks with two samples and one."""
    rows = [
        {"arm": arm, "task": f"t{i}", "temperature": 0.0, "call_right": float(v), "tokens": 10 if arm == "a" else 20}
        for arm, tasks in arms.items()
        for i, values in enumerate(tasks)
        for v in values
    ]
    return pd.DataFrame(rows)


A = [[1]] * 15 + [[0]] * 5
B = [[1]] * 8 + [[0]] * 12


def test_a_share_with_one_sample_a_task_is_wilsons():
    summary = summarize(frame(a=A, b=B), "call_right")
    assert summary["arm"].tolist() == ["a", "b"]
    assert as_interval(summary.iloc[0]) == wilson(15, 20)
    assert summary["metric"].unique().tolist() == ["call_right"]


def test_the_unit_is_the_task():
    assert interval(frame(a=[[1, 1, 1, 1]] * 3), "call_right").n == 3
    assert interval(frame(a=[[1, 0, 1, 1]] * 3), "call_right").n == 3


def test_several_groups():
    summary = summarize(frame(a=A, b=B), "call_right", by=("arm", "temperature"))
    assert set(numbers(summary, "q1")) == {"q1.call_right.a.0", "q1.call_right.b.0"}


def test_names_for_prose_have_no_blanks():
    summary = summarize(frame(**{"schema grammar": A}), "call_right")
    assert numbers(summary, "q1") == {"q1.call_right.schema_grammar": wilson(15, 20)}


def test_means_are_bootstrapped():
    found = interval(frame(a=A), "tokens")
    assert (found.estimate, found.low, found.high) == (10, 10, 10)


def test_cost_per_right_answer_counts_what_was_wasted():
    assert interval(frame(a=A), "tokens_per_right").estimate == pytest.approx(200 / 15)
    assert interval(frame(a=[[0], [0]]), "tokens_per_right").estimate == math.inf


def test_differences_are_paired_by_task():
    found = difference(frame(a=A, b=B), "call_right", "a", "b")
    assert found == paired_difference([v[0] for v in A], [v[0] for v in B])
    assert found.estimate == pytest.approx(7 / 20)


def test_relative_cost():
    found = relative_cost(frame(a=A, b=B), "tokens", "a", "b")
    assert found.estimate == pytest.approx((200 / 15) / (400 / 8))
    assert found.low < found.estimate < found.high < 1
    assert relative_cost(frame(a=A, b=A), "tokens", "a", "b") == Interval(0.5, 0.5, 0.5, 20)


def test_a_column_unit_takes_the_place_of_the_task():
    variations = frame(a=[[1]] * 12).assign(unit=["x", "y", "z"] * 4)
    assert interval(variations, "call_right") == wilson(3, 3)
    assert by_task(variations.assign(unit="x"), "call_right") == {"x": [1.0] * 12}


def test_selection_names_what_there_is():
    with pytest.raises(WorkbookError, match="There are: a, b"):
        interval(frame(a=A, b=B), "call_right", arm="c")
    with pytest.raises(WorkbookError, match="unknown column 'arn'"):
        interval(frame(a=A), "call_right", arn="a")
    with pytest.raises(WorkbookError, match="Did you mean 'call_right'"):
        by_task(frame(a=A), "call_rihgt")
    with pytest.raises(WorkbookError, match="unknown column"):
        summarize(frame(a=A), "call_right", by="arms")


def test_without_a_right_call_a_ratio_of_costs_is_unknown():
    found = relative_cost(frame(a=A, b=[[0]] * len(A)), "tokens", "a", "b")
    assert math.isnan(found.estimate)
    assert (found.low, found.high) == (0.0, math.inf)
