"""Scores: what each trial is worth, judged by its calls and the task alone.

A scorer is handed outputs and tasks, never the arm, so it cannot favour one.
Every score is 1 or 0, or a cost; summaries with intervals are ``workbook.lab.summary``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.matching import calls_match, names_match
from workbook.core.validation import call_errors
from workbook.lab.trials import Output
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

Scorer = Callable[[Output, Task], float]


def parses(output: Output, task: Task) -> float:
    """All that claims to be JSON is JSON."""
    return float(output.parses)


def schema_valid(output: Output, task: Task) -> float:
    """There is a call, it can be read, and each satisfies the schema of its tool, one of those in the prompt."""
    readable, tools = bool(output.calls) and not output.problems, (*task.tools, *output.offered)
    return float(readable and not any(call_errors(call, tools) for call in output.calls))


def name_right(output: Output, task: Task) -> float:
    """The right tools were called."""
    return float(not output.problems and names_match(output.calls, task.expected))


def call_right(output: Output, task: Task) -> float:
    """The ``exact`` rule: the right calls with the right arguments, and nothing broken beside them."""
    return float(not output.problems and calls_match(output.calls, task.expected, task.tools))


def wrong_but_valid(output: Output, task: Task) -> float:
    """Every schema is satisfied and the call is still not the right one: the failure that no validator sees."""
    return float(schema_valid(output, task) and not call_right(output, task))


def cut(output: Output, task: Task) -> float:
    """The token limit ended the text."""
    return float(output.finish_reason == "length")


CALL_SCORES: Mapping[str, Scorer] = {
    "parses": parses,
    "schema_valid": schema_valid,
    "name_right": name_right,
    "call_right": call_right,
    "wrong_but_valid": wrong_but_valid,
    "cut": cut,
}


def score(trials: pd.DataFrame, tasks: Sequence[Task], scorers: Mapping[str, Scorer] = CALL_SCORES) -> pd.DataFrame:
    """The trials with one column more a scorer; the rows of an unknown task are an error."""
    by_id = {task.id: task for task in tasks}
    foreign = sorted(set(trials["task"]) - by_id.keys())
    if foreign:
        raise WorkbookError(f"no task {foreign[0]!r} to score by", "Score with the tasks that the trials were run on.")
    judged = [(read_row(row), by_id[row["task"]]) for row in trials.to_dict("records")]
    columns = {name: [scorer(output, task) for output, task in judged] for name, scorer in scorers.items()}
    return trials.assign(**columns)


def read_row(row: Mapping[str, Any]) -> Output:
    """The output of one trial, without the name of its arm."""
    return Output(
        text=row["output"],
        calls=tuple(map(ToolCall.from_dict, row["calls"])),
        parses=bool(row["parses"]),
        problems=tuple(row["problems"]),
        prompt=row["prompt"],
        prompt_tokens=int(row["prompt_tokens"]),
        tokens=int(row["tokens"]),
        seconds=float(row["seconds"]),
        finish_reason=row["finish_reason"],
        attempts=int(row["attempts"]),
        offered=tuple(map(Tool.from_dict, row["offered"])),
    )
