"""Multiple choice: the right letter passes, each other one says why, and length gives nothing away."""

from __future__ import annotations

import pytest

from workbook.study.choice import choice
from workbook.study.exercise import Exercise

OPTIONS = {"a": ("a long wrong option", "Not a."), "b": ("right", "Because."), "c": ("no", "Not c.")}


def asked(right: str = "b") -> Exercise:
    return choice("10.asked", "asked", 2, "Which?", OPTIONS, right, ("One.", "Two."))


@pytest.mark.parametrize(("letter", "outcome", "said"), [
    ("a", "wrong", "Not a."), ("b", "right", "Because."), ("c", "wrong", "Not c."), ("B", "wrong", "a, b, c"),
    (..., "untouched", "letter"), (2, "wrong", "letters"),
])  # fmt: skip
def test_every_option_is_answered(letter: object, outcome: str, said: str) -> None:
    verdict = asked().judge(letter)
    assert verdict.outcome == outcome
    assert said in verdict.message


def test_the_statement_lists_the_options_and_no_reason() -> None:
    statement = asked().statement()
    assert "- `a`: a long wrong option\n- `b`: right\n- `c`: no" in statement
    assert "Because" not in statement


@pytest.mark.parametrize("right", ["a", "d"])
def test_a_right_option_that_gives_itself_away_is_refused(right: str) -> None:
    with pytest.raises(ValueError, match="option"):
        asked(right)
