"""The kinds of drill: what they ask, what they read and refuse, and how they grade."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from workbook.core.errors import UsageError
from workbook.study.bank import load_bank
from workbook.study.drill_kinds import ChoiceDrill, NumberDrill, StepsDrill
from workbook.study.drills import drills, drills_of
from workbook.study.figures import measured
from workbook.study.number_score import points
from workbook.study.question import TOPICS, Choice, Number, Option, Steps
from workbook.study.trace_drill import TraceDrill
from workbook.study.trace_faults import FAULTS, faulty

OPTIONS = (Option("red", "Not red."), Option("green", "Green it is."), Option("blue", "Not blue."))
CHOICE = ChoiceDrill("01.a#choice", "grammars", Choice("Which?", "b", OPTIONS))
NUMBER = NumberDrill("01.a#number", "grammars", Number("How many?", "%", 0, 100, "So."), 60.0, "60 %")
STEPS = StepsDrill("01.a#steps", "grammars", Steps("In which order?", ("one", "two", "three", "four"), "So."))
TRACE = TraceDrill("trace.denied#0", "security", "denied", 0)


def test_a_choice_explains_every_option_whatever_was_chosen():
    for letter, score in (("a", 0), ("b", 1), ("c", 0)):
        graded = CHOICE.grade(letter)
        assert graded.score == score
        assert all(option.why in graded.said for option in OPTIONS)
        assert "✓ **b)**" in graded.said
        assert ("✗" in graded.said) is (letter != "b")
    assert CHOICE.give_up().score == 0


@pytest.mark.parametrize("typed", ["b", " B ", "b)", "b."])
def test_a_letter_is_read(typed: str):
    assert CHOICE.read(typed) == "b"


@pytest.mark.parametrize("typed", ["d", "", "green", "2", "ab"])
def test_what_is_no_letter_is_refused(typed: str):
    with pytest.raises(UsageError, match="Type one of a, b, c"):
        CHOICE.read(typed)


def test_a_number_earns_by_nearness_and_by_confidence():
    assert NUMBER.grade((60, 1.0)).score == 1
    assert NUMBER.grade((60, 0.5)).score == pytest.approx(0.875)
    assert NUMBER.grade((0, 1.0)).score == 0
    assert NUMBER.grade((10, 0.0)).score == pytest.approx(0.5)
    assert NUMBER.grade((68, 0.8)).hit is True
    assert NUMBER.grade((72, 0.8)).hit is False
    assert "60 %" in NUMBER.give_up().said


@pytest.mark.parametrize("typed", ["40 75", "40% 75%", " 40,0  75 "])
def test_a_number_and_a_confidence_are_read(typed: str):
    assert NUMBER.read(typed) == (40, 0.75)


@pytest.mark.parametrize("typed", ["40", "forty 75", "40 75 1", "101 75", "-1 50", "40 101", "nan 50", ""])
def test_what_is_no_prediction_is_refused(typed: str):
    with pytest.raises(UsageError):
        NUMBER.read(typed)


def test_the_honest_confidence_is_the_best_one_whatever_number_is_said():
    """The score is proper: over a grid of beliefs and numbers, no other confidence promises more points."""
    grid = [step / 20 for step in range(21)]
    truths = [(5.0, 0.2), (40.0, 0.5), (52.0, 0.3)]  # what may be true, and the chance that one believes in
    for said in range(0, 101, 4):
        belief = sum(chance for truth, chance in truths if abs(truth - said) <= 10)
        expected = {c: sum(chance * points(t, said, c, 0, 100).total for t, chance in truths) for c in grid}
        best = max(expected, key=lambda c: expected[c])
        assert best == pytest.approx(belief), said


def test_a_confidence_that_is_no_chance_is_refused():
    with pytest.raises(UsageError):
        points(1, 1, 1.2, 0, 10)


def test_steps_are_mixed_and_graded_by_pairs():
    assert sorted(STEPS.mixed) == sorted(STEPS.steps.order) != list(STEPS.mixed)
    right = tuple(STEPS.mixed.index(step) + 1 for step in STEPS.steps.order)
    assert STEPS.grade(right).score == 1
    assert STEPS.grade(right[::-1]).score == 0
    swapped = (right[1], right[0], *right[2:])
    assert STEPS.grade(swapped).score == pytest.approx(5 / 6)
    scores = [STEPS.grade(order).score for order in permutations(range(1, 5))]
    assert scores.count(1.0) == scores.count(0.0) == 1


@pytest.mark.parametrize("typed", ["1 2 3", "1 2 3 3", "0 1 2 3", "1 2 3 4 5", ""])
def test_what_is_no_order_is_refused(typed: str):
    with pytest.raises(UsageError, match="each number once"):
        STEPS.read(typed)
    assert STEPS.read("4, 3,2 1") == (4, 3, 2, 1)


def test_a_fault_is_half_step_and_half_kind():
    letters = {name: letter for letter, name in TRACE.options.items()}
    assert set(letters) == set(FAULTS)
    step = faulty("denied", 0).step
    assert TRACE.grade((step, letters["denied"])).score == 1
    assert TRACE.grade((step, letters["cut"])).score == 0.5
    assert TRACE.grade((step + 1, letters["denied"])).score == 0.5
    assert TRACE.grade((step + 1, letters["cut"])).score == 0
    assert TRACE.read("2 B") == TRACE.read("b2") == (2, "b")
    for typed in ("2", "b", "", "2 bc", "2 z"):
        with pytest.raises(UsageError):
            TRACE.read(typed)


def test_every_drill_of_the_bank_can_be_asked_and_given_up():
    made = drills(load_bank(), measured())
    assert len({drill.id for drill in made}) == len(made) > 100
    assert {drill.kind for drill in made} == {"choice", "number", "steps", "trace"}
    for drill in made:
        assert drill.topic in TOPICS
        assert len(drill.ask()) > 20
        assert drill.give_up().score == 0
        assert "{claim:" not in drill.ask() + drill.give_up().said


def test_a_number_of_ours_is_asked_once_it_is_measured():
    bank = {id: question for id, question in load_bank().items() if question.number and question.number.claim}
    assert len(bank) >= 5
    rows = {id: {**row, "kind": "measured", "estimate": None, "n": None} for id, row in measured().items()}
    assert [drill for drill in drills(bank, rows) if drill.kind == "number"] == []
    known = {"estimate": 0.42, "low": 0.4, "high": 0.44, "n": 100, "model": "m", "profile": "full", "verdict": "fails"}
    asked = [drill for drill in drills(bank, {id: row | known for id, row in rows.items()}) if drill.kind == "number"]
    assert len(asked) == len(bank)
    for drill in asked:
        assert isinstance(drill, NumberDrill)
        assert drill.truth == pytest.approx(42)
        assert "n = 100" in drill.give_up().said
    off = {id: row | known | {"estimate": 9.0} for id, row in rows.items()}
    assert [drill for drill in drills(bank, off) if drill.kind == "number"] == []


def test_the_order_of_options_is_the_order_of_the_file():
    moved = replace(CHOICE, choice=replace(CHOICE.choice, options=OPTIONS[::-1]))
    assert moved.ask().index("blue") < moved.ask().index("red")


def test_an_explanation_lists_the_sources_that_it_cites_and_no_others():
    question = load_bank()["01.automata"]
    (drill,) = drills_of(question, measured())
    said = drill.give_up().said
    assert f"- [Tried] {question.sources['Tried']}" in said
    assert "- [Outlines]" not in said
    assert "More: 01.automata" in said


def test_what_was_measured_lies_on_the_scale_of_its_question():
    rows = measured()
    asked = [one for one in load_bank().values() if one.number and one.number.claim]
    there = {one.id for one in asked for drill in drills_of(one, rows) if drill.kind == "number"}
    assert asked
    assert [one.id for one in asked if rows[one.number.claim]["n"] and one.id not in there] == []
