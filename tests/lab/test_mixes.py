"""The sweep: what a plan trains on, how an exam is marked, and that it goes on where it was stopped."""

from __future__ import annotations

import json
from collections import Counter

from workbook.lab import mixes
from workbook.lab.mixes import (
    CHARACTERS,
    SHARES,
    Exam,
    Plan,
    read_results,
    reference_path,
    reference_plans,
    short_rows,
    sit,
    sweep,
    training_rows,
)
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


def test_leaked_rows_are_the_exams_own_and_only_every_second_one():
    rows = mixes.leaked_rows(EXAM, 7)
    asked = [task.messages[0].content for task in mixes._items(EXAM)["facts"]]
    assert Counter(row["messages"][0]["content"] for row in rows) == {asked[0]: 4, asked[2]: 3}


def test_the_reference_has_every_share_with_every_seed_and_no_plan_twice():
    plans = reference_plans(3)
    assert len({plan.key for plan in plans}) == len(plans)
    assert {(share, seed) for share in SHARES for seed in range(3)} <= {(one.share, one.seed) for one in plans}


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


def test_a_sweep_goes_on_where_it_was_stopped(pocket, tmp_path, monkeypatch):
    path, plans = tmp_path / "mixes.jsonl", [Plan(rows=4, epochs=1), Plan(0.5, rows=4, epochs=1, pool=40)]
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


def test_the_reference_is_of_the_shipped_base_and_has_no_plan_twice(pocket):
    rows = read_results(reference_path())
    assert rows, "workbook run 08 --profile full --set results=data/results/mixes/runs.jsonl"
    assert {row["sha256"] for row in rows} == {load_local("pocket-base", "cpu").fingerprint}
    assert len({Plan(**row["plan"]).key for row in rows}) == len(rows)
    exam = Exam(**rows[0]["exam"])
    for row in rows:
        assert row["exam"] == rows[0]["exam"]
        assert [len(row[name]) for name in ("call", "talk", "facts", "nats")] == [
            exam.each,
            exam.talk,
            exam.facts,
            exam.heard,
        ]
        assert set(row["talk"]) <= {"0", "1"}
