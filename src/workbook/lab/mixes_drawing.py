"""Pictures of a sweep over mixes: measures along the share, and tool skill against what is kept (Pareto).

A live run is drawn hollow over the reference. Leaves out the estimates (``mixes_estimates``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.stats import Interval
from workbook.lab.canvas import GREY, Picture, finish, form, marker, new_axes, picture, stroke
from workbook.lab.mixes import Plan
from workbook.lab.mixes_estimates import Rows, ran, share, shares_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"call": "right calls", "ask": "asks", "decline": "declines", "talk": "small talk", "facts": "facts"}
HOLLOW: dict[str, Any] = {"markerfacecolor": "none", "linestyle": "none", "alpha": 0.9}


def curve_plot(rows: Rows, measures: Sequence[str], live: Rows = (), title: str = "") -> Picture:
    """Measures by the share of general data; shares stand side by side, each as wide as the next."""
    shares = shares_of([*rows, *live], Plan())
    with new_axes(7.0, 4.0) as (figure, axes):
        told = []
        for number, measure in enumerate(measures):
            drawn = {one: share(rows, measure, Plan(one)) for one in shares_of(rows, Plan())}
            aside = 0.1 * (number - (len(measures) - 1) / 2)
            places = [shares.index(one) + aside for one in drawn]
            axes.errorbar(
                places,
                *_ends(list(drawn.values())),
                fmt=form(number),
                label=NAMES.get(measure, measure),
                **stroke(number),
            )
            over = {one: share(live, measure, Plan(one)) for one in shares_of(live, Plan())} if live else {}
            at = [shares.index(one) + aside + 0.04 for one in over]
            axes.errorbar(at, *_ends(list(over.values())), fmt=marker(number), **{**stroke(number), **HOLLOW})
            told += [*_told(measure, drawn), *_told(f"{measure}, live", over)]
        axes.set_xticks(range(len(shares)), [f"{one:.0%}" for one in shares])
        axes.set_xlabel("general rows in the mix; hollow: your run" if live else "general rows in the mix")
        axes.set_ylim(-0.03, 1.05)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        finish(axes, title, legend=True, grid="y")
        return picture(figure, "\n".join([title, *told]))


def pareto_plot(groups: Mapping[str, Mapping[str, Plan]], rows: Rows, live: Rows = (), title: str = "") -> Picture:
    """Right calls (across) against what is kept (up): a marker a group, each point with its name.

    ``groups`` names the plans, such as ``{"real rows": {"5 %": Plan(0.05)}}``; a plan without a run is left out.
    """
    with new_axes(7.0, 4.8) as (figure, axes):
        told = []
        for number, (name, plans) in enumerate(groups.items()):
            points = dict(_points(plans, rows))
            for label, (across, up) in points.items():
                axes.annotate(
                    label, (across.estimate, up.estimate), xytext=(6, 5), textcoords="offset points", color=GREY
                )
                told.append(f"{name}, {label}: right calls {across}, kept {up}, n = {up.n}")
            _crosses(axes, [*points.values()], number, label=name)
            _crosses(axes, [*dict(_points(plans, live)).values()], number, **HOLLOW)
        axes.set_xlabel("right calls; hollow: your run" if live else "right calls")
        axes.set_ylabel("small talk and facts kept")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.05)
        finish(axes, title, legend=True, grid="both")
        return picture(figure, "\n".join([title, *told]))


def _points(plans: Mapping[str, Plan], rows: Rows) -> Iterator[tuple[str, tuple[Interval, Interval]]]:
    for label, plan in plans.items():
        if ran(rows, plan):
            yield label, (share(rows, "call", plan), share(rows, "kept", plan))


def _crosses(axes: Axes, points: Sequence[tuple[Interval, Interval]], number: int, **how: Any) -> None:
    """Dots with whiskers both ways; thin ones, for they cross."""
    if not points:
        return
    across, up = zip(*points, strict=True)
    (x, sideways), (y, upwards) = _ends(across), _ends(up)
    style = {**stroke(number), "linewidth": 1.0, "linestyle": "none", **how}
    axes.errorbar(x, y, xerr=sideways, yerr=upwards, fmt=marker(number), **style)


def _ends(intervals: Sequence[Interval]) -> tuple[list[float], list[list[float]]]:
    """Estimates, and how far the whiskers reach."""
    below = [max(0.0, one.estimate - one.low) for one in intervals]
    return [one.estimate for one in intervals], [below, [max(0.0, one.high - one.estimate) for one in intervals]]


def _told(name: str, drawn: Mapping[float, Interval]) -> list[str]:
    return [f"{name}, {one:.0%}: {interval}, n = {interval.n}" for one, interval in drawn.items()]
