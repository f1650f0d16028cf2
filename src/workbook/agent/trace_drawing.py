"""A trace as a picture: one column from the question to the answer, a shape and a word for what became of each call.

Drawn for light and dark pages alike: no background, everything in ``currentColor``, which starts as a grey that both
can show and which a page may change; nothing is told by colour alone. Each text is cut to its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from workbook.agent.trace import CallRecord, Decision, Status, Step, Trace, shown_call

INK = "#767676"  # 4.5 to 1 against white, and against black
SANS = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
WIDTH, ROW, LETTER = 760, 22, 7.3
SPINE, MARK, LABEL, BODY = 22.0, 62.0, 80.0, 180.0
"""From the left: the line that joins the steps, the shapes, what they mean, and the text."""
COST = 200
UNDRAWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0\ufffe\uffff]")
"""What XML does not have, what is not seen, and what turns the direction of a line."""


@dataclass(frozen=True, repr=False)
class Drawing:
    """An SVG with the words that stand in for it; a cell that returns one shows it."""

    svg: str
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True)
class Line:
    """One row: a shape of :data:`SHAPES`, what it means, a text, and the costs at its right end."""

    shape: str
    label: str
    text: str = ""
    cost: str = ""
    step: str = ""


def draw(trace: Trace) -> Drawing:
    """The picture of a run."""
    lines = list(_lines(trace))
    height = ROW * len(lines) + 18
    steps = [number for number, line in enumerate(lines) if line.step]
    parts = [_spine(first, second) for first, second in pairwise(steps)]
    parts += [part for number, line in enumerate(lines) for part in _row(line, 9 + ROW * (number + 0.5))]
    words = _drawable(repr(trace))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" color="{INK}" fill="currentColor" font-family="{escape(SANS)}" font-size="12.5">'
    )
    return Drawing("\n".join([head, f"<title>{escape(words)}</title>", *parts, "</svg>"]), words)


def _lines(trace: Trace) -> Iterator[Line]:
    for message in trace.given:
        yield Line("person" if message.role == "user" else "note", message.role, message.content)
    for number, step in enumerate(trace.steps, 1):
        yield from _step(number, step)
    name = f"{trace.policy} (scripted)" if trace.scripted and "scripted" not in trace.policy else trace.policy
    cost = f"{len(trace.steps)} steps, {trace.tokens} tokens, {trace.seconds:.2f} s"
    yield Line("end", trace.ending, trace.reason or trace.answer, cost)
    yield Line("", "policy", name)


def _step(number: int, step: Step) -> Iterator[Line]:
    cost = f"{step.prompt_tokens} + {step.tokens} tokens, {step.seconds:.2f} s"
    about = [word for word, holds in (("forced", step.forced), ("cut", step.cut)) if holds]
    said = step.content or ("" if step.calls or step.problems else "(nothing)")
    yield Line("", ", ".join(about) or "model", said, cost, str(number))
    if step.problems:
        yield Line("cross", "unreadable", "; ".join(step.problems))
    for record in step.calls:
        yield from _call(record)


def _call(record: CallRecord) -> Iterator[Line]:
    yield Line(STATUS_SHAPES[record.status], record.status, shown_call(record.call), f"{record.seconds:.2f} s")
    for look in record.looks:
        if look.decision != "allow":
            yield Line("", f"  {DECISIONS[look.decision]}", f"{look.guard}: {look.reason}")
    if record.asked:
        yield Line("", "  asked", f"{record.asked.answer}: {record.asked.reason}")
    if record.result:
        yield Line("back", "  result", record.result.content)


def _row(line: Line, y: float) -> Iterator[str]:
    if line.step:
        yield f'<circle cx="{SPINE}" cy="{y}" r="10" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        yield _text(SPINE, y, line.step, anchor="middle", bold=True)
    if line.shape:
        yield f'<g transform="translate({MARK} {y})" stroke="currentColor" stroke-width="1.5">{SHAPES[line.shape]}</g>'
    yield _clipped(LABEL, y, line.label, BODY - LABEL - 6, bold=bool(line.shape) and not line.label.startswith(" "))
    yield _clipped(BODY, y, line.text, WIDTH - BODY - (COST if line.cost else 8), mono=True)
    if line.cost:
        yield _text(WIDTH - 8, y, line.cost, anchor="end")


def _spine(first: int, second: int) -> str:
    """The line from one step's number to the next."""
    top, bottom = 9 + ROW * (first + 0.5) + 10, 9 + ROW * (second + 0.5) - 10
    return f'<line x1="{SPINE}" x2="{SPINE}" y1="{top}" y2="{bottom}" stroke="currentColor" stroke-dasharray="2 4"/>'


def _clipped(x: float, y: float, text: str, width: float, mono: bool = False, bold: bool = False) -> str:
    """A line that ends in … where it is too long; a box cuts what a wider font leaves over."""
    inner = _text(0, ROW / 2, fit(text, int(width / LETTER)), mono=mono, bold=bold)
    return f'<svg x="{x}" y="{y - ROW / 2}" width="{width}" height="{ROW}">{inner}</svg>'


def _text(x: float, y: float, text: str, anchor: str = "start", mono: bool = False, bold: bool = False) -> str:
    look = f' font-family="{escape(MONO)}" font-size="12"' * mono + ' font-weight="bold"' * bold
    place = f'x="{x}" y="{y + 4.5}" text-anchor="{anchor}" xml:space="preserve"'
    return f"<text {place}{look}>{escape(text)}</text>"


def fit(text: str, cells: int) -> str:
    """``text`` on one line of at most ``cells`` columns, with … at its end where it was longer."""
    line = _drawable(text)
    if _cells(line) <= cells:
        return line
    while line and _cells(line) > cells - 1:
        line = line[: max(0, min(len(line) - 1, cells))]
    return f"{line}…"


def _drawable(text: str) -> str:
    return UNDRAWABLE.sub("\ufffd", text.replace("\n", "⏎"))


def _cells(text: str) -> int:
    """Columns in a fixed-width font: Chinese, Japanese, Korean and most pictures take two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _path(data: str, filled: bool = False) -> str:
    return f'<path d="{data}" fill="{"currentColor" if filled else "none"}"/>'


_TRIANGLE = "M-5 -6 L6 0 L-5 6 Z"
_SQUARE = "M-6 -6 H6 V6 H-6 Z"
SHAPES: Mapping[str, str] = {
    "person": _path("M-6 7 C-6 -1 6 -1 6 7 Z M0 -7 A3 3 0 1 1 0 -1 A3 3 0 1 1 0 -7", filled=True),
    "note": _path("M-6 -6 H6 V6 H-6 Z M-3 -2 H3 M-3 2 H3"),
    "run": _path(_TRIANGLE, filled=True),
    "failed": _path(f"{_TRIANGLE} M-7 7 L7 -7"),
    "clock": _path("M0 -6 A6 6 0 1 1 0 6 A6 6 0 1 1 0 -6 M0 -4 V0 L3 2"),
    "cross": _path("M-5 -5 L5 5 M5 -5 L-5 5"),
    "guard": _path("M-3 -7 H3 L7 -3 V3 L3 7 H-3 L-7 3 V-3 Z M-4 0 H4"),
    "denied": _path(f"{_SQUARE} M-6 -6 L6 6"),
    "skipped": '<circle r="5.5" fill="none" stroke-dasharray="2 2"/>',
    "back": _path("M4 -6 V1 H-4 M-1 -2 L-5 1 L-1 4"),
    "end": _path(_SQUARE, filled=True),
}
DECISIONS: Mapping[Decision, str] = {
    "allow": "allowed",
    "ask": "ask a person",
    "stop": "stop",
    "answer_now": "answer now",
    "replace_result": "replaced",
}
STATUS_SHAPES: Mapping[Status, str] = {
    "unfinished": "clock",
    "ran": "run",
    "failed": "failed",
    "broken": "failed",
    "timed out": "clock",
    "invalid": "cross",
    "guarded": "guard",
    "denied": "denied",
    "skipped": "skipped",
}
