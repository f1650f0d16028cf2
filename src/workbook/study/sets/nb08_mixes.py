"""The exercises of notebook 08: a share of the loss, a knee read off a curve, and a comparison that is fair."""

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
            "No row for tools is missing then. Steps doubled: a third run, tools alone for as many, tells them apart.",
        ),
        "c": ("a test of small talk with more questions in it", "It says nothing about the calls."),
        "d": ("a mix with 80 % chat, to see whether the line goes on", "Still fewer rows for tools with each step."),
    },
    right="b",
    hints=("How many rows for tools did each of the two models see?", "Two things changed at once: hold one still."),
)

ROWS = "def rows_to_add(tools, general, share):\n{}\n"
TAKEN = """    for n in range(len(general) + 1):
        added = sum(general[:n])
        if added >= share * (sum(tools) + added):
            return n"""
ROW_CASES: tuple[tuple[list[int], list[int], float, int | None, str], ...] = (
    ([30, 30], [10] * 9, 0.0, 0, "A share of nothing adds nothing."),
    ([30, 30], [10] * 9, 0.5, 6, "Half of all tokens with loss: as many general ones as there are for tools, 60."),
    (
        [30, 30],
        [20, 20, 20],
        0.25,
        1,
        "One row: 20 of 80 tokens are a quarter of *all*; of the tools' 60 they are more.",
    ),
    ([30, 30], [4, 6, 40, 9], 0.4, 3, "The rows come in order, and each counts by its own tokens: 4, 10, 50."),
    ([30, 30], [10, 10], 0.5, None, "Twenty tokens of eighty are all there are: that is no half, so None."),
)


def check_rows(rows_to_add: Any) -> None:
    """The share is of the tokens with loss, and of the whole mix."""
    expect(callable(rows_to_add), "This exercise wants a function: `def rows_to_add(tools, general, share): ...`.")
    for tools, general, share, want, why in ROW_CASES:
        got = rows_to_add(list(tools), list(general), share)
        expect(got is None or isinstance(got, int), f"It gave {got!r}: rows are counted in whole numbers.")
        expect(got == want, f"rows_to_add({tools}, {general}, {share}) gave {got}. {why}")


rows_to_add = Exercise(
    id="08.rows_to_add",
    title="a share of the loss",
    difficulty=2,
    minutes=7,
    prompt=(
        "A share of rows is not what the loss sees. Write `rows_to_add(tools, general, share)`: `tools` and `general` "
        "are lists of the number of tokens with loss in each row. Take general rows in their order, all rows for tools "
        "kept: how many does it take until at least `share` of all tokens with loss are general? `None` if there are "
        "too few."
    ),
    variable="rows_to_add",
    stub="""
def rows_to_add(tools, general, share):
    raise NotImplementedError
""",
    check=check_rows,
    hints=(
        "With `n` rows the general tokens are `sum(general[:n])`; all tokens are those and `sum(tools)`.",
        "Try n = 0, 1, 2, ... up to all, and stop at the first that is enough.",
    ),
    answer="\n" + ROWS.format(TAKEN),
    why=(
        "Say which share you mean before you quote one: general rows that are short vanish in the loss, and long ones "
        "fill it. And a loader that averages within each step, as here, weighs short rows up again."
    ),
    wrong=(
        WrongAnswer(ROWS.format("    return round(len(tools) * share / (1 - share))"), "tokens with loss"),
        WrongAnswer(
            ROWS.format(
                "    return next((n for n in range(len(general) + 1) if sum(general[:n]) >= share * sum(tools)), None)"
            ),
            "Half of all tokens",
        ),
        WrongAnswer(ROWS.format(TAKEN + "\n    return len(general)"), "so None"),
    ),
)

KNEE = "def knee(curve, margin):\n{}\n"
CURVES: tuple[tuple[dict[float, float], float, float | None, str], ...] = (
    ({0.0: 0.1, 0.1: 0.6, 0.5: 0.93, 0.8: 0.95}, 0.05, 0.5, "0.93 falls short of the last by less than 0.05."),
    ({0.0: 0.94, 0.1: 0.95, 0.5: 0.95, 0.8: 0.95}, 0.05, 0.0, "Nothing was lost at 0 %: no mix is needed."),
    (
        {0.0: 0.1, 0.1: 0.2, 0.5: 0.5, 0.8: 0.9},
        0.05,
        None,
        "Still rising: the largest share always reaches itself, so by it alone no knee is found.",
    ),
    ({0.8: 0.95, 0.0: 0.1, 0.25: 0.92, 0.1: 0.8}, 0.05, 0.25, "The curve came unsorted: the *smallest* share, please."),
    ({0.0: 0.1, 0.1: 0.88, 0.25: 0.97, 0.8: 0.91}, 0.05, 0.1, "Near the *largest share*, not near the luckiest one."),
    (
        {0.0: 0.25, 0.1: 0.5, 0.5: 0.625, 0.8: 0.75},
        0.25,
        0.5,
        "0.5 falls short by 0.25, and that is not *less* than 0.25.",
    ),
)


def check_knee(knee: Any) -> None:
    """The smallest share that falls short of the largest share by less than the margin; none if it is that share."""
    expect(callable(knee), "This exercise wants a function: `def knee(curve, margin): ...`.")
    for curve, margin, want, why in CURVES:
        got = knee(dict(curve), margin)
        expect(got == want, f"For {curve} and {margin} it gave {got!r}. {why}")


BEST = "    best = curve[max(curve)]\n"
FIRST = "    first = min(s for s, kept in curve.items() if best - kept {} margin)\n"
ENDED = "    return None if first == max(curve) else first"
knee = Exercise(
    id="08.knee",
    title="the knee, if there is one",
    difficulty=2,
    minutes=7,
    prompt=(
        "Write `knee(curve, margin)`: `curve` is a dict of what is kept by share. Give the smallest share at which "
        "what is kept falls short of that at the *largest* share by less than `margin`, and `None` where only the "
        "largest share itself does: then the sweep has no knee to show."
    ),
    variable="knee",
    stub="""
def knee(curve, margin):
    raise NotImplementedError
""",
    check=check_knee,
    hints=("What is kept at `max(curve)`?", "Of all shares that are near enough, take the smallest. Is it the last?"),
    answer="\n" + KNEE.format(BEST + FIRST.format("<") + ENDED),
    why=(
        "A rule that every curve satisfies at its end finds a knee wherever the sweep was stopped. Written down before "
        "the sweep, such a rule cannot be bent to the result; it is an estimate all the same: draw seeds and items "
        "anew, and show how far it moves."
    ),
    wrong=(
        WrongAnswer(
            KNEE.format(BEST.replace("curve[max(curve)]", "max(curve.values())") + FIRST.format("<") + ENDED),
            "luckiest",
        ),
        WrongAnswer(KNEE.format(BEST + FIRST.format("<") + "    return first"), "Still rising"),
        WrongAnswer(KNEE.format(BEST + FIRST.format("<=") + ENDED), "not *less*"),
    ),
)

EXERCISES = (rows_to_add, knee, fair_comparison)
