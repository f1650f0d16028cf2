"""The funnel of a training set as a picture: what each stage let through, and why it rejected the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbook.lab.canvas import GREY, Picture, fill, finish, new_axes, picture


def funnel_plot(stages: Sequence[Mapping[str, Any]], title: str = "From drawn conversations to rows") -> Picture:
    """A bar for each stage: kept, and rejected behind it, with the causes; ``stages`` as ``Made.funnel`` gives them."""
    names = [stage["stage"] for stage in stages]
    kept = [stage["out"] for stage in stages]
    rejected = [stage["in"] - stage["out"] for stage in stages]
    with new_axes(7.4, 1.2 + 0.46 * len(stages)) as (figure, axes):
        axes.barh(names, kept, 0.6, label="kept", **fill(0))
        axes.barh(names, rejected, 0.6, left=kept, label="rejected", **fill(1))
        for place, stage in enumerate(stages):
            axes.annotate(f"  {_causes(stage)}", (stage["in"], place), va="center", color=GREY, fontsize=9)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.5 * max([stage["in"] for stage in stages] or [1]))
        axes.set_xlabel("conversations")
        finish(axes, title, legend=True, grid="x")
        words = [f"{s['stage']}: {s['in']} in, {s['out']} out; {_causes(s)}" for s in stages]
        return picture(figure, "\n".join([title, *words]))


def _causes(stage: Mapping[str, Any]) -> str:
    """The three most frequent causes, or that there are none."""
    ranked = sorted(stage["causes"].items(), key=lambda item: -item[1])
    rest = sum(number for _, number in ranked[3:])
    shown = [f"{cause} {number:,}" for cause, number in ranked[:3]] + ([f"other {rest:,}"] if rest else [])
    return ", ".join(shown) or "none rejected"
