"""Prose with numbers from the run."""

import pytest

import workbook.lab.record as recording
from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval, wilson
from workbook.lab.prose import NOT_MEASURED, fill, finding, say
from workbook.lab.record import record

NUMBERS = {"q1.parses.prompt": Interval(0.5, 0.4, 0.6, 60), "tasks": 60, "tokens": Interval(1234.5, 1000, 1500, 60)}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, ledger, tmp_path):
    monkeypatch.setattr(recording, "_recorded", {})
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It parses in {q1.parses.prompt}.", "It parses in 50 % [40 %, 60 %]."),
        ("{q1.parses.prompt.estimate} of {q1.parses.prompt.n}", "50 % of 60"),
        ("from {q1.parses.prompt.low} to {q1.parses.prompt.high}", "from 40 % to 60 %"),
        ("{tasks} tasks", "60 tasks"),
        ("{tokens:tokens}", "1,234 tokens [1,000, 1,500]"),
        ("{tokens.estimate:tokens}", "1,234 tokens"),
        ('JSON stays: {"name": 1}, {}', 'JSON stays: {"name": 1}, {}'),
        ("{q1.grammar_100}", NOT_MEASURED),
        ("{q1.grammar_100.verdict}", NOT_MEASURED),
        ("{q4.beats_gpt4} {q4.beats_gpt4.verdict}", "+4.0 points depends"),
    ],
)
def test_fill(text, expected):
    assert fill(text, NUMBERS) == expected


def test_this_runs_record_comes_before_the_ledger(shown):
    record("q1.prompting_95", wilson(30, 60), model="m", profile="full")
    record("q1.prompting_95", wilson(20, 20), model="m", profile="ci")
    assert fill("{q1.prompting_95.estimate} {q1.prompting_95.verdict}") == "100 % not distinguishable"


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(WorkbookError, match=r"Did you mean 'q1.parses.prompt'"):
        fill("{q1.parses.promt}", NUMBERS)


def test_say_displays_markdown(shown):
    say("**{tasks}**", NUMBERS)
    assert shown[0].data == "**60**"


def test_a_finding_is_bold_only_where_zero_is_outside():
    assert finding("It adds", Interval(0.2, 0.1, 0.3, 9)) == "**It adds**"
    assert finding("It adds", Interval(0.2, -0.1, 0.3, 9)).startswith("It adds (zero is inside")
