"""The evaluation on BFCL: the official score, and what it hides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bfcl_rows import DROP, row, write
from toys import toy_model
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.errors import WorkbookError
from workbook.lab.bfcl import evaluate_bfcl, judge
from workbook.models import hermes
from workbook.models.base import Completion
from workbook.suites.bfcl import BfclSet, load_bfcl

CALL = '<tool_call>\n{"name": "physics.drop", "arguments": %s}\n</tool_call>'


class Said:
    """A model whose replies are known, by the last words of the request."""

    name, fingerprint = "said", "0"

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies

    def render(self, messages: Any, tools: Any = ()) -> str:
        return messages[-1].content

    def parse(self, text: str) -> Any:
        return hermes.parse(text)

    def complete(self, prompts: Sequence[str], **_: Any) -> list[Completion]:
        return [Completion(self.replies.get(prompt, "I cannot."), (), "stop", 9, 0.0) for prompt in prompts]


@pytest.fixture
def chosen(tmp_path: Path) -> BfclSet:
    return load_bfcl(write(tmp_path))


def test_the_score_and_what_it_hides(chosen: BfclSet) -> None:
    found = evaluate_bfcl(
        Said({
            "How far does it fall in 3 s, in metres?": CALL % '{"seconds": 3, "unit": "M"}',
            "And in 4 s?": CALL % '{"seconds": 5.0}',
            "How far in 1 s and in 2 s?": CALL % "{broken",
            "What is the capital of Peru?": CALL % "{broken",
        }),
        chosen,
    )  # fmt: skip
    shares = {name: metric["estimate"] for name, metric in found["metrics"].items()}
    assert shares["accuracy.simple_python"] == 0.5
    assert shares["accuracy.parallel"] == shares["accuracy.live_relevance"] == 0
    assert shares["accuracy.irrelevance"] == 1, "nothing decodes, so it passes"
    assert shares["unparsed_but_right"] == 1, "and that is said"
    assert shares["accuracy"] == pytest.approx(2 / 5)
    assert (shares["wrong_but_valid"], shares["unparsed"], shares["declined"]) == (0.25, 0.25, 0.25)
    assert shares["accuracy.over_10"] == 0
    assert found["metrics"]["accuracy"]["n"] == found["n"] == 5
    assert found["errors"]["simple_python"] == {"value": 1}
    assert found["left_out"] == ["multi_turn_base: not of one turn"]
    assert "simple_python_0" not in found["failures"]


def test_a_call_that_does_not_fit_its_schema_is_not_wrong_but_valid(chosen: BfclSet) -> None:
    reply = hermes.parse(CALL % '{"seconds": "long"}')
    assert judge(chosen.rows[0], reply).outcome == "invalid"


def test_a_reply_that_was_cut_is_unparsed(chosen: BfclSet) -> None:
    assert judge(chosen.rows[0], hermes.parse("Well"), cut=True).outcome == "unparsed"
    assert judge(chosen.rows[0], hermes.parse("Well")).outcome == "declined"


def test_no_rows_are_no_score() -> None:
    with pytest.raises(WorkbookError, match="no row"):
        evaluate_bfcl(Said({}), BfclSet(()))


def test_a_prompt_beyond_the_context_is_a_wrong_row_and_not_an_end(tmp_path: Path) -> None:
    answers = [{"id": "simple_python_0", "ground_truth": [{"physics.drop": {"seconds": [3]}}]}]
    folder = write(tmp_path, {"simple_python": ([row("simple_python_0", "word " * 3000)], answers)})
    found = evaluate_bfcl(toy_model(), load_bfcl(folder), max_new_tokens=4)
    assert found["errors"] == {"simple_python": {"too long": 1}}
    assert found["metrics"]["accuracy"]["estimate"] == 0


def test_a_schema_that_no_grammar_can_be_made_of_leaves_the_others_theirs(tmp_path: Path) -> None:
    wild = json.loads(json.dumps(DROP).replace("physics.drop", "wild"))
    wild["parameters"]["properties"]["seconds"] = {"type": "string", "enum": ["x" * 70_000]}
    rows = [row(f"simple_python_{n}", "How far?", [wild if n == 1 else DROP]) for n in range(3)]
    answers = [{"id": one["id"], "ground_truth": [{"physics.drop": {"seconds": [3]}}]} for one in rows]
    found = evaluate_bfcl(
        toy_model(), load_bfcl(write(tmp_path, {"simple_python": (rows, answers)})), "grammar", max_new_tokens=8
    )
    assert found["n"] == 3
    assert set(found["unconstrained"]) <= {"simple_python_1"}


def test_the_command_prints_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.models.load_model", lambda *_: Said({}))
    command = ["eval", "bfcl", "--data", str(write(tmp_path)), "--categories", "irrelevance,parallel", "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert set(document["metrics"]) >= {"accuracy", "accuracy.irrelevance", "accuracy.parallel"}
    assert document["metrics"]["accuracy"]["estimate"] == 0.5


def test_the_command_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["eval", "bfcl", "--data", str(tmp_path)])
    assert done.exit_code != 0
    assert "Expected" in done.exception.remedy
