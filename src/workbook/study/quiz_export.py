"""The bank and a learner's progress, for other programs: JSON, and a deck for Anki.

Numbers of ours are those of the ledger on the day of the export. Leaves out reading either back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import aside
from workbook.study.bank import load_bank
from workbook.study.drills import drills_of
from workbook.study.figures import Rows, filled, measured
from workbook.study.progress import Progress, current
from workbook.study.question import TOPICS, Question
from workbook.study.question_page import as_html, page

DECK, MODEL = 1_630_417_201, 1_630_417_202
"""Ids that Anki knows the deck and the kind of note by: fixed, so that a later export renews the same cards."""
FIELDS = ("Id", "Front", "Back")


def export_json(path: Path, store: Progress | None = None) -> int:
    """Write questions with their answers, and all progress, as one document; returns the number of questions.

    Progress: drills' cards and reviews, exercises, guesses, and mock interviews with every answer that was typed.
    """
    store, rows, bank = store or current(), measured(), load_bank()
    document = {
        "version": 1,
        "topics": dict(TOPICS),
        "questions": [_filled(asdict(question), rows) for question in bank.values()],
        "cards": store.cards(),
        "reviews": [asdict(review) for review in store.reviews()],
        "exercises": {id: asdict(tried) for id, tried in store.exercises().items()},
        "guesses": {id: asdict(guess) for id, guess in store.guesses().items()},
        "interviews": list(store.interviews().values()),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    _written(path, lambda part: part.write_text(text, encoding="utf-8"))
    return len(bank)


def export_anki(path: Path) -> int:
    """Write a deck with the open questions and the multiple choices; returns the number of notes."""
    import genanki

    css = ".card { font-family: sans-serif; font-size: 18px; text-align: left; }"
    template = {"name": "Card", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}
    model = genanki.Model(MODEL, "Function calling", [{"name": name} for name in FIELDS], [template], css=css)
    deck = genanki.Deck(DECK, "Function calling")
    rows = measured()
    for question in load_bank().values():
        for id, front, back in notes(question, rows):
            guid = genanki.guid_for(f"function-calling-workbook {id}")
            deck.add_note(genanki.Note(model, [id, front, back], tags=[question.topic, question.level], guid=guid))
    _written(path, lambda part: genanki.Package(deck).write_to_file(str(part)))
    return len(deck.notes)


def notes(question: Question, rows: Rows) -> Iterator[tuple[str, str, str]]:
    """Id, front and back (HTML) of each note of a question."""
    yield question.id, as_html(question.question), as_html(page(question, rows))
    for drill in drills_of(question, rows):
        if drill.kind == "choice":
            yield drill.id, as_html(drill.ask()), as_html(drill.give_up().said)


def _filled(value: Any, rows: Rows) -> Any:
    if isinstance(value, str):
        return filled(value, rows)
    if isinstance(value, Mapping):
        return {key: _filled(item, rows) for key, item in value.items()}
    return [_filled(item, rows) for item in value] if isinstance(value, list | tuple) else value


def _written(path: Path, write: Callable[[Path], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside(path) as part:
            write(part)
    except OSError as error:
        raise WorkbookError(f"cannot write {path}: {error.strerror}", "Name another file with --out.") from error
