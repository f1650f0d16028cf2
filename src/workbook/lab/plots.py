"""Pictures of results: intervals, ladders, budgets, waterfalls. Their look is ``canvas``'s."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbook.core.stats import Interval
from workbook.lab.canvas import GREY, Picture, fill, finish, form, marker, new_axes, picture, stroke
from workbook.lab.summary import as_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def interval_plot(
    summary: pd.DataFrame,
    of: str = "arm",
    group: str | None = None,
    title: str = "",
    unit: str = "share",
    target: float | Mapping[str, float] = MappingProxyType({}),
) -> Picture:
    """One line per ``of`` with a dot and its interval for each ``group`` (such as the temperature).

    ``summary`` comes from ``lab.summary.summarize``; ``target`` draws the
    number that the claim names, or several with their names. An axis of
    amounts and ratios begins at zero.
    """
    rows = summary.to_dict("records")
    names = list(dict.fromkeys(str(row[of]) for row in rows))
    groups = list(dict.fromkeys(row[group] for row in rows)) if group else [None]
    with new_axes(7.0, 1.1 + 0.24 * len(names) * max(len(groups), 1.4)) as (figure, axes):
        for number, value in enumerate(groups):
            mine = [row for row in rows if group is None or row[group] == value]
            places = [names.index(str(row[of])) + _offset(number, len(groups)) for row in mine]
            label = "" if group is None else _label(group, value)
            _whiskers(axes, [as_interval(row) for row in mine], places, number, label)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylabel("" if of == "arm" else of)  # arms speak for themselves
        axes.set_ylim(len(names) - 0.5, -0.5)
        named = target if isinstance(target, Mapping) else {"": target}
        _name_targets(axes, named)
        _value_axis(axes.xaxis, unit)
        if unit == "share":
            axes.set_xlim(-0.02, 1.02)
        elif all(row["low"] >= 0 for row in rows):
            axes.set_xlim(left=0)
        finish(axes, title, legend=group is not None, grid="x", above=20 if any(named) else 6)
        return picture(figure, _in_words(title, rows, [of, group] if group else [of]))


def ladder_plot(
    rungs: Mapping[str, float],
    lines: Mapping[str, Sequence[Interval]],
    title: str = "",
    along: str = "tokens of training, millions",
    unit: str = "share",
    log: bool = False,
) -> Picture:
    """Measures along a training run: one line with intervals for each of ``lines``, the rungs by name on top.

    ``rungs`` says where each checkpoint stands, in the order of the intervals; a line marks zero, where a
    difference changes its sign. On a ``log`` axis, for places above zero, each doubling takes the same room.
    """
    places = list(rungs.values())
    with new_axes(6.4, 3.9) as (figure, axes):
        axes.axhline(0, color=GREY, linewidth=1)
        for number, (name, intervals) in enumerate(lines.items()):
            _line(axes, _beside(places, number - (len(lines) - 1) / 2, log), intervals, number, name)
        _value_axis(axes.yaxis, unit)
        if log:
            axes.set_xscale("log")
            axes.set_xticks([], minor=True)
            axes.set_xticks(places, list(rungs))
        else:
            _value_axis(axes.xaxis, "none")
            axes.set_xlim(0, 1.04 * (max(places) or 1))
            _name_rungs(axes, rungs)
        axes.set_xlabel(along)
        finish(axes, title, legend=len(lines) > 1, grid="y", above=6 if log else 34)
        rows = [
            {"rung": rung, "line": name, **interval.to_dict()}
            for name, intervals in lines.items()
            for rung, interval in zip(rungs, intervals, strict=True)
        ]
        return picture(figure, _in_words(title, rows, ["line", "rung"]))


def budget_plot(parts: Mapping[str, Mapping[str, float]], title: str = "", unit: str = "tokens") -> Picture:
    """Where tokens (or seconds) go: a bar per arm, stacked by what they were spent on.

    ``parts`` is ``{arm: {part: amount}}``; parts keep the order of first appearance.
    """
    arms, names = list(parts), list(dict.fromkeys(part for amounts in parts.values() for part in amounts))
    with new_axes(7.0, 1.0 + 0.42 * len(arms)) as (figure, axes):
        left = [0.0] * len(arms)
        for number, name in enumerate(names):
            widths = [float(parts[arm].get(name, 0.0)) for arm in arms]
            axes.barh(arms, widths, 0.6, left=left, label=name, **fill(number))
            left = [a + b for a, b in zip(left, widths, strict=True)]
        for place, total in enumerate(left):
            axes.annotate(f" {total:,.0f}", (total, place), va="center", color=GREY)
        axes.set_xlim(0, max(left) * 1.12 or 1)
        axes.invert_yaxis()
        axes.locator_params(axis="x", integer=True)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel(unit)
        finish(axes, title, legend=True, grid="x")
        words = [f"{arm}: " + ", ".join(f"{n} {v:,.0f}" for n, v in amounts.items()) for arm, amounts in parts.items()]
        return picture(figure, "\n".join([title or unit, *words]))


def waterfall_plot(steps: Sequence[tuple[str, float]], title: str = "", unit: str = "milliseconds") -> Picture:
    """What happened one after the other: each step's bar begins where the one before it ended."""
    kinds = list(dict.fromkeys(name for name, _ in steps))
    with new_axes(7.0, 1.0 + 0.25 * len(steps)) as (figure, axes):
        start = 0.0
        for place, (name, amount) in enumerate(steps):
            axes.barh(place, amount, 0.7, left=start, **fill(kinds.index(name)))
            start += amount
            axes.annotate(f" {amount:,.0f}", (start, place), va="center", color=GREY)
        axes.set_yticks(range(len(steps)), [name for name, _ in steps])
        axes.set_xlim(0, start * 1.12 or 1)
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel(unit)
        finish(axes, title, legend=False, grid="x")
        return picture(figure, "\n".join([title or unit, *(f"{name}: {amount:,.0f}" for name, amount in steps)]))


def _whiskers(axes: Axes, intervals: Sequence[Interval], places: Sequence[float], number: int, label: str) -> None:
    x, ends = _ends(intervals)
    axes.errorbar(x, places, xerr=ends, fmt=marker(number), label=label, **stroke(number))


def _beside(places: Sequence[float], steps: float, log: bool) -> list[float]:
    """The places of one line, a little aside so that whiskers of several lines do not cover each other."""
    if log:
        return [place * 1.03**steps for place in places]
    return [max(0, place + 0.008 * steps * (max(places) or 1)) for place in places]


def _ends(intervals: Sequence[Interval]) -> tuple[list[float], list[list[float]]]:
    """Estimates, and the lengths of their whiskers; an infinite end, which no axis can hold, is left out."""
    lengths = [(i.estimate - i.low, i.high - i.estimate) for i in intervals]
    finite = [[length if math.isfinite(length) else 0.0 for length in pair] for pair in lengths]
    shown = [i.estimate if math.isfinite(i.estimate) else math.nan for i in intervals]
    return shown, [list(side) for side in zip(*finite, strict=True)]


def _line(axes: Axes, x: Sequence[float], intervals: Sequence[Interval], number: int, label: str) -> None:
    y, ends = _ends(intervals)
    axes.errorbar(x, y, yerr=ends, fmt=form(number), label=label, **stroke(number))


def _value_axis(axis: Any, unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    scale, form = {"share": (100, "{:.0f} %"), "points": (100, "{:+.0f}")}.get(unit, (1, "{:g}"))
    zero = form.replace("+", "").format(0)
    axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: form.format(round(scale * value, 6)) if value else zero))
    if unit not in ("share", "points", "none"):
        axis.axes.set_xlabel(unit)


def _name_targets(axes: Axes, targets: Mapping[str, float]) -> None:
    for name, place in targets.items():
        axes.axvline(place, color=GREY, linestyle=":", linewidth=1.2)
        axes.annotate(name, (place, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", color=GREY)


def _name_rungs(axes: Axes, rungs: Mapping[str, float]) -> None:
    """A thin line up to each rung's name; names of neighbours stand at two heights, or they would overlap."""
    for number, (name, x) in enumerate(rungs.items()):
        axes.axvline(x, color=GREY, alpha=0.3, linewidth=0.8)
        offset = (0, 3 + 14 * (number % 2))
        axes.annotate(
            name, (x, 1), xycoords=("data", "axes fraction"), xytext=offset, textcoords="offset points", ha="center",
            fontsize=9, color=GREY,
        )  # fmt: skip


def _offset(number: int, count: int) -> float:
    return 0.0 if count == 1 else 0.56 * (number / (count - 1) - 0.5)


def _label(group: str, value: Any) -> str:
    """A word speaks for itself; a number needs to be told what it is of."""
    return value.replace("_", " ") if isinstance(value, str) else f"{group} {_short(value)}"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_words(title: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str:
    lines = [f"{', '.join(_short(row[key]) for key in keys)}: {as_interval(row)}, n = {row['n']}" for row in rows]
    return "\n".join([title or "plot", *lines])
