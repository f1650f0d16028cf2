"""What an arm changed, row by row, on made-up trials."""

from __future__ import annotations

import pandas as pd
import pytest

from workbook.core.errors import WorkbookError
from workbook.core.stats import wilson
from workbook.lab.contrast import change, changes, mended_share, same_output, show_changes

# (valid, right) of each task, under the prompt and under the grammar.
BEFORE = [(0, 0), (0, 0), (1, 1), (1, 1), (1, 0), (0, 0)]
AFTER = [(1, 1), (1, 0), (1, 0), (1, 1), (1, 1), (0, 0)]


def rows(arm: str, scores: list[tuple[int, int]], temperature: float = 0.0) -> list[dict[str, object]]:
    return [
        {
            "arm": arm,
            "task": f"t{i}",
            "temperature": temperature,
            "seed": 0,
            "output": f"{arm}\n{i}" if i else "same",
            "schema_valid": float(valid),
            "call_right": float(right),
        }
        for i, (valid, right) in enumerate(scores)
    ]


TRIALS = pd.DataFrame(rows("prompt", BEFORE) + rows("grammar", AFTER))


def test_each_pair_is_of_one_kind_or_of_none() -> None:
    found = changes(TRIALS, "grammar", "prompt")
    named = {kind: [(before.task, after.task) for before, after in pairs] for kind, pairs in found.items()}
    assert named == {"mended": [("t0", "t0")], "made silent": [("t1", "t1")], "harmed": [("t2", "t2")]}


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert same_output(TRIALS.iloc[::-1], "grammar", "prompt") == (1, 6)


def test_of_the_refused_the_right_ones() -> None:
    assert mended_share(TRIALS, "grammar", "prompt") == wilson(1, 3)
    assert mended_share(TRIALS[TRIALS.task == "t3"], "grammar", "prompt") is None


def test_rows_to_read_are_short_and_say_when_there_are_none() -> None:
    found = changes(TRIALS, "grammar", "prompt")
    words = show_changes(found | {"harmed": []}, width=6)
    assert "  after   gramm…" in words
    assert words.endswith("harmed: 0")


def test_arms_on_other_tasks_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="same tasks"):
        same_output(TRIALS[(TRIALS.arm == "prompt") ^ (TRIALS.task != "t0")], "grammar", "prompt")


def test_a_change_along_a_column_is_paired_by_task() -> None:
    both = pd.DataFrame(rows("prompt", BEFORE) + rows("prompt", AFTER, temperature=1.0))
    found = change(both, "schema_valid", "temperature", 1.0, 0.0, arm="prompt")
    assert (found.estimate, found.n) == (pytest.approx(2 / 6), 6)
    with pytest.raises(WorkbookError, match="temperature"):
        change(both, "schema_valid", "temperature", 2.0, 0.0, arm="prompt")
