"""The workbook's look, and how a figure becomes a picture: shared by ``plots`` and ``growth``.

The background is transparent; text and axes are a middle grey with a contrast of 4.5 to 1 against white and against
black; groups differ in marker, line or hatch besides their colour. Every picture carries a description in words.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "#767676"
COLOURS = ("#3b82c4", "#c8701a", "#2e8b57", "#b0569b", "#767676", "#a88600", "#c44e52")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "///", "xx", "..", "\\\\\\")
DPI = 105
PALETTE = 64


@dataclass(frozen=True)
class Picture:
    """A figure as a PNG, with what it shows in words; notebooks display it by itself."""

    png: bytes
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}


@contextmanager
def new_axes(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Fresh axes in the workbook's style; the user's own matplotlib settings stay as they are."""
    with new_panels(width, height, 1) as (figure, (axes,)):
        yield figure, axes


@contextmanager
def new_panels(width: float, height: float, count: int) -> Iterator[tuple[Figure, list[Axes]]]:
    """``count`` axes of :func:`new_axes` side by side, over one vertical scale."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), GREY)
    with matplotlib.rc_context({**style, "font.size": 10, "hatch.linewidth": 0.7, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        panels = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
        for axes in panels:
            axes.spines[["top", "right"]].set_visible(False)
        yield figure, panels


def picture(figure: Figure, text: str) -> Picture:
    """The figure as a PNG with a palette, and what it shows in words."""
    buffer = io.BytesIO()
    # Without the version of matplotlib in the file, the same plot is the same bytes.
    figure.savefig(buffer, format="png", dpi=DPI, transparent=True, metadata={"Software": None})
    return Picture(_small(buffer), text)


def _small(png: io.BytesIO) -> bytes:
    """The picture with a palette: a third of the size, so that executed notebooks stay within their limit."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(png) as picture:
        picture.quantize(PALETTE, method=Image.Quantize.FASTOCTREE).save(small, "PNG", optimize=True)
    return small.getvalue()


def marker(number: int) -> str:
    """A group's marker, as matplotlib names it."""
    return MARKERS[number % len(MARKERS)]


def form(number: int) -> str:
    """A group's marker and line."""
    return marker(number) + LINES[number % len(LINES)]


def stroke(number: int) -> dict[str, Any]:
    """Colour and sizes of a group's marks and lines."""
    return {"color": COLOURS[number % len(COLOURS)], "markersize": 6.5, "capsize": 3, "linewidth": 1.6}


def fill(number: int) -> dict[str, Any]:
    """Solid for the first part; the others pale with hatches in full colour, which also tell them apart in grey."""
    colour, hatch = COLOURS[number % len(COLOURS)], HATCHES[number % len(HATCHES)]
    return {"facecolor": (colour, 0.25 if hatch else 0.9), "edgecolor": colour, "hatch": hatch, "linewidth": 1.0}


def finish(axes: Axes, title: str, legend: bool, grid: Any, above: float = 6) -> None:
    """Grid, title and legend, the same in every picture."""
    axes.grid(axis=grid, color=GREY, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    if title:
        axes.set_title(title, loc="left", fontsize=11, pad=above)
    if legend:
        longest = max(len(label) for label in axes.get_legend_handles_labels()[1])
        # So many columns as fit beside each other, a mark taking the room of eight letters.
        columns = max(1, min(4, 66 // (longest + 8)))
        axes.figure.legend(frameon=False, loc="outside lower center", ncols=columns)
