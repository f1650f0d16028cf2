"""When2Call scored: by answer and by token, what is chosen for what, and models that cannot be asked."""

from __future__ import annotations

import json

import pytest
from toys import toy_model
from typer.testing import CliRunner
from when2call_rows import write

from workbook.cli.main import app
from workbook.core.errors import UsageError, WorkbookError
from workbook.lab import when2call
from workbook.lab.when2call import Chosen, evaluate_when2call, macro_f1, metrics
from workbook.models.base import ModelError
from workbook.models.likelihood import Likelihood, TooLong
from workbook.suites.when2call import load_when2call

WORDS = {"It never rains in Rome.": (-9, 9), "Which city do you mean?": (-8, 2), "I cannot look that up.": (-7, 1)}
"""The refusal is the likeliest whole, and the words are per token."""


@pytest.fixture
def rows(tmp_path):
    write(tmp_path)
    return load_when2call(tmp_path)[0]


def test_the_whole_answer_and_its_mean_choose_differently(rows, monkeypatch):
    def known(model, messages, tools, answer):
        return Likelihood(*WORDS.get(answer.content, (-20, 4)))

    monkeypatch.setattr(when2call, "answer_likelihood", known)
    document = evaluate_when2call(toy_model(), rows[:3])
    assert document["metrics"]["accuracy"]["estimate"] == pytest.approx(1 / 3)
    assert document["metrics"]["accuracy.cannot_answer"]["estimate"] == 1
    assert document["metrics"]["accuracy_per_token"]["estimate"] == 0
    assert document["confusion"]["tool_call"] == {"direct": 1}


def test_shares_and_f1(rows):
    call, ask, cannot, _ = rows
    chosen = [
        Chosen(call, "tool_call", "tool_call"),
        Chosen(ask, "direct", "tool_call"),
        Chosen(cannot, "x", "tool_call"),
    ]
    found = metrics(chosen)
    assert found["tool_hallucination"] == found["tool_hallucination"] | {"estimate": 1.0, "n": 1}
    assert found["accuracy_per_token.tool_call"]["estimate"] == 1
    assert "accuracy.direct" not in found
    assert macro_f1(chosen) == pytest.approx((2 * 1 / (1 + 3)) / 3)


def test_a_row_that_does_not_fit_is_wrong_and_named(rows, monkeypatch):
    def long(*_):
        raise TooLong("too long")

    monkeypatch.setattr(when2call, "answer_likelihood", long)
    document = evaluate_when2call(toy_model(), rows)
    assert document["too_long"] == ["a", "b", "c", "d"]
    assert document["metrics"]["accuracy"]["estimate"] == 0


def test_a_model_that_gives_no_log_probabilities_is_refused(rows):
    class Server:
        name = "served"

    with pytest.raises(ModelError, match="served gives no log-probabilities") as caught:
        evaluate_when2call(Server(), rows)
    assert "local model" in caught.value.remedy
    with pytest.raises(WorkbookError, match="no row"):
        evaluate_when2call(toy_model(), [])


def test_the_command(tmp_path, pocket):
    write(tmp_path)
    command = ["eval", "when2call", "--data", str(tmp_path), "--model", pocket]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["n"] == 4
    assert len(document["left_out"]) == 3
    assert "accuracy" in CliRunner().invoke(app, [*command, "--limit", "1"]).stdout
    assert isinstance(CliRunner().invoke(app, [*command, "--decoding", "grammar"]).exception, UsageError)
