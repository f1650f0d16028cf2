"""Bars side by side: one amount for each of a few things under each of a few conditions, written at its end."""

from __future__ import annotations

from collections.abc import Mapping

from workbook.lab.canvas import GREY, Picture, fill, finish, new_axes, picture

THICK = 0.8
"""What the bars of one thing fill of the distance to the next."""


def bars_plot(amounts: Mapping[str, Mapping[str, float]], unit: str, title: str = "") -> Picture:
    """Lying bars: ``amounts`` by condition, then by thing, such as ``{"32,768 tokens": {"xgrammar": 41.0}}``.

    A thing without an amount under a condition has no bar there.
    """
    things = list(dict.fromkeys(thing for condition in amounts.values() for thing in condition))
    height = THICK / max(len(amounts), 1)
    with new_axes(7.0, 1.1 + 0.26 * len(things) * max(len(amounts), 1.5)) as (figure, axes):
        for number, (name, condition) in enumerate(amounts.items()):
            places = [things.index(thing) + height * (number - (len(amounts) - 1) / 2) for thing in condition]
            axes.barh(places, list(condition.values()), 0.9 * height, label=name, **fill(number))
            for place, amount in zip(places, condition.values(), strict=True):
                axes.annotate(f" {amount:,.3g}", (amount, place), va="center", fontsize=9, color=GREY)
        axes.set_yticks(range(len(things)), things)
        axes.set_ylim(len(things) - 0.5, -0.5)
        axes.set_xlim(0, 1.12 * max((max(c.values(), default=0) for c in amounts.values()), default=0) or 1)
        axes.set_xlabel(unit)
        finish(axes, title, legend=len(amounts) > 1, grid="x")
        return picture(figure, _in_words(amounts, unit, title))


def _in_words(amounts: Mapping[str, Mapping[str, float]], unit: str, title: str) -> str:
    told = (
        f"{name}: " + ", ".join(f"{k} {v:,.3g}" for k, v in condition.items()) for name, condition in amounts.items()
    )
    return "\n".join([f"{title or 'bars'} ({unit})", *told])
