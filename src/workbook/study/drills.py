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
from workbook.study.question_page import sources
from workbook.study.trace_drill import TraceDrill
from workbook.study.trace_faults import FAULTS

TRACES = 2
"""Drills a kind of fault."""


def drills(bank: Mapping[str, Question], rows: Rows) -> list[Drill]:
    """Every drill that can be asked now: a number that nobody has measured yet cannot."""
    made = [drill for question in bank.values() for drill in drills_of(question, rows)]
    traces = [
        TraceDrill(f"trace.{name}#{seed}", fault.topic, name, seed)
        for name, fault in FAULTS.items()
        for seed in range(TRACES)
    ]
    return [*made, *traces]


def drills_of(question: Question, rows: Rows) -> Iterator[Drill]:
    """The drills of one question; a number of ours needs its row."""
    if question.choice:
        whys = " ".join(option.why for option in question.choice.options)
        yield ChoiceDrill(f"{question.id}#choice", question.topic, question.choice, more(question, whys))
    if question.number and (truth := _truth(question.number, rows)) is not None:
        number = question.number
        shown = figure(number.claim, rows) if number.claim else f"{number.value:g} {number.unit}"
        below = more(question, f"{number.why} [{number.source}]")
        yield NumberDrill(f"{question.id}#number", question.topic, number, truth, shown, below)
    if question.steps:
        below = more(question, question.steps.why)
        yield StepsDrill(f"{question.id}#steps", question.topic, question.steps, below)


def more(question: Question, text: str) -> str:
    """Below an explanation: the sources that it cites, and the question to read on."""
    return f"{sources(question, text)}\n\n*More: {question.id}, {question.question}*".strip()


def _truth(number: Number, rows: Rows) -> float | None:
    """The value on the scale of the question; None where there is none, or none that a scale can hold."""
    if not number.claim:
        return number.value
    estimate = rows[number.claim]["estimate"]
    if estimate is None or not math.isfinite(estimate):
        return None
    value = estimate * 100 if number.unit in ("%", "points") else estimate
    return value if number.low <= value <= number.high else None
