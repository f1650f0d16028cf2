"""The exercises of notebook 12: reading a control chart, a chart of one's own, and a check that broken systems fail."""

from __future__ import annotations

from random import Random
from typing import Any

from workbook.core.control_chart import Chart, Watch
from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

which_cause = choice(
    "12.which_cause",
    "what does this chart say?",
    minutes=3,
    question=(
        "On Monday at nine the chart for *bad arguments* rings, for one department alone; the chart for all failures "
        "stays quiet, and so do the other causes. The agent's model has been the same for a month. What is likeliest?"
    ),
    options={
        "a": ("a false alarm, for the sum stays quiet", "A rise in one cause drowns in the sum: so each has a chart."),
        "b": ("the department changed a schema", "One service, one cause, at once, and the model is the old one."),
        "c": ("the model has got worse, and fails everywhere", "Then it would fail in every department."),
        "d": ("the network between agent and gateway drops answers", "That shows as time-outs and server errors."),
    },
    right="b",
    hints=("What do the failures have in common: the model, the network, or the service?",
           "Bad arguments are refused by a schema. Whose?"),
)  # fmt: skip

RUN = "def first_alarm(failed, step, limit):\n{}\n"
LOOP = (
    "    level = 0\n    for call, bad in enumerate(failed, 1):\n        {}\n{}"
    "        if level >= limit:\n            return call\n    return None"
)
FLOOR = "        level = max(0, level)\n"


def check_chart(first_alarm: Any) -> None:
    """The call of the first alarm, or None, on streams that tell the likely mistakes apart."""
    expect(callable(first_alarm), "This exercise wants a function: `def first_alarm(failed, step, limit): ...`.")
    long_calm = [False] * 200 + [True] * 6
    cases: list[tuple[list[bool], int, int, str]] = [
        ([], 5, 8, "No calls, no alarm: `None`."),
        ([False] * 50, 5, 8, "Nothing failed, and it rings."),
        ([True, True], 5, 8, "Two failures in a row lift the level by 4 each, to the limit: it rings at call 2."),
        (long_calm, 5, 8, "The level went below 0 in the calm, so that the alarm comes late: it never falls below 0."),
        ([True, False, True, False, True], 5, 10, "A success takes 1 away, and no more: failures are remembered."),
    ]
    rng = Random(12)
    cases += [([rng.random() < 0.2 for _ in range(120)], 6, 14, "A random run went wrong.") for _ in range(20)]
    for failed, step, limit, why in cases:
        got, want = first_alarm(list(failed), step, limit), _first_alarm(failed, step, limit)
        expect(got == want and not isinstance(got, bool), f"{why} It gave {got!r}, not {want}.")


def _first_alarm(failed: list[bool], step: int, limit: int) -> int | None:
    watch = Watch(Chart(0.1, 0.2, step, limit))
    return next((call for call, bad in enumerate(failed, 1) if watch.add(bad)), None)


own_chart = Exercise(
    id="12.own_chart",
    title="a control chart in five lines",
    difficulty=2,
    minutes=10,
    prompt=(
        "Write `first_alarm(failed, step, limit)`. `failed` lists calls, `True` for a failure. A level starts at 0; a "
        "failure adds `step - 1`, a success takes 1 away, and it never falls below 0. Return the number of the call, "
        "counted from 1, at which the level first reaches `limit`, or `None`."
    ),
    variable="first_alarm",
    stub="""
def first_alarm(failed, step, limit):
    raise NotImplementedError
""",
    check=check_chart,
    hints=("Keep one number. What happens to it at each call?", "`max(0, ...)` after each call, before you compare."),
    answer="\n" + RUN.format(LOOP.format("level += step - 1 if bad else -1", FLOOR)),
    why=(
        "This is a CUSUM. The floor at 0 makes it forget good times: a year of calm buys no credit for a bad hour, "
        "which is what an average over all calls would give."
    ),
    wrong=(
        WrongAnswer(RUN.format(LOOP.format("level += step - 1 if bad else -1", "")), "below 0"),
        WrongAnswer(RUN.format(LOOP.format("level = level + step - 1 if bad else 0", FLOOR)), "takes 1 away"),
        WrongAnswer(
            RUN.format("    window = failed[-20:]\n    return len(failed) if sum(window) * step >= limit else None"),
            "It gave",
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
        "`service.send(key, amount)` pays and gives the payment's number. The same key again gives the same number and "
        "pays nothing; the same key with another amount raises `ValueError`. `service.paid()` lists the amounts that "
        "left the account. Write `sound(service)`: try it out, and return whether it keeps all of that. Five broken "
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

EXERCISES = (which_cause, own_chart, own_check)
