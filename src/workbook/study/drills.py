"""Every drill that can be asked: those of the bank's questions, and faults in traces.

Leaves out the choice of what to ask (``quiz``), the form (``quiz_form``) and the terminal (``workbook quiz``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from workbook.study.drill import Drill
from workbook.study.drill_kinds import ChoiceDrill, NumberDrill, StepsDrill
from workbook.study.figures import Rows, figure
from workbook.study.question import Number, Question
from workbook.study.trace_drill import TraceDrill
from workbook.study.trace_faults import FAULTS

TRACES = 2
"""Drills a kind of fault."""


def drills(bank: Mapping[str, Question], rows: Rows) -> list[Drill]:
    """Every drill that can be asked now: a number that nobody has measured yet cannot."""
    made = [drill for question in bank.values() for drill in _of(question, rows)]
    traces = [
        TraceDrill(f"trace.{name}#{seed}", fault.topic, name, seed)
        for name, fault in FAULTS.items()
        for seed in range(TRACES)
    ]
    return [*made, *traces]


def _of(question: Question, rows: Rows) -> Iterator[Drill]:
    if question.choice:
        yield ChoiceDrill(f"{question.id}#choice", question.topic, question.choice)
    if question.number and (truth := _truth(question.number, rows)) is not None:
        number = question.number
        shown = figure(number.claim, rows) if number.claim else f"{number.value:g} {number.unit}"
        yield NumberDrill(f"{question.id}#number", question.topic, number, truth, shown)
    if question.steps:
        yield StepsDrill(f"{question.id}#steps", question.topic, question.steps)


def _truth(number: Number, rows: Rows) -> float | None:
    """The value on the scale of the question; None where there is none, or none that a scale can hold."""
    if not number.claim:
        return number.value
    estimate = rows[number.claim]["estimate"]
    if estimate is None or not math.isfinite(estimate):
        return None
    value = estimate * 100 if number.unit in ("%", "points") else estimate
    return value if number.low <= value <= number.high else None
