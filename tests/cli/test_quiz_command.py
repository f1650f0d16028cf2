"""``workbook quiz`` as a person types it, and as a script pipes into it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.question import TOPICS
from workbook.study.quiz import round_of

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A person with a fresh home."""
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(progress, "_open", {})
    return tmp_path


def ask(typed: str, *options: str) -> str:
    shown = RUNNER.invoke(app, ["quiz", *options], input=typed, catch_exceptions=False)
    assert shown.exit_code == 0
    return shown.stdout


def test_a_round_is_asked_graded_and_remembered():
    asked = round_of("security", n=3, seed=1)
    shown = ask("?\n" * 3, "--topic", "security", "--n", "3", "--seed", "1")
    assert "3 of 3" in shown
    assert "0.0 of 3 points" in shown
    assert [review.id for review in progress.current().reviews()] == [drill.id for drill in asked]


def test_a_right_letter_earns_the_point():
    (drill,) = round_of("interfaces", n=1, seed=0)
    assert drill.kind == "choice"
    right = next(letter for letter in "abcd" if drill.grade(letter).score == 1)
    assert "1.0 of 1 points" in ask(f"{right}\n", "--topic", "interfaces", "--n", "1", "--seed", "0")


def test_what_cannot_be_read_is_asked_again():
    shown = ask("nonsense, all of it\n?\n", "--topic", "interfaces", "--n", "1", "--seed", "0")
    assert "is no option. Type one of a, b, c" in shown
    assert "0.0 of 1 points" in shown


@pytest.mark.parametrize("typed", ["", "q\n"])
def test_the_end_of_the_input_or_a_q_ends_the_round(typed: str):
    assert "Nothing was answered." in ask(typed, "--n", "2")
    assert progress.current().reviews() == []


def test_a_round_may_end_in_the_middle():
    assert "0.0 of 1 points" in ask("?\n", "--n", "5", "--seed", "2")


def test_an_unknown_topic_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'loops'"):
        ask("", "--topic", "lops")


@pytest.mark.parametrize(("format", "count"), [("json", "91 questions"), ("anki", "182 notes")])
def test_an_export_says_how_many_and_where(tmp_path: Path, format: str, count: str):
    out = tmp_path / "bank"
    shown = RUNNER.invoke(app, ["quiz", "export", "--format", format, "--out", str(out)], catch_exceptions=False)
    assert shown.exit_code == 0
    assert shown.stdout == ""
    assert f"{count} in {out}" in shown.stderr
    assert out.stat().st_size > 10_000
    if format == "json":
        assert json.loads(out.read_text())["version"] == 1


def test_an_unknown_format_is_refused(tmp_path: Path):
    shown = RUNNER.invoke(app, ["quiz", "export", "--format", "xml", "--out", str(tmp_path / "x")])
    assert shown.exit_code == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("command", [["quiz"], ["quiz", "export"]])
def test_help_has_an_example(command: list[str]):
    assert "Example: workbook quiz" in RUNNER.invoke(app, [*command, "--help"]).stdout


def test_help_names_every_topic():
    shown = " ".join(RUNNER.invoke(app, ["quiz", "--help"], terminal_width=200).stdout.split())
    assert all(topic in shown for topic in TOPICS)
