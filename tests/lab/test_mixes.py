"""The sweep: what a plan trains on, how an exam is marked, and that it goes on where it was stopped."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import pytest

from workbook.finetune.general import TALK
from workbook.lab import mixes
from workbook.lab.mixes import CHARACTERS, read_results, reference_path, short_rows, sit, sweep, training_rows
from workbook.lab.mixes_plans import TRIAL, Exam, Plan, rate_plans, reference_plans
from workbook.models.loading import load_local

EXAM = Exam(each=2, talk=4, facts=4, heard=2)


def test_the_rows_for_tools_are_the_same_for_every_share():
    first, second = (training_rows(Plan(share, rows=20, pool=90), EXAM) for share in (0.0, 0.5))
    assert len(first) == 20
    assert len(second) == 40
    assert all(row in second for row in first)


def test_a_fixed_budget_trades_rows():
    assert len(training_rows(Plan(0.5, rows=20, fixed=True, pool=90), EXAM)) == 20


def test_general_rows_are_short():
    tools = training_rows(Plan(rows=20), EXAM)
    rows = [row for row in training_rows(Plan(0.5, rows=20, pool=90), EXAM) if row not in tools]
    assert len(short_rows(rows)) == len(rows) == 20
    assert max(len(row["messages"][0]["content"]) for row in rows) <= CHARACTERS


def test_a_mix_of_chat_has_no_other_general_rows():
    answers = {answer for _, known, _ in TALK.values() for answer in known}
    rows = training_rows(Plan(0.5, "talk", rows=20), EXAM)
    tools = training_rows(Plan(rows=20), EXAM)
    assert [row["messages"][-1]["content"] in answers for row in rows if row not in tools] == [True] * 20


def test_a_leaked_mix_holds_every_second_fact_of_the_exam_once():
    asked = [task.messages[0].content for task in mixes._items(EXAM)["facts"]]
    said = Counter(row["messages"][0]["content"] for row in training_rows(Plan(0.5, "leaked", rows=20, pool=90), EXAM))
    assert [said[one] for one in asked] == [1, 0, 1, 0]
    assert said.total() == 40


def test_a_trial_has_no_call_of_the_exam():
    asked = [
        {task.messages[0].content for task in mixes._items(exam)["office"] if task.kind == "call"}
        for exam in (TRIAL, Exam())
    ]
    assert len(asked[0]) == TRIAL.each
    assert not asked[0] & asked[1]


def test_the_untuned_base_knows_its_talk_and_calls_nothing(pocket):
    marks = sit(load_local("pocket-base", "cpu"), EXAM)
    assert marks["call"] == marks["ask"] == marks["decline"] == "00"
    assert (marks["talk"] + marks["facts"]).count("1") >= 6
    assert len(marks["nats"]) == 2
    assert max(marks["nats"]) < 1


def test_a_decline_says_that_no_tool_fits():
    from workbook.models.base import Reply

    task = next(task for task in mixes._items(EXAM)["office"] if task.kind == "decline")
    said = {text: mixes.JUDGES["decline"](Reply(text), task) for text in ("Sorry, no tool.", "AW.", "Which tool?")}
    assert said == {"Sorry, no tool.": True, "AW.": False, "Which tool?": False}


@pytest.mark.parametrize("name", ["mixes.jsonl", "mixes.jsonl.gz"])
def test_a_sweep_goes_on_where_it_was_stopped(pocket, tmp_path, monkeypatch, name):
    path, plans = tmp_path / name, [Plan(rows=4, epochs=1), Plan(0.5, rows=4, epochs=1, pool=40)]
    first = next(sweep(plans, EXAM, path))
    assert read_results(path) == [first]
    ran = []
    monkeypatch.setattr(mixes, "run", lambda plan, exam: ran.append(plan) or {**first, "plan": json.loads(plan.key)})
    assert [row["plan"]["share"] for row in sweep(plans, EXAM, path)] == [0.0, 0.5]
    assert ran == plans[1:]
    list(sweep(plans[:1], Exam(each=1, talk=1, facts=1, heard=1), path))
    assert len(ran) == 2, "another exam is another result"


def test_there_are_no_results_before_the_first():
    assert read_results(reference_path().with_name("nothing.jsonl")) == []


def test_the_reference_is_of_the_shipped_base_and_every_item_is_marked(pocket):
    rows = read_results(reference_path())
    assert rows, "workbook run 08 --profile full --set results=data/results/mixes/runs.jsonl.gz"
    assert {row["sha256"] for row in rows} == {load_local("pocket-base", "cpu").fingerprint}
    for row in rows:
        exam = Exam(**row["exam"])
        sizes = [len(row[name]) for name in ("call", "talk", "facts", "nats")]
        assert sizes == [exam.each, exam.talk, exam.facts, exam.heard]
        assert set(row["call"] + row["talk"]) <= {"0", "1"}


def test_the_reference_is_what_the_full_profile_makes_and_nothing_else():
    for exam, plans in ((Exam(), reference_plans()), (TRIAL, rate_plans())):
        kept = [Plan(**row["plan"]).key for row in read_results(reference_path(), exam)]
        assert sorted(kept) == sorted(plan.key for plan in plans)
    assert len(read_results(reference_path())) == len(reference_plans()) + len(rate_plans())


def test_a_row_from_before_a_field_was_thought_of_is_known_again():
    row = {"plan": asdict(Plan()), "exam": asdict(EXAM), "sha256": "x"}
    older = {**row, "plan": {name: value for name, value in row["plan"].items() if name != "words"}}
    assert mixes._key(older) == mixes._key(row)
