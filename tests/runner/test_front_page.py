"""The made parts of README.md: which claims they show, in which words, and where they are put."""

from __future__ import annotations

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.lab.claims import load_claims
from workbook.runner.front_page import MOST, PARTS, START, chosen, learned, renewed, topic_table
from workbook.study.topics import Topic

PLACES = "\n".join(f"<!-- {name}: made by `make readme` -->\nold\n<!-- end of {name} -->" for name in PARTS)


def row(id, verdict, **other):
    claim = load_claims()[id]
    about = {"id": id, "claim": claim.claim, "notebook": claim.notebook, "kind": claim.kind, "unit": claim.unit}
    return {**about, "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 90, "verdict": verdict, **other}


def ids(rows):
    return [one["id"] for one in chosen(rows)]


def test_a_notebook_shows_its_most_telling_claim():
    assert ids([row("q1.prompting_95", "holds"), row("q1.grammar_100", "fails")]) == ["q1.grammar_100"]
    assert ids([row("q1.prompting_95", "depends"), row("q1.grammar_100", "holds")]) == ["q1.prompting_95"]


def test_what_tells_nothing_is_left_out():
    open_ones = [row("q1.injection", "not distinguishable"), row("c1.drift_breaks", None, n=None, estimate=None)]
    wordless = row("q3.validation", "holds")
    assert not load_claims()["q3.validation"].said
    assert ids([*open_ones, wordless, row("c4.sandbox", "fails")]) == ["c4.sandbox"]


def test_there_are_at_most_so_many_in_the_order_of_the_notebooks():
    many = [row(claim.id, "holds") for claim in load_claims().values() if claim.said]
    found = [one["notebook"] for one in chosen(reversed(many))]
    assert found == sorted(set(found))
    assert len(found) <= MOST


def test_a_line_has_claim_words_interval_and_verdict():
    text = learned([row("c4.sandbox", "fails"), row("q2.under_the_hood", "fails", n=None)])
    assert "How 2 claims stand: fail 1, documented with their sources 1." in text
    assert "**50 % [40 %, 60 %], n = 90** | ✗ fails |" in text
    assert "Running tools in a sandbox stops it." in text
    assert text.count("\n| [") == 1


def test_a_topic_without_a_notebook_is_planned():
    table = topic_table([START, Topic("99_later", "Q9", "Later?", 40, False)], repo_root())
    assert "| 00 | What is this, and how do I use it? | [Start here](notebooks/00_start_here.ipynb) | 15 |" in table
    assert "| 99 | Later? | planned | 40 |" in table


def test_what_stands_around_the_made_parts_stays():
    made = renewed(f"before\n{PLACES}\nafter")
    assert made.startswith("before\n")
    assert made.endswith("\nafter")
    assert "\nold\n" not in made
    assert renewed(made) == made


def test_a_readme_without_a_place_is_refused():
    with pytest.raises(WorkbookError, match="no place for 'topics'"):
        renewed(PLACES.replace("end of topics", "end"))


def test_runs_of_this_machine_do_not_show(tmp_path, monkeypatch):
    before = renewed(PLACES)
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text('{"id": "c4.sandbox", "estimate": 0.0, "low": 0.0, "high": 0.1, "n": 7, "profile": "full"}\n')
    monkeypatch.setenv("WORKBOOK_LEDGER", str(ledger))
    assert renewed(PLACES) == before
