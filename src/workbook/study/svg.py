"""Small pictures without a plotting library: a few SVG elements and a value that a cell displays.

Drawn for light and dark pages alike: no background, text in a middle grey, and
nothing that only colour tells. Leaves out charts of results (``workbook.lab.plots``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

INK = "#767676"  # 4.5 to 1 against white, and against black
BLUE = "#3b82c4"
ORANGE = "#d17a1f"
MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
SANS = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, repr=False)
class Picture:
    """An SVG drawing with the words that stand in for it; a cell that returns one shows it."""

    svg: str
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.words}


def picture(width: float, height: float, parts: Sequence[str], words: str) -> Picture:
    """Put ``parts`` on a page of ``width`` by ``height`` pixels; ``words`` is its text for screen readers."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{escape(SANS)}" font-size="13" fill="{INK}">'
    )
    return Picture("\n".join([head, f"<title>{escape(words)}</title>", *parts, "</svg>"]), words)


def text(x: float, y: float, content: str, *, anchor: str = "start", mono: bool = False, bold: bool = False) -> str:
    """A line of text whose baseline starts (or is centred, or ends) at ``x, y``."""
    family = f' font-family="{escape(MONO)}"' if mono else ""
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" xml:space="preserve"'
    return f"<text {place}{family}{weight}>{escape(content)}</text>"


def rect(x: float, y: float, width: float, height: float, *, fill: str = "none", stroke: str = "none") -> str:
    """A rectangle with slightly round corners; without ``fill`` an outline."""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"'
    return f'<rect {size} rx="2" fill="{fill}" stroke="{stroke}"/>'


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, width: float = 1, dash: str = "") -> str:
    """A straight line; ``dash`` such as ``"3 3"``."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width:g}"{dashes}/>'


def diamond(x: float, y: float, size: float, *, fill: str) -> str:
    """A diamond around ``x, y``."""
    points = f"{x:.1f},{y - size:.1f} {x + size:.1f},{y:.1f} {x:.1f},{y + size:.1f} {x - size:.1f},{y:.1f}"
    return f'<polygon points="{points}" fill="{fill}"/>'


def circle(x: float, y: float, radius: float, *, fill: str) -> str:
    """A filled disc around ``x, y``, which are pixels from the upper left, as all places here."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>'
