"""The whole bank passes its rules; and each rule is shown a question that it must refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbook.core.settings import repo_root
from workbook.study.bank import load_bank
from workbook.study.bank_lint import BANK_RULES, figures, lint, lint_question
from workbook.study.question import TOPICS, Choice, FollowUp, Number, Option, Question, Steps

BANK = load_bank()
GOOD = BANK["01.why_grammars"]
assert GOOD.choice is not None
CHOICE: Choice = GOOD.choice
ITEMS = {*(f"Q{n}" for n in range(1, 6)), *(f"C{n}" for n in range(1, 6)), "SD", *(f"CL{n}" for n in range(1, 6))}


def test_the_bank_has_no_problem():
    assert [str(problem) for problem in lint(BANK)] == []


def test_every_item_of_the_usual_notes_is_there_once_and_many_more():
    answered = [question for question in BANK.values() if question.asked_in]
    assert sorted(question.asked_in for question in answered) == sorted(ITEMS)
    assert len(BANK) - len(answered) >= 60


def test_every_topic_has_questions_and_every_level_too():
    for topic in TOPICS:
        assert sum(question.topic == topic for question in BANK.values()) >= 3, topic
    assert {question.level for question in BANK.values()} == {"core", "senior", "staff"}


def test_every_measured_number_comes_from_the_ledger():
    """No text of the bank holds a result of ours that somebody typed: it would stand without a claim's key."""
    assert sum(len(question.claims) for question in BANK.values()) > 60
    shown = sum(path.read_text().count("{claim:") for path in (repo_root() / "course" / "questions").glob("*.md"))
    assert shown > 60


def shown(change: Callable[[str], str]) -> dict[str, Any]:
    return {"short": change(GOOD.short)}


def options(*texts: str, right: str = "a", why: str = "So.") -> dict[str, Any]:
    return {"choice": Choice("Which?", right, tuple(Option(text, why) for text in texts))}


LINES = "\n".join(f"{line}" for line in GOOD.whiteboard.splitlines())
NUMBER = Number("How many?", "%", 0, 100, "So.", value=50, source="BFCL")

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown claim", {"claims": (*GOOD.claims, "q1.grammar_1000")}, "no claim 'q1.grammar_1000'"),
    ("a number of no claim", shown(lambda t: t.replace("q1.grammar_100}", "q1.gramar}")), "no claim 'q1.gramar'"),
    ("a claim that is not listed", {"claims": ()}, "is shown and not listed"),
    ("a stray brace", shown(lambda t: t.replace("{claim:", "{claims:")), "a brace that is no {claim:ID}"),
    ("an unknown source", shown(lambda t: t + " So [Nobody]."), "[Nobody] is cited and not among"),
    ("a source for show", {"sources": {**GOOD.sources, "Extra": "a paper"}}, "'Extra' is never cited"),
    ("no source and no claim", {"claims": (), "sources": {}}, "neither a claim nor a source"),
    ("an unknown notebook", {"notebook": "99_nothing"}, "no notebook '99_nothing'"),
    ("a dead link", shown(lambda t: t + " See [it](nowhere.md)."), "'nowhere.md' leads to no file"),
    ("a link to the network", shown(lambda t: t + " See [it](https://example.org)."), "leads to no file"),
    ("a typed share", shown(lambda t: t + " It is 97 % right."), "'97 %' has no source beside it"),
    ("a typed decimal", {"long": GOOD.long + "\n- It takes 1.4 times as long."}, "'1.4' has no source"),
    ("a source in the next sentence", shown(lambda t: t + " It is 97 %. So says [BFCL]."), "'97 %' has no source"),
    ("a figure in a red flag", {"red_flags": ("Less than 80 % right.", "b", "c")}, "'80 %' has no source"),
    (
        "a result of ours",
        {"sources": {**GOOD.sources, "Run": "notebook 01 (seen)"}, **shown(lambda t: t + " It took 1.4 times [Run].")},
        "'1.4' is a result of ours",
    ),
    ("too short", {"short": "Use a grammar [BFCL]."}, "30 seconds: 4 words"),
    ("too long", {"short": GOOD.short + " word" * 40}, "30 seconds: 1"),
    ("3 minutes too short", {"long": "Use a grammar."}, "3 minutes: 3 words"),
    ("a rubric of few points", {"rubric": GOOD.rubric[:2]}, "the rubric gives 4 points instead of 10"),
    ("few red flags", {"red_flags": ("One.",)}, "only 1 red flags"),
    ("no answer of three minutes", {"long": ""}, "3 minutes: 0 words"),
    ("no whiteboard", {"whiteboard": ""}, "no whiteboard"),
    ("an item without a choice", {"choice": None}, "needs a multiple choice"),
    ("another kind of figure", {"whiteboard": LINES.replace("flowchart LR", "pie")}, "begins with flowchart"),
    ("an arrow to nowhere", {"whiteboard": LINES + "\nmask --> beyond"}, "'beyond' is not described"),
    ("a box on its own", {"whiteboard": LINES + '\nlost["alone"]'}, "'lost' is on its own"),
    ("a name of Mermaid's", {"whiteboard": LINES.replace("mask", "end")}, "'end' is a word of Mermaid's own"),
    ("a line that nothing reads", {"whiteboard": LINES + "\nmask ==> pick"}, "neither NAME"),
    ("nothing asked next", {"follow_ups": ()}, "nothing is asked next"),
    ("no tree", {"follow_ups": (FollowUp("And?", "So."),)}, "no tree"),
    ("a dangling end", {"follow_ups": (FollowUp("And?", "So.", "", (FollowUp("Then?"),)),)}, "a dangling end"),
    ("an end in nothing", {"follow_ups": (FollowUp("And?", see="01.nothing"),)}, "no other question '01.nothing'"),
    ("an end in itself", {"follow_ups": (FollowUp("And?", see=GOOD.id),)}, "no other question"),
    ("a statement asked", {"follow_ups": (FollowUp("Go on.", "So."),)}, "is no question"),
    ("two options", options("one", "two"), "2 options"),
    ("no right option", options("one", "two", "six", right="d"), "'d' is right"),
    ("the longest is right", options("the longest", "shorter", "short one"), "which gives it away"),
    ("one option is long", options("this one", "that", "and this is a long one"), "more than twice as long"),
    ("no explanation", options("this", "that one", "these", why=""), "without an explanation"),
    ("steps that repeat", {"steps": Steps("?", ("a", "b", "c", "c"), "So.")}, "four to seven different ones"),
    ("few steps", {"steps": Steps("?", ("a", "b", "c"), "So.")}, "four to seven different ones"),
    ("a number off its scale", {"number": replace(NUMBER, value=101)}, "lies between low and high"),
    ("a number without source", {"number": replace(NUMBER, source="")}, "a claim, or a value with its source"),
    ("a number of both", {"number": replace(NUMBER, claim="q1.grammar_100")}, "a claim, or a value with its source"),
]


@pytest.mark.parametrize(("changes", "words"), [(c, w) for _, c, w in BAD], ids=[name for name, _, _ in BAD])
def test_a_bad_question_is_refused(changes: dict[str, Any], words: str):
    bad = replace(GOOD, **changes)
    found = [str(problem) for problem in lint_question(bad, BANK)]
    assert [problem for problem in found if words in problem], found


def of_the_bank(bank: list[Question]) -> str:
    return "; ".join(problem for rule in BANK_RULES for problem in rule(bank))


def test_the_same_question_twice_is_seen():
    reworded = replace(BANK["02.tool_choice"], id="02.copy", question="Something quite different, is it not?")
    assert "02.tool_choice and 02.copy are the same question" in of_the_bank([*BANK.values(), reworded])
    asked_again = replace(BANK["02.tool_choice"], id="02.copy", short=GOOD.short + " Other words altogether.")
    assert "02.tool_choice and 02.copy" in of_the_bank([*BANK.values(), asked_again])


def moved(choice: Choice, to: int) -> Choice:
    """The same with the right option in another place."""
    at = choice.letters.index(choice.right)
    rest = [option for i, option in enumerate(choice.options) if i != at]
    rest.insert(to, choice.options[at])
    return replace(choice, right=choice.letters[to], options=tuple(rest))


def test_a_favourite_place_is_seen():
    assert "the right option" not in of_the_bank(list(BANK.values()))
    all_b = [replace(question, choice=moved(question.choice, 1)) for question in BANK.values() if question.choice]
    assert "the right option is 'b'" in of_the_bank(all_b)
    assert "the right option is 'c'" in of_the_bank(all_b)


def test_right_options_that_are_the_shortest_are_seen():
    choice = Choice("Which?", "a", (Option("short", "So."), Option("longer one", "So."), Option("longer too", "So.")))
    assert "is the shortest" in of_the_bank([replace(GOOD, id=f"01.{n}", choice=choice) for n in range(20)])


@pytest.mark.parametrize("text", ["97 %", "1.5 times", "12 tokens", "4,076 tools", "−3.5 points", "100%"])
def test_a_figure_is_seen(text: str):
    assert figures(f"There are {text} here.") != []


@pytest.mark.parametrize(
    "text", ['"95 %"', "`10`", "in 2023", "BM25", "GPT-4", "a 0.6B model", "RFC 8259", "status 429", "5"]
)
def test_names_years_quotes_and_small_counts_are_no_figures(text: str):
    assert figures(f"It says {text} there.") == []


def test_a_choice_of_the_bank_names_a_right_option():
    for question in BANK.values():
        assert question.choice is None or question.choice.right in question.choice.letters
    assert sum(question.choice is not None for question in BANK.values()) >= 76
