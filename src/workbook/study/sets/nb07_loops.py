"""The exercises of notebook 07: what a note must hold, a guard that tells a loop from a poll, the budget that pays."""

from __future__ import annotations

from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

which_cure = choice(
    "07.which_cure",
    "which cure fits?",
    minutes=2,
    question=(
        "An agent must compare 30 log files. After the twentieth it reads the first ones again: they have left its "
        "context. What lets it complete the comparison?"
    ),
    options={
        "a": ("refuse a read that was made before", "Then it never gets what it has lost: it ends, and is wrong."),
        "b": ("keep a finding for each file", "What is needed later stays in view, in few tokens."),
        "c": ("a note of each file's name that has been read", "It stops reading again, and still lacks the findings."),
        "d": ("a budget of 40 steps, then a forced answer", "That ends the loop, with an answer from a third of it."),
    },
    right="b",
    hints=("Ending is not finishing.", "What has it lost: that it read the file, or what stood in it?"),
)

LIMITS = {"error": 5, "poll": 5}
"""Second tries after errors, and polls, that a rule must let through in a row."""
MANY = 30
"""So many that no rule may let one more through."""

Y, N = {"name": "amber", "year": 1}, {"year": 1, "name": "amber"}
RULE = "def refuse_repeat(past, call, changing):\n{}\n"
SAME = "    same = [outcome for tool, arguments, outcome in past if (tool, arguments) == call]\n"
POLLS = "    if call[0] in changing:\n        return len(same) >= 10\n"


def check_guard(refuse_repeat: Any) -> None:
    """Repeats that cannot bring anything new are refused; first calls, second tries and polls pass, within reason."""
    expect(callable(refuse_repeat), "This exercise wants a function: `def refuse_repeat(past, call, changing): ...`.")
    read, ok = ("read_bill", Y), ("read_bill", Y, "ok")
    for past, call, want, why in (
        ([], read, False, "A first call was refused."),
        ([ok], ("read_bill", {**Y, "year": 2}), False, "The same tool with other arguments was refused: pages."),
        ([ok], read, True, "A call that worked was let through again: its result can be no other."),
        ([ok, ("list_bills", {}, "ok")], read, True, "It looks at the last call only: loops of two pass."),
        ([("read_bill", N, "ok")], read, True, "The order of the arguments does not make another call."),
        ([("get", {}, "error")] * 2, ("get", {}), False, "A second try after an error was refused: services recover."),
        ([("get", {}, "error")] * MANY, ("get", {}), True, f"{MANY} errors, and it still lets the call through."),
        ([("job_status", {}, "ok")] * 5, ("job_status", {}), False, "Polling was refused: that result may change."),
        ([("job_status", {}, "ok")] * MANY, ("job_status", {}), True, f"{MANY} polls, and no end."),
    ):
        got = refuse_repeat(list(past), call, frozenset({"job_status"}))
        expect(isinstance(got, bool), f"It gave {got!r}: say `True` to refuse, `False` to let it run.")
        expect(got == want, why)


guard = Exercise(
    id="07.guard",
    title="a loop or a poll?",
    difficulty=3,
    minutes=15,
    prompt=(
        "Write `refuse_repeat(past, call, changing)`. `past` lists what has run: `(tool, arguments, outcome)`, the "
        'outcome `"ok"` or `"error"`. `call` is the next `(tool, arguments)`. `changing` holds the tools whose results '
        "change by themselves; no tool here writes, so nothing else can give something new. Return `True` to refuse "
        "the call: when it worked before and cannot give anything else; when a few tries (3 or more, fewer than 30) "
        "have failed; when a `changing` tool was polled often (6 times or more, fewer than 30, errors included)."
    ),
    variable="refuse_repeat",
    stub="""
def refuse_repeat(past, call, changing):
    raise NotImplementedError
""",
    check=check_guard,
    hints=(
        "Collect the outcomes of the same call first: `(tool, arguments) == call`. Dicts compare without order.",
        "Three cases: the tool is `changing`; it worked before; it only failed so far.",
    ),
    answer="\n" + RULE.format(SAME + POLLS + '    return "ok" in same or len(same) >= 3'),
    why=(
        "From calls and results alone, a poll cannot be told from a loop: both repeat a call, and both may get the "
        "same result. Who wrote the tool knows. So let the tool declare it (MCP has `idempotentHint`, "
        "and nothing for *changes by itself*), and bound everything else."
    ),
    wrong=(
        WrongAnswer(RULE.format("    return any((t, a) == call for t, a, _ in past)"), "A second try"),
        WrongAnswer(RULE.format("    return bool(past) and past[-1][:2] == call"), "last call only"),
        WrongAnswer(RULE.format(SAME + "    return len(same) >= 10"), "its result can be no other"),
        WrongAnswer(RULE.format(SAME + '    return "ok" in same or len(same) >= 3'), "Polling was refused"),
        WrongAnswer(
            RULE.format(SAME + '    return call[0] not in changing and ("ok" in same or len(same) >= 3)'), "no end"
        ),
        WrongAnswer(
            RULE.format("    return str(call[1]) in [str(a) for t, a, _ in past if t == call[0]]"),
            "order of the arguments",
        ),
    ),
)

RUNS: tuple[list[int], ...] = ([2, 2, 3, 4, 4, 5, 9], [3, 3, 3], [2, 9, 9, 9], [1, 1], [])
BUDGET = "def budget(steps, loops, value, cost):\n{}\n"
GAIN = (
    "    def gain(limit):\n"
    "        done = [s for s in steps if s <= limit]\n"
    "        return value * len(done) - cost * (sum(done) + limit * ({}))\n"
    "    return {}"
)
LATE = "loops + len(steps) - len(done)"


def _gain(steps: list[int], loops: int, value: float, cost: float, limit: int) -> float:
    done = [s for s in steps if s <= limit]
    return value * len(done) - cost * (sum(done) + limit * (loops + len(steps) - len(done)))


def check_budget(budget: Any) -> None:
    """The limit with the largest gain; the smaller one where two are as good."""
    expect(callable(budget), "This exercise wants a function: `def budget(steps, loops, value, cost): ...`.")
    for steps in RUNS:
        for loops, value, cost in ((0, 10, 1), (3, 10, 1), (20, 10, 1), (0, 1, 1)):
            got = budget(list(steps), loops, value, cost)
            limits = range(max(steps, default=0) + 1)
            want = max(limits, key=lambda limit: (_gain(steps, loops, value, cost, limit), -limit))
            shown = f"For steps {steps}, {loops} loops, value {value} and cost {cost} it gave {got!r}, not {want}."
            expect(isinstance(got, int) and not isinstance(got, bool), f"{shown} A limit is a whole number.")
            expect(
                got == want, f"{shown} Runs that are cut, and loops, cost the whole limit; of equals take the smaller."
            )


best_budget = Exercise(
    id="07.best_budget",
    title="how many steps are worth it?",
    difficulty=2,
    minutes=10,
    prompt=(
        "Of many runs you know: `steps`, a list with the turns of each run that came to a good end, and `loops`, how "
        "many runs never would. A good end within the limit is worth `value`, each turn costs `cost`, and a run that "
        "is cut has used the whole limit. Write `budget(steps, loops, value, cost)`: the limit, from 0 to the longest "
        "good run, with the largest total gain (the smaller of two equals)."
    ),
    variable="budget",
    stub="""
def budget(steps, loops, value, cost):
    raise NotImplementedError
""",
    check=check_budget,
    hints=(
        "Write `gain(limit)`: the good ends within the limit times `value`, minus `cost` times all turns.",
        "`max` with `key=` keeps the first of equals: begin with the smallest limit.",
    ),
    answer="\n" + BUDGET.format(GAIN.format(LATE, "max(range(max(steps, default=0) + 1), key=gain)")),
    why=(
        "A budget is a bet: it cuts good runs as well as loops. With few loops the longest good run sets it, with many "
        "the typical one. The defaults of frameworks (10, 20, 25 turns, 1,000 and more) were chosen without your data."
    ),
    wrong=(
        WrongAnswer(BUDGET.format("    return max(steps, default=0)"), "cost the whole limit"),
        WrongAnswer(
            BUDGET.format(GAIN.format("loops", "max(range(max(steps, default=0) + 1), key=gain)")),
            "cost the whole limit",
        ),
        WrongAnswer(
            BUDGET.format(GAIN.format(LATE, "max(reversed(range(max(steps, default=0) + 1)), key=gain)")), "of equals"
        ),
    ),
)

EXERCISES = (which_cure, guard, best_budget)
