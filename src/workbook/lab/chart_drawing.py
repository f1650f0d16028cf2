"""A control chart as a picture: the levels of several series over calls, as shares of each one's limit.

After an alarm a level begins anew at zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.agent.monitoring import Monitor
from workbook.lab.canvas import COLOURS, GREY, LINES, Picture, finish, new_axes, picture


def chart_plot(monitors: Mapping[str, tuple[Monitor, str]], begins: int, title: str = "") -> Picture:
    """``monitors`` gives each line a monitor and the series of it that is drawn; the fault begins after ``begins``."""
    with new_axes(7.0, 3.4) as (figure, axes):
        words, highest = [title], 1.0
        for number, (name, (monitor, series)) in enumerate(monitors.items()):
            watch = monitor.watches[series]
            shares = [level / watch.chart.limit for level in watch.levels]
            highest = max(highest, *shares)
            line: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number % len(LINES)]}
            axes.plot(range(1, len(shares) + 1), shares, label=name, linewidth=1.6, **line)
            rung = [alarm.call for alarm in monitor.alarms if alarm.series == series]
            words.append(f"{name}: {_rang(rung)}")
        axes.axhline(1, color=GREY, linewidth=1.2)
        axes.annotate("alarm", (1, 1), xytext=(0, 3), textcoords="offset points", color=GREY)
        axes.axvline(begins, color=GREY, linestyle=":", linewidth=1.2)
        axes.annotate(
            "the fault begins", (begins, 1.12 * highest), xytext=(4, 3), textcoords="offset points", color=GREY
        )
        axes.set_xlabel("calls")
        axes.set_ylabel("level, as a share of the limit")
        axes.set_ylim(0, 1.25 * highest)
        finish(axes, title, legend=len(monitors) > 1, grid="y")
        return picture(figure, "\n".join(words))


def _rang(calls: list[int]) -> str:
    """When it rang, in words."""
    return f"alarm at call {', '.join(map(str, calls))}" if calls else "no alarm"
