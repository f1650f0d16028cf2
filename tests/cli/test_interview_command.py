"""``workbook interview`` in a pipe: it asks, keeps what was said, goes on, and writes its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.study.interview import interviews
from workbook.study.progress import Progress, current


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    return tmp_path / "home"


def sit(typed: str, *options: str) -> Any:
    return CliRunner().invoke(app, ["interview", *options], input=typed)


def store() -> Progress:
    return current()


def test_a_whole_answer_leads_to_a_report(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    done = sit("First line.\nSecond.\n\n2\n1\n/end\n", "--topic", "grammars", "--seed", "1", "--out", str(report))
    assert done.exit_code == 0, done.output
    assert "The rubric" in done.output
    assert "> First line.\n> Second." in report.read_text()
    assert "The rubric" in done.output[done.output.index("expect") :], "the rubric is shown after the guess"


def test_what_was_said_is_kept_when_the_input_ends(tmp_path: Path) -> None:
    assert sit("Half an answer.\n", "--topic", "grammars", "--seed", "1").exit_code == 1
    [left] = interviews(store())
    assert (left.turns[0].said, left.ended) == ("Half an answer.", False)
    gone_on = sit("\n0\n0\n/end\n", "--out", str(tmp_path / "r.md"))
    assert gone_on.exit_code == 0, gone_on.output
    assert "You had said" in gone_on.output
    assert "Half an answer." in (tmp_path / "r.md").read_text()


def test_what_does_not_fit_is_asked_again(tmp_path: Path) -> None:
    done = sit("Words.\n\nmany\n99\n1\nfirst\n77\n1\n/end\n", "--topic", "grammars", "--out", str(tmp_path / "r.md"))
    assert done.exit_code == 0, done.output
    assert done.output.count("Type numbers") == 2
    assert "This rubric gives" in done.output
    assert "no line 77" in done.output


def test_options_for_another_interview_need_new(tmp_path: Path) -> None:
    sit("", "--topic", "grammars")
    refused = CliRunner().invoke(app, ["interview", "--topic", "loops"])
    assert refused.exit_code != 0
    assert "under way" in str(refused.exception)
    assert sit("/end\n", "--topic", "loops", "--new", "--out", str(tmp_path / "r.md")).exit_code == 0
    assert [one.topic for one in interviews(store())] == ["grammars", "loops"]


def test_a_new_interview_that_is_refused_leaves_the_old_one() -> None:
    sit("", "--topic", "grammars")
    assert CliRunner().invoke(app, ["interview", "--topic", "lops", "--new"]).exit_code != 0
    assert [one.ended for one in interviews(store())] == [False]


def test_an_unknown_topic_names_the_nearest() -> None:
    refused = CliRunner().invoke(app, ["interview", "--topic", "gramars"])
    assert "grammars" in str(refused.exception.remedy)


def test_the_report_goes_to_the_data_folder_by_default(home: Path) -> None:
    assert sit("Something.\n\n1\n1\n/end\n", "--topic", "loops").exit_code == 0
    [report] = (home / "interviews").glob("*.md")
    assert "Mock interview" in report.read_text()
    assert report.with_suffix(".svg").read_text().startswith("<svg")
