"""What other programs get: one JSON document, and a deck that Anki's own format holds."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from workbook.core.errors import WorkbookError
from workbook.study.bank import load_bank
from workbook.study.figures import measured
from workbook.study.interview import opened
from workbook.study.interview_turn import Interview, Turn, read_interview
from workbook.study.progress import Guess, Progress, Review
from workbook.study.quiz_export import export_anki, export_json, notes


def test_json_holds_every_question_filled_in_and_the_progress(tmp_path: Path):
    store, path = Progress(None), tmp_path / "new" / "bank.json"
    store.review(Review("a#choice", "2026-01-01T10:00:00+00:00", 1.0), lambda row: {"due": "then"})
    store.update("01.a", lambda before: replace(before, passed=True))
    store.commit("01.b", Guess(70.0, 0.5))
    opened(
        Interview("2026-01-01T10:00:00+00:00", ("01.automata",), 5, turns=(Turn("01.automata", said="it masks"),)),
        store,
    )
    assert export_json(path, store) == len(load_bank())
    text = path.read_text()
    document = json.loads(text)
    assert [question["id"] for question in document["questions"]] == list(load_bank())
    assert "{claim:" not in text
    assert document["cards"] == {"a#choice": {"due": "then"}}
    assert document["reviews"][0]["score"] == 1.0
    assert document["exercises"]["01.a"]["passed"] is True
    assert document["guesses"] == {"01.b": {"value": 70.0, "confidence": 0.5}}
    assert read_interview(document["interviews"][0]).turns[0].said == "it masks"
    first = document["questions"][0]
    assert first["rubric"][0]["points"] > 0
    assert first["follow_ups"][0]["ask"].endswith("?")


def collection(path: Path, tmp_path: Path) -> list[tuple[str, str, str]]:
    """Guid, fields and tags of every note of a deck."""
    with zipfile.ZipFile(path) as package:
        package.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as database:
        return database.execute("SELECT guid, flds, tags FROM notes ORDER BY id").fetchall()


def test_the_deck_has_a_card_for_each_question_and_each_choice(tmp_path: Path):
    path = tmp_path / "bank.apkg"
    bank = load_bank()
    expected = [
        id for question in bank.values() for id in (question.id, *([f"{question.id}#choice"] * bool(question.choice)))
    ]
    assert export_anki(path) == len(expected)
    found = collection(path, tmp_path)
    assert [fields.split("\x1f")[0] for _, fields, _ in found] == expected
    assert not [fields for _, fields, _ in found if "{claim:" in fields or "{{" in fields]
    assert all(any(question.topic in tags for question in bank.values()) for _, _, tags in found)


def test_a_later_export_renews_the_same_notes(tmp_path: Path):
    guids = []
    for name in ("one", "two"):
        export_anki(tmp_path / name)
        guids.append([guid for guid, _, _ in collection(tmp_path / name, tmp_path)])
    assert guids[0] == guids[1]
    assert len(set(guids[0])) == len(guids[0])


def test_the_front_does_not_give_the_answer_away():
    question = load_bank()["02.tool_choice"]
    assert question.choice is not None
    open_one, choice = notes(question, measured())
    right = question.choice.options[question.choice.letters.index(question.choice.right)]
    assert right.text in choice[1]
    assert right.why not in choice[1]
    assert right.why in choice[2]
    assert question.short[:20] not in open_one[1]
    assert "<h3" in open_one[2]


def test_a_file_that_cannot_be_written_is_an_error():
    with pytest.raises(WorkbookError, match="cannot write /dev/null/bank"):
        export_json(Path("/dev/null/bank.json"), Progress(None))
    with pytest.raises(WorkbookError, match="cannot write /dev/null/bank"):
        export_anki(Path("/dev/null/bank.apkg"))
