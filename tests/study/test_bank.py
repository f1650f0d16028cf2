"""Reading the bank: what a file holds, and the error that each likely mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.study.bank import find_question, load_bank, of_topic, read_question
from workbook.study.figures import filled
from workbook.study.question_page import as_html, page, show_question

TEXT = """\
---
id: 01.made
question: Why is this made?
topic: grammars
notebook: 01_grammars_vs_prompting
level: senior
kind: question
claims: [q1.grammar_100]
sources:
  Paper: arXiv 1234.56789
rubric:
  - 3: Says why.
  - 2: Says how.
follow_ups:
  - ask: And then?
    answer: Then this [Paper].
    then:
      - ask: And after that?
        answer: Nothing more.
red_flags:
  - Says nothing.
choice:
  ask: Which?
  right: b
  options:
    - {text: This one here, why: No.}
    - {text: That one, why: Yes.}
    - {text: None of them, why: No.}
number: {ask: How many?, unit: "%", low: 0, high: 100, why: Because., value: 12.5, source: Paper}
steps: {ask: In which order?, order: [one, two, three, four], why: So.}
---

## 30 seconds

Short. Ours: {claim:q1.grammar_100}.

## 3 minutes

Long.

## Whiteboard

```mermaid
flowchart LR
a["one"]
```
"""
PATH = Path("01_made.md")


def test_every_field_is_read():
    question = read_question(TEXT, PATH)
    assert (question.id, question.topic, question.most) == ("01.made", "grammars", 5)
    assert [one.ask for one in question.follow_ups[0].walk()] == ["And then?", "And after that?"]
    assert question.choice is not None
    assert (question.choice.right, question.choice.letters) == ("b", "abc")
    assert question.choice.options[1].why == "Yes."
    assert question.number is not None
    assert (question.number.value, question.number.unit) == (12.5, "%")
    assert question.steps is not None
    assert question.steps.order == ("one", "two", "three", "four")
    assert question.sources == {"Paper": "arXiv 1234.56789"}
    assert question.whiteboard == 'flowchart LR\na["one"]'


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("---\nid", "id", 1, "no front matter"),
        ("question: Why is this made?", "question: Why: is this made?", 3, "not YAML"),
        ("level: senior", "level: expert", 6, "unknown level 'expert'"),
        ("topic: grammars", "topic: grammar", 4, "Did you mean 'grammars'?"),
        ("red_flags", "redflags", 20, "Did you mean 'red_flags'?"),
        ("    answer: Then", "    anwser: Then", 16, "Did you mean 'answer'?"),
        ("  right: b\n", "", 23, "a choice needs the field 'right'"),
        ("## 30 seconds\n\nShort", "Short", 2, "a question needs the section '30 seconds'"),
        ("## 3 minutes", "### 3 minutes", 2, "a question needs the section '3 minutes'"),
        ("## 3 minutes", "## Three minutes", 37, "'Three minutes' is no section"),
        ("## 3 minutes", "## 30 seconds", 37, "'30 seconds' stands twice"),
        ("```mermaid", "```", 41, "the whiteboard is no figure"),
        ("  - 3: Says why.", "  - Says why.", 2, "`- POINTS: what`"),
        ("low: 0", "low: none", 29, "low is a number"),
        ("question: Why is this made?", "question: 12", 3, "a text is expected, not '12'"),
        ("red_flags:\n  - Says nothing.", "red_flags: Says nothing.", 20, "red_flags is a list"),
        ("kind: question", "kind: question\nkind: design", 2, "a field stands twice"),
        ("id: 01.made", "id: 01.other", 2, "By its file name it is '01.made'"),
        ("sources:\n  Paper: arXiv 1234.56789", "sources: Paper", 9, "sources are a mapping"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: str, new: str, line: int, words: str):
    assert old in TEXT
    with pytest.raises(WorkbookError) as caught:
        read_question(TEXT.replace(old, new, 1), PATH)
    assert f"01_made.md, line {line}: " in str(caught.value)
    assert words in str(caught.value)


def test_a_folder_without_questions_says_where_it_looked(tmp_path: Path):
    with pytest.raises(WorkbookError, match="no questions under"):
        load_bank(tmp_path)


def test_a_changed_file_is_read_anew(tmp_path: Path):
    import os

    path = tmp_path / PATH
    path.write_text(TEXT)
    assert load_bank(tmp_path)["01.made"].level == "senior"
    path.write_text(TEXT.replace("level: senior", "level: staff"))
    os.utime(path, ns=(1, 1))
    assert load_bank(tmp_path)["01.made"].level == "staff"


def test_unknown_names_name_the_nearest():
    bank = {"01.made": read_question(TEXT, PATH)}
    with pytest.raises(UsageError, match=r"Did you mean '01\.made'"):
        find_question("01.maed", bank)
    with pytest.raises(UsageError, match="Did you mean 'loops'"):
        of_topic(bank, "loop")
    assert of_topic(bank, "loops") == []
    assert len(of_topic(bank, "grammars")) == len(of_topic(bank, None)) == 1


def row(**changes: object) -> dict[str, object]:
    plain = {"kind": "measured", "unit": "share", "estimate": 0.62, "low": 0.5, "high": 0.73, "n": 60}
    return {**plain, "model": "pocket", "profile": "study", "verdict": "fails", **changes}


def test_a_number_of_ours_comes_with_interval_n_model_and_verdict():
    shown = filled("Ours: {claim:a.b}.", {"a.b": row()})
    assert shown == "Ours: 62 % [50 %, 73 %] (n = 60, pocket, study; fails)."


def test_a_claim_without_a_measurement_says_so_and_an_unknown_one_is_an_error():
    assert filled("Ours: {claim:a.b}.", {"a.b": row(n=None, estimate=None)}) == "Ours: not measured yet."
    documented = row(kind="documented", estimate=0.04, unit="points", n=None, model="theirs", verdict="depends")
    assert filled("{claim:a.b}", {"a.b": documented}) == "+4.0 points (theirs; documented, depends)"
    assert filled("{claim:a.b}", {"a.b": documented | {"estimate": None}}) == "(theirs; documented, depends)"
    with pytest.raises(UsageError, match="unknown claim"):
        filled("{claim:a.c}", {"a.b": row()})


def test_the_page_holds_everything():
    shown = page(read_question(TEXT, PATH), {"q1.grammar_100": row()})
    for words in (
        "62 % [50 %",
        "### In 3 minutes",
        "flowchart LR",
        "  - *And after that?*",
        "- 3: Says why.",
        "[Paper]",
    ):
        assert words in shown


def test_a_question_is_shown_folded():
    first = next(iter(load_bank()))
    card = show_question(first)
    assert card.title == load_bank()[first].question
    assert card.markdown().startswith("<details>")
    assert "{claim:" not in card.body


def test_tags_in_a_text_are_shown_and_not_obeyed():
    assert as_html("**bold** <script>") == "<p><strong>bold</strong> &lt;script&gt;</p>\n"
