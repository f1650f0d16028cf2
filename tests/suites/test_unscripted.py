"""The rows of our own in BFCL's form: whole, answerable by their own rules, and kept out of training."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.chat import ToolCall
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.finetune.near import NearIndex, evaluation_requests
from workbook.models import hermes
from workbook.models.base import Completion
from workbook.suites.bfcl import BfclRow, load_bfcl, unscripted
from workbook.suites.bfcl_checker import calls_error

SET = load_bfcl(unscripted())
CALLS = [row for row in SET.rows if row.wants_call]


def right_calls(row: BfclRow) -> list[ToolCall]:
    """The calls that its answers name first; what may be left out is left out."""
    return [ToolCall(name, first(given)) for answer in row.answers for name, given in answer.items()]


def first(given: dict[str, list[Any]]) -> dict[str, Any]:
    """The first value of each argument, within objects too."""
    needed = {key: values[0] for key, values in given.items() if "" not in values}
    return {key: first(value) if isinstance(value, dict) else value for key, value in needed.items()}


def test_all_are_read_and_no_two_are_alike() -> None:
    assert SET.left_out == ()
    assert Counter(row.category for row in SET.rows) == {"simple_python": 50, "multiple": 30, "irrelevance": 20}
    requests = [row.messages[-1].content for row in SET.rows]
    seen = NearIndex()
    for request in requests:
        assert request not in seen
        seen.add(request)


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.id)
def test_an_answer_fits_its_schema_and_passes_its_own_rules(row: BfclRow) -> None:
    calls = right_calls(row)
    assert [error for call in calls for error in call_errors(call, row.tools)] == []
    assert calls_error(calls, row.functions, row.answers, row.language) == ""


def test_one_of_several_functions_is_right_and_the_others_are_there() -> None:
    for row in CALLS:
        assert (len(row.tools) > 1) == (row.category == "multiple")
        assert {call.name for call in right_calls(row)} < {tool.name for tool in row.tools} or len(row.tools) == 1


def test_training_rows_are_checked_against_them() -> None:
    known = NearIndex(evaluation_requests(data_dir() / "tasks"))
    assert all(row.messages[-1].content in known for row in SET.rows)


class Silent:
    """A model that never calls."""

    name, fingerprint = "silent", "0"

    def render(self, messages: Any, tools: Any = ()) -> str:
        return messages[-1].content

    def parse(self, text: str) -> Any:
        return hermes.parse(text)

    def complete(self, prompts: Any, **_: Any) -> list[Completion]:
        return [Completion("I cannot.", (), "stop", 9, 0.0) for _ in prompts]


def test_the_command_scores_them_without_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.models.load_model", lambda *_: Silent())
    done = CliRunner().invoke(app, ["eval", "bfcl", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["n"] == len(SET.rows)
    assert document["metrics"]["accuracy.irrelevance"]["estimate"] == 1
    assert document["metrics"]["declined"]["estimate"] == 1
