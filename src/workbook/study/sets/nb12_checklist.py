"""The exercises of notebook 12: reading a control chart, what a chart costs, and a check that broken systems fail."""

from __future__ import annotations

from typing import Any

from workbook.core.control_chart import Chart
from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

which_cause = choice(
    "12.which_cause",
    "the chart for one cause rings",
    minutes=4,
    question=(
        "The chart for *bad arguments* rings; that for all failures and the other causes stay quiet. You have released "
        "nothing for a month. Of the last 4,000 calls 40 were refused for their arguments, 37 of these at three "
        "operations of one department, where nine calls in ten fail now. What first?"
    ),
    options={
        "a": (
            "go back to yesterday's prompt, tools and weights, which were sound",
            "Nothing of yours has changed: yesterday's release sends the same arguments, and they are refused as well.",
        ),
        "b": (
            "compare these operations' schemas with those you showed",
            "One service, one cause, all at once, and a model that is the old one: the schema has changed under it.",
        ),
        "c": (
            "raise the limit of this chart: one call in a hundred is no fault",
            "One in a hundred of all calls is nine in ten of these operations'. The share of all calls hides it.",
        ),
        "d": (
            "send the refused calls again, with new idempotency keys",
            "The same arguments are refused again, and where one passes late, a new key does the deed twice.",
        ),
    },
    right="b",
    hints=("What do the failures have in common: the model, the network, or the service?",
           "Bad arguments are refused by a schema. Whose, and since when?"),
)  # fmt: skip

RUN = "def run_length(rate, step, limit):\n{}\n"
WALK = (
    "    chances, calls = {{0: 1.0}}, 0.0\n"
    "    while sum(chances.values()) > 1e-9:\n"
    "        {}\n"
    "        moved = {{}}\n"
    "        for level, chance in chances.items():\n"
    "            for change, share in ((step - 1, rate), (-1, 1 - rate)):\n"
    "                new = {}\n"
    "                if new < limit:\n"
    "                    moved[new] = moved.get(new, 0.0) + chance * share\n"
    "        chances = moved\n"
    "    return calls"
)
QUIET = "calls += sum(chances.values())"
CASES = ((1.0, 3, 10), (0.5, 2, 1), (0.3, 4, 8), (0.2, 5, 11), (0.1, 6, 14), (0.05, 3, 7))
"""Rates, steps and limits; the first two can be worked out by hand."""


def check_run_length(run_length: Any) -> None:
    """Within one per cent of the mean that the chain gives."""
    expect(callable(run_length), "This exercise wants a function: `def run_length(rate, step, limit): ...`.")
    for rate, step, limit in CASES:
        got, want = run_length(rate, step, limit), Chart(0.1, 0.2, step, limit).run_length(rate)
        shown = f"For rate {rate}, step {step}, limit {limit} it gave {got!r}, not {want:.2f}."
        expect(isinstance(got, int | float) and not isinstance(got, bool), f"{shown} Give a number.")
        expect(abs(got - want + 1) > 0.001, f"{shown} The call that rings counts too.")
        expect(rate < 1 or abs(got - want) < 0.01, f"{shown} When every call fails, the level climbs by `step - 1`.")
        expect(got <= 1.01 * want, f"{shown} Too long: the level never falls below 0.")
        expect(got >= 0.99 * want, f"{shown} Too short: weigh each level by the chance to stand there, quiet so far.")


chart_cost = Exercise(
    id="12.run_length",
    title="what a chart costs, without a simulation",
    difficulty=3,
    minutes=15,
    prompt=(
        "Write `run_length(rate, step, limit)`: the mean number of calls until the chart of this notebook rings, when "
        "each call fails with chance `rate`; within one per cent. A level starts at 0; a failure adds `step - 1`, a "
        "success takes 1 away, it never falls below 0, and it rings at `limit`. Do not simulate: keep the chance of "
        "each level, after each call, of those runs that have not rung yet."
    ),
    variable="run_length",
    stub="""
def run_length(rate, step, limit):
    raise NotImplementedError
""",
    check=check_run_length,
    hints=(
        "The mean of a count is the sum, over all calls, of the chance that this call is still needed.",
        (
            "Start with `chances = {0: 1.0}`. Before each call add up what is left in it; then move each chance up by "
            "`step - 1` and down by 1, drop what reaches `limit`, and go on until almost nothing is left."
        ),
    ),
    answer="\n" + RUN.format(WALK.format(QUIET, "max(0, level + change)")),
    why=(
        "So the price of an alarm is known before the first call is watched: choose the limit by it, not by feeling. "
        "With the fault's rate the same function gives the delay."
    ),
    wrong=(
        # One that lets the level fall for ever would itself run for ever.
        WrongAnswer(RUN.format(WALK.format(QUIET, "max(-1, level + change)")), "below 0"),
        WrongAnswer(RUN.format("    return limit / (step - 1) / rate"), "it gave"),
        WrongAnswer(RUN.format(WALK.format("calls += 1", "max(0, level + change)")), "it gave"),
        WrongAnswer(
            RUN.format(WALK.format(QUIET, "max(0, level + change)").replace("return calls", "return calls - 1")),
            "rings counts",
        ),
    ),
)  # fmt: skip


class Payments:
    """A service that pays. ``send(key, amount)`` gives the payment's number; the answer may be lost after the effect.

    ``break_`` says what is wrong with it, ``""`` for nothing.
    """

    def __init__(self, break_: str = "") -> None:
        self._break = break_
        self._kept: dict[str, tuple[int, int]] = {}
        self._paid: list[int] = []

    def send(self, key: str, amount: int) -> int:
        """Pay, once for each key; raises ``ValueError`` for a key that was used for another amount."""
        known = self._kept.get(key)
        if known and self._break != "forgets keys":
            if known[1] != amount and self._break != "answers for another amount":
                raise ValueError("this key belongs to another payment")
            if self._break == "remembers once":
                del self._kept[key]
            return known[0]
        if self._break == "pays the first only" and self._kept:
            return 1
        if self._break != "says yes and does nothing":
            self._paid.append(amount)
        number = len(self._paid)
        self._kept[key] = (number, amount)
        return number

    def paid(self) -> list[int]:
        """The amounts that left the account."""
        return list(self._paid)


BREAKS = {
    "forgets keys": "a payment that is sent twice under one key is paid twice",
    "remembers once": "the third try under one key pays again",
    "pays the first only": "a second payment, under a key of its own, never leaves",
    "says yes and does nothing": "it answers, and nothing is paid",
    "answers for another amount": "an old key with another amount is answered as if that had been paid",
}


def check_sound(sound: Any) -> None:
    """True for the sound service, False for each broken one."""
    expect(callable(sound), "This exercise wants a function: `def sound(service): ...`.")
    verdict = sound(Payments())
    expect(isinstance(verdict, bool), f"It gave {verdict!r}: return `True` or `False`.")
    expect(verdict, "It refuses a service that is sound: a check that always fails is switched off within a week.")
    for name, why in BREAKS.items():
        expect(sound(Payments(name)) is False, f"A broken service passes your check: {why}.")


SOUND = """
def sound(service):
    first = {service.send("a", 5) for _ in range(3)}
    second = service.send("b", 7)
    try:
        service.send("a", 9)
        refused = False
    except ValueError:
        refused = True
    return refused and len(first | {second}) == 2 and service.paid() == [5, 7]
"""

own_check = Exercise(
    id="12.own_check",
    title="a check that broken systems fail",
    difficulty=3,
    minutes=15,
    prompt=(
        "`service.send(key, amount)` pays and gives the payment's number. The same key again, however often, gives the "
        "same number and pays nothing; the same key with another amount raises `ValueError`. "
        "`service.paid()` lists the amounts that left the account. "
        "Write `sound(service)`: try it out, and return whether it keeps all of that. Five broken "
        "services wait, and on paper each has idempotency keys."
    ),
    variable="sound",
    stub="""
def sound(service):
    raise NotImplementedError
""",
    check=check_sound,
    hints=(
        "Send twice and look at `paid()`. Then ask: what else could be wrong with a service that passes?",
        "Three tries under one key, a second key, and the first key with another amount.",
    ),
    answer=SOUND,
    why=(
        "Each broken service passes some check. A check is worth what it has been seen to fail: keep the broken copies "
        "beside it, and run them whenever the check changes."
    ),
    wrong=(
        WrongAnswer(
            "\ndef sound(service):\n    return service.send('a', 5) == service.send('a', 5)\n", "third try"
        ),
        WrongAnswer("\ndef sound(service):\n    return hasattr(service, 'send')\n", "broken service passes"),
        WrongAnswer(
            "\ndef sound(service):\n    service.send('a', 5), service.send('a', 5)\n    return service.paid() == [5]\n",
            "third try",
        ),
        WrongAnswer("\ndef sound(service):\n    return False\n", "always fails"),
    ),
)  # fmt: skip

EXERCISES = (which_cause, chart_cost, own_check)
