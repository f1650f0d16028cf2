"""How a cost grows with a size: lines on two logarithmic axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.lab.canvas import GREY, Picture, finish, form, new_axes, picture, stroke

Curve = Mapping[float, float] | Mapping[int, float]
"""Cost by size."""


def growth_plot(curves: Mapping[str, Curve], along: str, unit: str, title: str = "") -> Picture:
    """One line for each of ``curves``; ``along`` names the size, ``unit`` the cost. Costs of zero are left out.

    On these axes a cost that grows as the size does rises at 45 degrees, a constant one is flat.
    """
    from matplotlib.ticker import LogLocator

    with new_axes(6.4, 3.9) as (figure, axes):
        for number, (name, curve) in enumerate(curves.items()):
            shown = {size: cost for size, cost in sorted(curve.items()) if cost > 0}
            axes.plot(list(shown), list(shown.values()), form(number), label=name, **_line(number))
        axes.set_xscale("log")
        axes.set_yscale("log")
        sizes = sorted({size for curve in curves.values() for size in curve})
        axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
        axes.minorticks_off()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_xlabel(along)
        axes.set_ylabel(unit, color=GREY)
        finish(axes, title, legend=len(curves) > 1, grid="y")
        return picture(figure, _in_words(curves, along, unit, title))


def _line(number: int) -> dict[str, Any]:
    """The workbook's strokes; caps belong to intervals."""
    return {key: value for key, value in stroke(number).items() if key != "capsize"}


def _in_words(curves: Mapping[str, Curve], along: str, unit: str, title: str) -> str:
    def told(curve: Curve) -> str:
        return ", ".join(f"{size:,.0f}: {cost:,.3g}" for size, cost in sorted(curve.items()))

    return "\n".join([title or unit, f"{unit} by {along}", *(f"{name}: {told(c)}" for name, c in curves.items())])
