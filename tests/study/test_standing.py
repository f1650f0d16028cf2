"""A learner's standing: what is counted where, from a progress that is empty, begun, and due again."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbook.core.settings import repo_root
from workbook.study.bank import load_bank
from workbook.study.drills import drills
from workbook.study.exercises import registry
from workbook.study.figures import measured
from workbook.study.interview import opened
from workbook.study.interview_turn import Interview, Turn
from workbook.study.progress import Progress, Review
from workbook.study.standing import FIRST, main_notebooks, standing, standings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store():
    return Progress(None)


def of(store, number, now=NOW):
    (row,) = [row for row in standings(store, now) if row.notebook.startswith(number)]
    return row


def answered(store, drill, due):
    store.review(Review(drill.id, NOW.isoformat(), 1.0), lambda _: {"due": due.isoformat()})


def interviewed(store, month, points):
    turn = Turn("01.automata", said="x", complete=True, expected=1, lines=(1,), points=points, most=4)
    opened(Interview(f"2026-0{month}-01T00:00:00+00:00", ("01.automata",), 5, turns=(turn,), ended=True), store)


def test_nothing_is_done_at_first_and_all_there_is_to_do_is_counted(store):
    rows = standings(store, NOW)
    assert sum(row.exercises for row in rows) == len(registry())
    assert sum(row.drills for row in rows) == len(drills(load_bank(), measured()))
    assert {(row.solved, row.known, row.due, row.shares) for row in rows} == {(0, 0, 0, ())}
    assert standing(store, NOW).words.startswith("Nothing yet")


def test_an_exercise_counts_once_it_is_passed(store):
    store.update("00.write_a_call", lambda before: replace(before, attempts=3))
    assert of(store, "00").solved == 0
    store.update("00.write_a_call", lambda before: replace(before, passed=True))
    assert (of(store, "00").solved, of(store, "01").solved) == (1, 0)


def test_a_drill_is_known_until_its_day_comes(store):
    drill = next(one for one in drills(load_bank(), measured()) if one.topic == "loops")
    answered(store, drill, NOW + timedelta(days=3))
    assert (of(store, "07").known, of(store, "07").due) == (1, 0)
    later = of(store, "07", NOW + timedelta(days=4))
    assert (later.known, later.due) == (0, 1)
    assert "1 due again" in standing(store, NOW + timedelta(days=4)).words


def test_interviews_leave_their_shares_in_order(store):
    interviewed(store, 2, points=3)
    interviewed(store, 1, points=1)
    assert of(store, "01").shares == (0.25, 0.75)
    assert of(store, "02").shares == ()


def test_a_topic_of_two_notebooks_belongs_to_the_one_with_more_questions():
    pairs = [("a", "01_x"), ("a", "02_y"), ("a", "02_y"), ("b", "01_x")]
    assert main_notebooks(pairs) == {"a": "02_y", "b": "01_x"}


def test_the_first_notebook_is_there():
    assert (repo_root() / "notebooks" / f"{FIRST}.ipynb").is_file()


@pytest.mark.parametrize("begun", [False, True])
def test_the_picture_is_sound_and_stays_on_its_page(store, begun):
    if begun:
        for number, drill in enumerate(drills(load_bank(), measured())):
            answered(store, drill, NOW + timedelta(days=1 - number % 2 * 2))
        interviewed(store, 1, points=4)
        interviewed(store, 2, points=0)
    page = ET.fromstring(standing(store, NOW).svg)
    places = [float(part.get(name, 0)) for part in page.iter() for name in ("x", "x1", "x2", "cx") if part.get(name)]
    assert 0 <= min(places) <= max(places) <= float(page.get("width", 0))
