"""The exercises of notebook 08: how many rows make a share, a knee read off a curve, and a comparison that is fair."""

from __future__ import annotations

from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

fair_comparison = choice(
    "08.fair_comparison",
    "did the chat cost tool skill?",
    minutes=3,
    question=(
        "A team tunes on 10,000 rows, of which 0 % or 50 % are chat. With chat the model keeps its small talk, and "
        'right calls fall from 90 % to 82 %. "Chat costs eight points of tool skill," says the report. What is missing?'
    ),
    options={
        "a": (
            "nothing: both runs had 10,000 rows and as many steps, so it is fair",
            "Equal steps, and half as many rows for tools.",
        ),
        "b": (
            "a run with all 10,000 rows for tools, and as many of chat",
            "Then only the chat differs, and what is left of the eight points is its doing.",
        ),
        "c": ("a test of small talk with more questions in it", "It says nothing about the calls."),
        "d": ("a mix with 80 % chat, to see whether the line goes on", "Still fewer rows for tools with each step."),
    },
    right="b",
    hints=("How many rows for tools did each of the two models see?", "Two things changed at once: hold one still."),
)

ROWS = "def rows_to_add(tool_rows, share):\n    return {}\n"
ROW_CASES: tuple[tuple[int, float, int, str], ...] = (
    (160, 0.0, 0, "A share of nothing adds nothing."),
    (160, 0.5, 160, "Half of all rows: as many general ones as there are for tools."),
    (160, 0.8, 640, "Four fifths of *all* rows: 640 of 800. The share is of the result, and not of the tools' rows."),
    (90, 0.1, 10, "A tenth of 100 rows is 10, and 90 are for tools."),
    (100, 0.3, 43, "43 of 143 rows are nearer to 30 % than 42 of 142: round to the nearest row."),
)


def check_rows(rows_to_add: Any) -> None:
    """The share is of the whole mix."""
    expect(callable(rows_to_add), "This exercise wants a function: `def rows_to_add(tool_rows, share): ...`.")
    for tools, share, want, why in ROW_CASES:
        got = rows_to_add(tools, share)
        expect(isinstance(got, int), f"It gave {got!r}: rows are counted in whole numbers.")
        expect(got == want, f"rows_to_add({tools}, {share}) gave {got}. {why}")


rows_to_add = Exercise(
    id="08.rows_to_add",
    title="how many rows make a share?",
    difficulty=1,
    minutes=4,
    prompt=(
        "Write `rows_to_add(tool_rows, share)`: how many general rows to mix in, all rows for tools kept, so that they "
        "are `share` of the result (0 to under 1), to the nearest whole row."
    ),
    variable="rows_to_add",
    stub="""
def rows_to_add(tool_rows, share):
    raise NotImplementedError
""",
    check=check_rows,
    hints=("Of all rows, `1 - share` are for tools: how many rows is that in all?", "Then all, minus those for tools."),
    answer="\n" + ROWS.format("round(tool_rows * share / (1 - share))"),
    why=(
        "At 80 % four of five steps are spent on what the model knows already: the share costs time before it costs "
        "skill. And it is a share of *rows*: general rows that are long take a larger share of the loss."
    ),
    wrong=(
        WrongAnswer(ROWS.format("round(tool_rows * share)"), "as many general ones"),
        WrongAnswer(ROWS.format("tool_rows * share / (1 - share)"), "whole numbers"),
        WrongAnswer(ROWS.format("int(tool_rows * share / (1 - share) + 1e-9)"), "nearest row"),
    ),
)

KNEE = "def knee(curve, margin):\n{}\n"
CURVES: tuple[tuple[dict[float, float], float, float, str], ...] = (
    ({0.0: 0.1, 0.1: 0.6, 0.5: 0.93, 0.8: 0.95}, 0.05, 0.5, "0.93 falls short of the last by less than 0.05."),
    ({0.0: 0.94, 0.1: 0.95, 0.5: 0.95, 0.8: 0.95}, 0.05, 0.0, "Nothing was lost at 0 %: no mix is needed."),
    ({0.0: 0.1, 0.1: 0.2, 0.5: 0.5, 0.8: 0.9}, 0.05, 0.8, "Still rising: the largest share is all that is known."),
    ({0.8: 0.95, 0.0: 0.1, 0.25: 0.92, 0.1: 0.8}, 0.05, 0.25, "The curve came unsorted: the *smallest* share, please."),
    ({0.0: 0.1, 0.1: 0.88, 0.25: 0.97, 0.8: 0.91}, 0.05, 0.1, "Near the *largest share*, not near the luckiest one."),
)


def check_knee(knee: Any) -> None:
    """The smallest share that falls short of the largest share by less than the margin."""
    expect(callable(knee), "This exercise wants a function: `def knee(curve, margin): ...`.")
    for curve, margin, want, why in CURVES:
        got = knee(dict(curve), margin)
        expect(got == want, f"For {curve} it gave {got!r}. {why}")


knee = Exercise(
    id="08.knee",
    title="the knee",
    difficulty=2,
    minutes=6,
    prompt=(
        "Write `knee(curve, margin)`: `curve` is a dict of what is kept by share. Give the smallest share at which "
        "what is kept falls short of that at the *largest* share by less than `margin`."
    ),
    variable="knee",
    stub="""
def knee(curve, margin):
    raise NotImplementedError
""",
    check=check_knee,
    hints=("What is kept at `max(curve)`?", "Walk through `sorted(curve)`, and stop at the first that is near enough."),
    answer="\n"
    + KNEE.format(
        "    best = curve[max(curve)]\n    return min(s for s, kept in curve.items() if best - kept < margin)"
    ),
    why=(
        "Written down before the sweep, such a rule cannot be bent to the result. It is an estimate like any other: "
        "draw seeds and items anew, find the knee of each draw, and show how far it moves."
    ),
    wrong=(
        WrongAnswer(
            KNEE.format(
                "    best = max(curve.values())\n    return min(s for s, k in curve.items() if best - k < margin)"
            ),
            "",
        ),
        WrongAnswer(
            KNEE.format(
                "    best = curve[max(curve)]\n    return next(s for s, k in curve.items() if abs(best - k) < margin)"
            ),
            "unsorted",
        ),
        WrongAnswer(
            KNEE.format("    return min((s for s, k in curve.items() if k > 0.9), default=None)"), "Still rising"
        ),
    ),
)

EXERCISES = (rows_to_add, knee, fair_comparison)
