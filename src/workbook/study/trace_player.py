"""The trace player: walk through an agent's run, moment by moment, with what it has done by then.

In a live notebook it is a slider over the moments (arrow keys move it); everywhere else it leaves the trace's own
picture. Leaves out how traces are made (``workbook.agent``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.agent.trace import CallRecord, Step, Trace, shown_call
from workbook.agent.trace_drawing import DECISIONS, fit
from workbook.agent.trace_drawing import draw as draw_trace
from workbook.study import svg
from workbook.study.walk import bundle, walk

WIDTH, LINE = 720, 19
CHIP, CHIP_ROW, LETTER = 22, 28, 7.4
COLUMNS, MOST = 92, 8
"""Letters in a line of text, and lines of one text."""
LAST = 5
"""Calls that are listed, the latest."""


@dataclass(frozen=True)
class Moment:
    """One thing that happened: in which turn (0 is before the first), what it was, its text; and the calls by then."""

    turn: int
    kind: str
    text: str
    calls: tuple[CallRecord, ...]
    tokens: int


def play(trace: Trace) -> Player:
    """Show a run moment by moment."""
    return Player(trace)


@dataclass(frozen=True, repr=False)
class Player:
    """A run to walk through; a cell that returns it shows it."""

    trace: Trace

    def __repr__(self) -> str:
        return repr(self.trace)

    def still(self) -> svg.Picture:
        """The picture for paper and code hosts: the whole run."""
        drawn = draw_trace(self.trace)
        return svg.Picture(drawn.svg, drawn.words)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown = moments(self.trace)
        return bundle(self.still(), lambda: walk(lambda at: draw(shown, at), len(shown), 0, "Moment", first=1))


def moments(trace: Trace) -> list[Moment]:
    """All that happened, in order, the ending last."""
    found = [Moment(0, message.role, message.content, (), 0) for message in trace.given]
    calls: tuple[CallRecord, ...] = ()
    tokens = 0
    for turn, step in enumerate(trace.steps, 1):
        tokens += step.prompt_tokens + step.tokens
        for kind, text, record in _of_step(step):
            calls = calls if record is None else (*calls, record)
            found.append(Moment(turn, kind, text, calls, tokens))
    return [*found, Moment(len(trace.steps), trace.ending, trace.answer or trace.reason, calls, tokens)]


def draw(shown: Sequence[Moment], at: int) -> svg.Picture:
    """The row of moments, the one ``at`` that place in full, and what the agent has done by then."""
    now = shown[at]
    parts, y = _chips(shown, at)
    turn = f"turn {now.turn}" if now.turn else "before the first turn"
    head = f"{at + 1} of {len(shown)}, {turn}: {now.kind}"
    blocks = [(head, _wrapped(now.text)), (by_then(now), [_call(record) for record in now.calls[-LAST:]])]
    for title, lines in blocks:
        parts.append(svg.text(8, y + 20, title, bold=True))
        parts += [svg.text(8, y + 20 + LINE * row, line, mono=True) for row, line in enumerate(lines, 1)]
        y += 30 + LINE * len(lines)
    return svg.picture(WIDTH, y + 10, parts, f"{head}: {now.text} {by_then(now)}")


def by_then(now: Moment) -> str:
    """What the agent has done up to a moment, in a line."""
    made = [shown_call(record.call) for record in now.calls]
    again = len(made) - len(set(made))
    repeats = f", {again} made before" if again else ""
    return f"By then: {len(made)} call{'s' * (len(made) != 1)}{repeats}; {now.tokens:,} tokens read and written."


def _of_step(step: Step) -> Iterator[tuple[str, str, CallRecord | None]]:
    """Kind and text of all that happened in a turn, with the call where one came to its end."""
    yield "forced" if step.forced else "model", step.content or step.text, None
    if step.problems:
        yield "unreadable", "; ".join(step.problems), None
    for record in step.calls:
        yield record.status, shown_call(record.call), None if record.result else record
        for look in record.looks:
            if look.decision != "allow":
                yield "guard", f"{look.guard}, {DECISIONS[look.decision]}: {look.reason}", None
        if record.asked:
            yield "person", f"{record.asked.answer}: {record.asked.reason}", None
        if record.result:
            yield "result", record.result.content, record
    if step.feedback:
        yield "told", step.feedback, None


def _chips(shown: Sequence[Moment], at: int) -> tuple[list[str], float]:
    """A box for each moment, wrapped to the page; the one shown has a second border and bold type."""
    parts, x, y = list[str](), 8.0, 6.0
    for number, moment in enumerate(shown):
        width = LETTER * len(moment.kind) + 12
        if x + width > WIDTH - 8:
            x, y = 8.0, y + CHIP_ROW
        parts.append(svg.rect(x, y, width, CHIP, stroke=svg.INK))
        if number == at:
            parts.append(svg.rect(x - 2, y - 2, width + 4, CHIP + 4, stroke=svg.ORANGE))
        parts.append(svg.text(x + width / 2, y + 15, moment.kind, anchor="middle", bold=number == at))
        x += width + 6
    return parts, y + CHIP_ROW


def _call(record: CallRecord) -> str:
    result = f" → {record.result.content}" if record.result else ""
    return fit(f"{record.status:9} {shown_call(record.call)}{result}", COLUMNS)


def _wrapped(text: str) -> list[str]:
    lines = [fit(line, COLUMNS) for part in text.splitlines() for line in textwrap.wrap(part, COLUMNS) or [""]]
    return lines[:MOST] + [f"… and {len(lines) - MOST} lines more"] * (len(lines) > MOST) or ["(nothing)"]
