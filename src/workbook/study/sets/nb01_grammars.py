"""Exercises of notebook 01: skip forced tokens, price a right answer. Mending a grammar is ``nb01_gbnf``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.study.exercise import Exercise, WrongAnswer, expect

END = "<end>"
_TREES: tuple[tuple[str, ...], ...] = (
    ('{"unit": "celsius"}', '{"unit": "kelvin"}'),
    ('{"ok": true}',),
    ('{"n": 1}', '{"n": 12}'),
    ("", "ab"),
)


def _spelled(legal: Sequence[str]) -> Callable[[str], set[str]]:
    """The mask of a finite language whose tokens are single characters."""

    def mask(text: str) -> set[str]:
        onward = {whole[len(text)] for whole in legal if whole.startswith(text) and len(whole) > len(text)}
        return onward | ({END} if text in legal else set())

    return mask


def check_forced(forced: Any) -> None:
    """The longest run of forced tokens, on small languages where it is known."""
    expect(callable(forced), "This exercise wants a function: `def forced(text, mask): ...`.")
    for legal in _TREES:
        mask = _spelled(legal)
        for start in ("", legal[0][:3]):
            _check_run(forced, mask, start, legal)


def _check_run(forced: Callable[..., Any], mask: Callable[[str], set[str]], start: str, legal: Sequence[str]) -> None:
    got = forced(start, mask)
    want = ""
    while len(options := mask(start + want)) == 1 and END not in options:
        want += next(iter(options))
    shown = f"For the texts {list(legal)} after {start!r}"
    expect(isinstance(got, str), f"{shown} it gave {got!r}; give back the forced text, a string.")
    expect(END not in got, f"{shown} it wrote the end token into the text: `{END}` stops the run.")
    expect(not got.startswith(start) or not start, f"{shown} it repeats what was there; give only what is new.")
    one = len(got) == 1 < len(want)
    expect(not one, f"{shown} it stopped after one token: go on until there is a choice.")
    expect(len(got) <= len(want), f"{shown} it went on to {got!r}, past a choice: with two options nothing is forced.")
    expect(got == want, f"{shown} it gave {got!r}; the forced text is {want!r}.")


skip_forced = Exercise(
    id="01.skip_forced",
    title="skip what is forced",
    difficulty=2,
    minutes=10,
    prompt=(
        "Where a mask leaves a single token, there is nothing to choose. Write `forced(text, mask)`: given the text "
        f"so far and a function `mask(text)` that returns the set of allowed tokens (among them perhaps `{END!r}`), "
        "return the text that must follow, up to the next choice or the end. Engines call this *fast-forward*."
    ),
    variable="forced",
    stub="""
def forced(text, mask):
    raise NotImplementedError
""",
    check=check_forced,
    hints=(
        "One loop: look at `mask(text + new)`. How many options are there?",
        f"Stop in three cases: no option, more than one, or the only one is `{END!r}`.",
        "`next(iter(options))` takes the only member of a set.",
    ),
    answer=f'''
def forced(text, mask):
    new = ""
    while len(options := mask(text + new)) == 1 and "{END}" not in options:
        new += next(iter(options))
    return new
''',
    why=(
        "No choice is needed, so forced tokens go through the model together, in one pass instead of one by one. They "
        "are not free: their keys and values must still be computed. That is how a grammar can make decoding *faster*."
    ),
    wrong=(
        WrongAnswer(
            f'''
def forced(text, mask):
    options = mask(text)
    return next(iter(options)) if len(options) == 1 and "{END}" not in options else ""
''',
            "stopped after one token",
        ),
        WrongAnswer(
            f'''
def forced(text, mask):
    new = ""
    while (options := mask(text + new)) and "{END}" not in options:
        new += min(options)
    return new
''',
            "past a choice",
        ),
        WrongAnswer(
            f'''
def forced(text, mask):
    new = ""
    while "{END}" not in new and len(options := mask(text + new)) == 1:
        new += next(iter(options))
    return new
''',
            "end token",
        ),
    ),
)

ROWS: tuple[Mapping[str, Any], ...] = (
    {"tokens": 20, "right": True},
    {"tokens": 60, "right": False},
    {"tokens": 30, "right": True},
    {"tokens": 90, "right": False},
)


def check_cost(cost: Any) -> None:
    """Tokens of all trials over the number of right ones; infinite without one."""
    expect(callable(cost), "This exercise wants a function: `def cost_per_right(rows): ...`.")
    got = cost([dict(row) for row in ROWS])
    expect(got != 25, "25 is what a right answer costs *when it is right*. You paid for the wrong ones as well.")
    expect(got != 50, "50 is the mean over all trials. The question is how many tokens buy one *right* answer.")
    expect(got == 100, f"For {json.dumps(list(ROWS))} it gave {got}; 200 tokens bought two right answers.")
    try:
        never = cost([{"tokens": 9, "right": False}])
    except ZeroDivisionError:
        never = None
    expect(never == math.inf, "With no right answer the price is infinite: return `math.inf`, do not divide by zero.")


price_right = Exercise(
    id="01.price_right",
    title="what does a right answer cost?",
    difficulty=2,
    minutes=8,
    prompt=(
        "Write `cost_per_right(rows)`. Each row is a trial with `tokens` (all that was written, retries included) "
        "and `right` (a bool). Return how many tokens one *right* answer costs in this arm."
    ),
    variable="cost_per_right",
    stub="""
import math

def cost_per_right(rows):
    raise NotImplementedError
""",
    check=check_cost,
    hints=(
        "You pay for every trial, also for those that came out wrong.",
        "So: all tokens, divided by the number of right answers.",
        "What if there is none? An arm that is never right has a price too.",
    ),
    answer="""
import math

def cost_per_right(rows):
    right = sum(row["right"] for row in rows)
    return sum(row["tokens"] for row in rows) / right if right else math.inf
""",
    why="A cheap arm that is often wrong is dear. Retries add to what you pay, even when they help.",
    wrong=(
        WrongAnswer(
            """
def cost_per_right(rows):
    right = [row["tokens"] for row in rows if row["right"]]
    return sum(right) / len(right)
""",
            "You paid for the wrong ones",
        ),
        WrongAnswer(
            """
def cost_per_right(rows):
    return sum(row["tokens"] for row in rows) / len(rows)
""",
            "mean over all trials",
        ),
        WrongAnswer(
            """
def cost_per_right(rows):
    return sum(row["tokens"] for row in rows) / sum(row["right"] for row in rows)
""",
            "price is infinite",
        ),
    ),
)

EXERCISES = (skip_forced, price_right)
