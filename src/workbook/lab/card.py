"""How a result looks in a notebook: a card of plain HTML and one small drawing.

No script and no style sheet; text keeps the page's own colour and everything
else is a middle grey, so that it reads on light and on dark. The verdict has a
word and a sign besides its colour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from workbook.core.stats import Interval
from workbook.lab.claims import Source
from workbook.lab.units import show_margin, show_number
from workbook.lab.verdicts import Rule

SIGNS: Mapping[str, tuple[str, str]] = {
    "holds": ("✓", "#2e9e5b"),
    "fails": ("✗", "#d1495b"),
    "depends": ("◐", "#b7791f"),
    "not distinguishable": ("?", "#767676"),
}
GREY = "#767676"
WIDTH, HEIGHT = 320, 42


def card(title: str, verdict: str, lines: Sequence[str], drawing: str, known: Sequence[Source], foot: str) -> str:
    """The HTML of one result; every text is escaped here."""
    sign, colour = SIGNS[verdict]
    badge = f'<b style="color:{colour}">{sign} {escape(verdict)}</b>'
    body = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
    figures = "".join(f"<li>{escape(s.figure)} <i>{escape(s.source)} ({escape(s.status)})</i></li>" for s in known)
    others = f"<details><summary>What others published</summary><ul>{figures}</ul></details>" if figures else ""
    return (
        f'<div style="border:1px solid {GREY};border-left:5px solid {colour};padding:8px 14px;max-width:720px">'
        f"<div><b>{escape(title)}</b></div><div>{badge}</div>{drawing}{body}{others}"
        f'<div style="font-size:85%;opacity:0.8">{escape(foot)}</div></div>'
    )


def draw_interval(interval: Interval, rule: Rule, unit: str) -> str:
    """An SVG of the interval on its axis, with the region that the rule asks for shaded and its edges labelled."""
    edges = sorted({rule.value - rule.margin, rule.value + (rule.margin if rule.shape == "near" else 0)})
    marks = (interval.low, interval.high, interval.estimate, *edges)
    if any(math.isinf(mark) for mark in marks):
        return ""
    low, high = min(marks), max(marks)
    room = (high - low) * 0.12 or 0.05

    def x(value: float) -> float:
        return round(6 + (WIDTH - 12) * (value - low + room) / (high - low + 2 * room), 1)

    open_ended = {"above": (edges[0], high + room), "below": (low - room, edges[0])}
    start, end = open_ended.get(rule.shape, (edges[0], edges[-1]))
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(_label(interval, rule, unit))}">'
        f'<rect x="{x(start)}" y="4" width="{x(end) - x(start):.1f}" height="20" fill="{GREY}" opacity="0.25"/>'
        f'<line x1="6" x2="{WIDTH - 6}" y1="24" y2="24" stroke="{GREY}"/>'
        f'<line x1="{x(interval.low)}" x2="{x(interval.high)}" y1="14" y2="14" stroke="currentColor" stroke-width="2"/>'
        f'<circle cx="{x(interval.estimate)}" cy="14" r="4" fill="currentColor"/>'
        + "".join(_tick(x(edge), show_number(edge, unit)) for edge in edges)
        + "</svg>"
    )


def _tick(x: float, text: str) -> str:
    return f'<text x="{x}" y="38" font-size="11" text-anchor="middle" fill="{GREY}">{escape(text)}</text>'


def describe_rule(rule: Rule, unit: str) -> str:
    """The rule in words and in the metric's unit."""
    if rule.shape == "always":
        return rule.describe(distance=show_number)
    return rule.describe(lambda value: show_number(value, unit), lambda margin: show_margin(margin, unit))


def foot_line(row: Mapping[str, Any]) -> str:
    """Where a number comes from, in one line."""
    checkpoint = f" ({row['sha256'][:12]})" if row.get("sha256") else ""
    seed = f", seed {row['seed']}" if row.get("seed") is not None else ""
    return f"{row['model']}{checkpoint}; profile {row['profile']}{seed}; {row['hardware']}; {row['date']}"


def _label(interval: Interval, rule: Rule, unit: str) -> str:
    ends = f"{show_number(interval.low, unit)} to {show_number(interval.high, unit)}"
    return f"{show_number(interval.estimate, unit)}, interval {ends}; the claim asks for {describe_rule(rule, unit)}"
