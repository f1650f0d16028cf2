"""The exercises of notebook 13: agreement beyond chance, a grader that flatters, and who may be believed."""

from __future__ import annotations

import math
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

which_number = choice(
    "13.which_number",
    "whom do you let help you?",
    minutes=2,
    question=(
        "Two graders marked two sets of answers. Where one line in twenty was earned, A agrees with you on 95 % of the "
        "lines, kappa 0. Where every second line was earned, B agrees on 80 %, kappa 0.6. Whose marks do you look at?"
    ),
    options={
        "a": ("A's, since it agrees with me on more of the lines", "So does an empty page, where so few are earned."),
        "b": ("B's", "Of the two only B has shown more than chance gives: 60 % of all that there was to show."),
        "c": ("A's where few lines are earned, and B's elsewhere", "A has not been seen to find a single rare line."),
        "d": ("both, and take the mean of their agreement", "95 and 80 % are measured against different chances."),
    },
    right="b",
    hints=("What would somebody score on A's set who never read an answer?", "Which number takes that away?"),
)

KAPPA = "def kappa(first, second):\n{}\n"
COUNTED = (
    "    n = len(first)\n"
    "    same = sum(a == b for a, b in zip(first, second)) / n\n"
    "    chance = sum((first.count(x) / n) * (second.count(x) / n) for x in set(first) | set(second))\n"
)


def check_kappa(kappa: Any) -> None:
    """Cohen's kappa, with the case in which both say the same thing throughout."""
    expect(callable(kappa), "This exercise wants a function: `def kappa(first, second): ...`.")
    yes, no = True, False
    for first, second, want, why in (
        ([yes, no, yes, no], [yes, no, yes, no], 1.0, "Two that agree everywhere have kappa 1."),
        ([yes, no, yes, no], [no, yes, no, yes], -1.0, "Two that always differ, half and half, have kappa −1."),
        ([yes, yes, no, no], [yes, no, yes, no], 0.0, "Agreement at chance is 0."),
        ([yes] * 2 + [no] * 8, [no] * 10, 0.0, "One that says no to everything agrees often, and knows nothing."),
        ([yes] * 5 + [no] * 5, [yes] * 4 + [no] * 6, 0.8, "Nine of ten, where chance is one half: 0.8."),
        (
            ["none", "half", "full", "full"],
            ["none", "half", "full", "half"],
            0.636,
            "There may be more than two kinds of marks.",
        ),
    ):
        got = kappa(list(first), list(second))
        expect(isinstance(got, int | float) and not isinstance(got, bool), f"It gave {got!r}, and a number is wanted.")
        expect(math.isclose(got, want, abs_tol=2e-3), f"{why} Yours: {got:.3f}.")
    got = kappa([no] * 5, [no] * 5)
    expect(isinstance(got, float) and math.isnan(got), "Where both give one and the same mark throughout, chance is 1 "
           "and kappa has no value: return `float('nan')`.")  # fmt: skip


kappa = Exercise(
    id="13.kappa",
    title="agreement beyond chance",
    difficulty=2,
    minutes=10,
    prompt=(
        "The code above knows yes and no. Write `kappa(first, second)` for marks of any kinds, such as `'none'`, "
        "`'half'` and `'full'`: two lists, one mark for each line, by two graders. Kappa is the "
        "agreement above what two graders would have by chance, who give each mark as often as these do, as a share of "
        "all that there is above chance. Where chance alone explains everything, return `float('nan')`."
    ),
    variable="kappa",
    stub="""
def kappa(first, second):
    raise NotImplementedError
""",
    check=check_kappa,
    hints=(
        "Three numbers: the share on which they agree, the share by chance, and `(same - chance) / (1 - chance)`.",
        "By chance they agree on a mark with the product of its two shares; add that over all marks.",
    ),
    answer="\n" + KAPPA.format(COUNTED + "    return float('nan') if chance == 1 else (same - chance) / (1 - chance)"),
    why=(
        "Jacob Cohen's kappa (1960) takes away what two graders would share without reading a word. It is strict where "
        "one mark is rare, which is just where raw agreement flatters."
    ),
    wrong=(
        WrongAnswer(KAPPA.format(COUNTED + "    return same"), "always differ"),
        WrongAnswer(KAPPA.format(COUNTED + "    return (same - 0.5) / 0.5"), "knows nothing"),
        WrongAnswer(KAPPA.format(COUNTED + "    return same - chance"), "kappa 1"),
        WrongAnswer(
            KAPPA.format(COUNTED + "    return 0.0 if chance == 1 else (same - chance) / (1 - chance)"), "no value"
        ),
    ),
)

FAIR = "def fair(opinion, decoy, again):\n{}\n"


def check_fair(fair: Any) -> None:
    """An opinion is taken when it skips the decoy, is stable, and does not mark everything."""
    expect(callable(fair), "This exercise wants a function: `def fair(opinion, decoy, again): ...`.")
    for opinion, decoy, again, want, why in (
        ({1, 2}, 5, {1, 2}, True, "A stable opinion that leaves the decoy out was refused."),
        (set(), 5, set(), True, "An answer may earn nothing: an empty opinion is one."),
        ({1, 5}, 5, {1, 5}, False, "It marked the line that nobody can earn, and was believed."),
        (
            {1, 2},
            5,
            {3},
            False,
            "Asked in another order it says something else, and was believed.",
        ),
        ({1, 2}, 5, {1, 5}, False, "The second opinion holds the decoy, and was believed."),
        ({1, 2}, 5, {1}, False, "Half of it is gone the second time: that is no stable opinion."),
    ):
        got = fair(set(opinion), decoy, set(again))
        expect(isinstance(got, bool), f"It gave {got!r}: say `True` to take the opinion, `False` to throw it away.")
        expect(got == want, why)


fair = Exercise(
    id="13.fair",
    title="when is a machine's opinion taken?",
    difficulty=2,
    minutes=5,
    prompt=(
        "A model was asked twice, the second time with the lines of the rubric in another order (the numbers below are "
        "already put back). Write `fair(opinion, decoy, again)`: `opinion` and `again` are sets of line numbers, "
        "`decoy` is the number of a line that nobody can earn. An opinion may be shown when both sets are the same and "
        "neither has the decoy. It may be empty, and it may hold every real line: an answer can earn none, or all."
    ),
    variable="fair",
    stub="""
def fair(opinion, decoy, again):
    raise NotImplementedError
""",
    check=check_fair,
    hints=(
        "Two reasons to throw it away: it was persuaded, or it depends on the order.",
        "Sets can be compared with `==`; the decoy must be in neither.",
    ),
    answer="\n" + FAIR.format("    return opinion == again and decoy not in opinion"),
    why=(
        "Judges prefer places in a list, longer answers and their own style. A decoy and a second order catch some of "
        "that for the price of one more call; what stays is still an opinion."
    ),
    wrong=(
        WrongAnswer(FAIR.format("    return decoy not in opinion"), "another order"),
        WrongAnswer(FAIR.format("    return opinion == again"), "nobody can earn"),
        WrongAnswer(FAIR.format("    return bool(opinion & again) and decoy not in opinion | again"), "empty opinion"),
        WrongAnswer(FAIR.format("    return decoy not in opinion and len(opinion) == len(again)"), "second opinion"),
    ),
)

EXERCISES = (which_number, kappa, fair)
