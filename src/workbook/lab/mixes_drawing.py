"""Pictures of a sweep over mixes: measures by mix and by number of rows, tool skill against what is kept (Pareto).

A live run is drawn hollow over the reference. Leaves out the estimates (``mixes_estimates``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval
from workbook.lab.canvas import GREY, Picture, finish, form, marker, new_axes, new_panels, picture, stroke
from workbook.lab.mixes_estimates import Rows, ran, share
from workbook.lab.mixes_plans import Plan, counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"call": "right calls", "ask": "asks", "decline": "declines", "talk": "small talk", "facts": "facts"}
Point = tuple[Interval, Interval]
"""Right calls, and what is kept."""
HOLLOW: dict[str, Any] = {"markerfacecolor": "none", "linestyle": "none", "alpha": 0.9}


def curve_plot(
    plans: Mapping[str, Plan],
    rows: Rows,
    measures: Sequence[str],
    yours: Mapping[str, Plan],
    live: Rows = (),
    title: str = "",
) -> Picture:
    """A panel for each measure, and in it the plans side by side; ``yours`` are drawn hollow beside those so named."""
    told = [title]
    with new_panels(7.2, 3.5, len(measures)) as (figure, panels):
        for number, (axes, measure) in enumerate(zip(panels, measures, strict=True)):
            drawn = {label: share(rows, measure, plan) for label, plan in plans.items()}
            over = {label: share(live, measure, plan) for label, plan in yours.items() if ran(live, plan)}
            bare = {**stroke(number), "linestyle": "none", "markersize": 5, "capsize": 2}
            axes.errorbar(range(len(plans)), *_ends(drawn.values()), fmt=marker(number), **bare)
            aside = [list(plans).index(label) + 0.3 for label in over]
            axes.errorbar(aside, *_ends(over.values()), fmt=marker(number), **{**bare, **HOLLOW})
            axes.set_xticks(range(len(plans)), plans, rotation=90)
            _percent(axes.yaxis)
            axes.set_ylim(-0.03, 1.05)
            finish(axes, NAMES.get(measure, measure), legend=False, grid="y")
            told += [*_told(measure, drawn), *_told(f"{measure}, yours", over)]
        sizes = sorted({plan.rows for plan in yours.values() if ran(live, plan)})
        hollow = f"; hollow: your run, {', '.join(map(str, sizes))} rows for tools" if sizes else ""
        figure.supxlabel(f"in the mix{hollow}", fontsize=10, color=GREY)
        figure.suptitle(title, fontsize=11, x=0.02, ha="left")
        return picture(figure, "\n".join(told))


def count_plot(groups: Mapping[str, Sequence[Plan]], rows: Rows, measure: str, title: str = "") -> Picture:
    """A measure by the *number* of general rows, a line for each group of plans; each point names its share."""
    told = [title]
    with new_axes(7.0, 3.8) as (figure, axes):
        for number, (name, plans) in enumerate(groups.items()):
            drawn = {counts(plan)[1]: share(rows, measure, plan) for plan in plans}
            ends = _ends(drawn.values())
            axes.errorbar([*drawn], *ends, fmt=form(number), label=name, **stroke(number))
            for plan, height in zip(plans, ends[0], strict=True):
                place = (counts(plan)[1], height)
                beside = (5, -13) if number % 2 == 0 else (-12, 12)
                axes.annotate(f"{plan.share:.0%}", place, beside, textcoords="offset points", color=GREY)
            told += [f"{name}, {count} rows: {one}, n = {one.n}" for count, one in drawn.items()]
        axes.set_xscale("symlog", linthresh=2)
        ticks = sorted({counts(plan)[1] for plans in groups.values() for plan in plans})
        axes.set_xticks(ticks, [str(one) for one in ticks], rotation=90)
        axes.set_xticks([], minor=True)
        axes.set_xlim(-0.3, 1.4 * ticks[-1])
        axes.set_xlabel("general rows in the mix (beside each point: their share)")
        axes.set_ylim(-0.03, 1.05)
        _percent(axes.yaxis)
        finish(axes, title, legend=True, grid="y")
        return picture(figure, "\n".join(told))


def pareto_plot(groups: Mapping[str, Mapping[str, Plan]], rows: Rows, title: str = "") -> Picture:
    """Right calls (across) against what is kept (up): a marker a group, each point with its name, and the front.

    ``groups`` names the plans, such as ``{"real rows": {"5 %": Plan(0.05)}}``; a plan without a run is left out.
    """
    found = {name: dict(_points(plans, rows)) for name, plans in groups.items()}
    if not any(found.values()):
        raise WorkbookError("no run of any of these plans", "Run one: sweep([plan], exam).")
    with new_axes(7.0, 4.8) as (figure, axes):
        _front(axes, [point for points in found.values() for point in points.values()])
        for number, (name, points) in enumerate(found.items()):
            for label, (across, up) in points.items():
                place = (across.estimate, up.estimate)
                axes.annotate(label, place, (6, 5), textcoords="offset points", color=GREY)
            _crosses(axes, [*points.values()], number, label=name)
        axes.set_xlabel("right calls")
        axes.set_ylabel("small talk and facts kept")
        _percent(axes.xaxis)
        _percent(axes.yaxis)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.05)
        finish(axes, title, legend=True, grid="both")
        told = [
            f"{name}, {label}: right calls {across}, kept {up}, n = {up.n}"
            for name, points in found.items()
            for label, (across, up) in points.items()
        ]
        return picture(figure, "\n".join([title, *told]))


def front(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Where the estimates lie that no other beats in one of the two and equals in the other."""
    places = sorted({(across.estimate, up.estimate) for across, up in points})
    return [(x, y) for x, y in places if not any(a >= x and b >= y and (a, b) != (x, y) for a, b in places)]


def _front(axes: Axes, points: Sequence[Point]) -> None:
    across, up = zip(*front(points), strict=True)
    axes.plot(across, up, color=GREY, linestyle=":", linewidth=1.2, label="the front")


def _points(plans: Mapping[str, Plan], rows: Rows) -> Iterator[tuple[str, Point]]:
    for label, plan in plans.items():
        if ran(rows, plan):
            yield label, (share(rows, "call", plan), share(rows, "kept", plan))


def _crosses(axes: Axes, points: Sequence[Point], number: int, label: str) -> None:
    """Dots with whiskers both ways; thin and pale ones, for they cross."""
    if not points:
        return
    across, up = zip(*points, strict=True)
    (x, sideways), (y, upwards) = _ends(across), _ends(up)
    style = {**stroke(number), "linestyle": "none", "elinewidth": 0.8, "capsize": 0, "label": label}
    for bar in axes.errorbar(x, y, xerr=sideways, yerr=upwards, fmt=marker(number), **style)[2]:
        bar.set_alpha(0.35)


def _percent(axis: Any) -> None:
    axis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _ends(intervals: Iterable[Interval]) -> tuple[list[float], list[list[float]]]:
    """Estimates, and how far the whiskers reach."""
    found = list(intervals)
    below = [max(0.0, one.estimate - one.low) for one in found]
    return [one.estimate for one in found], [below, [max(0.0, one.high - one.estimate) for one in found]]


def _told(name: str, drawn: Mapping[str, Interval]) -> list[str]:
    return [f"{name}, {one}: {interval}, n = {interval.n}" for one, interval in drawn.items()]
