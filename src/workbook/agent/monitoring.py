"""The tool error rate by cause: in windows for people, and on control charts for alarms.

A failure has one of seven causes (``workbook.tools.causes``); beside a chart for all failures together stands one for
each cause, for a rise in one of them drowns in the sum. The usual rates come from calm calls. Leaves out where the
causes come from: traces of agents here, the gateway's metrics in ``workbook.gateway.scraping``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbook.agent.trace import Trace
from workbook.core.control_chart import Chart, Watch, chart
from workbook.core.errors import UsageError
from workbook.core.stats import wilson
from workbook.tools.causes import CAUSES, Cause

ALL = "all"
"""The series of failures of any cause; the others are called as their cause."""
UNTRIED = ("unfinished", "skipped")
FEWEST = 30
"""Calm calls; from fewer no usual rate can be told."""


@dataclass(frozen=True)
class Window:
    """So many calls in a row, from the call ``first`` on, and the failures among them by cause."""

    first: int
    calls: int
    failures: Mapping[Cause, int]

    @property
    def rate(self) -> float:
        """The share of calls that failed."""
        return sum(self.failures.values()) / self.calls


@dataclass(frozen=True)
class Alarm:
    """A chart has crossed its limit at this call, counted from 1."""

    call: int
    series: str


def causes_in(trace: Trace) -> list[Cause | None]:
    """The cause of each call that was tried in a run, None for those that went well."""
    return [record.cause for record in trace.calls if record.status not in UNTRIED]


def windows(causes: Sequence[Cause | None], size: int) -> list[Window]:
    """The calls in windows of ``size``, the last one shorter."""
    found = []
    for first in range(0, len(causes), size):
        some = causes[first : first + size]
        found.append(Window(first, len(some), Counter(cause for cause in some if cause)))
    return found


def charts(
    calm: Sequence[Cause | None], rise: float = 0.1, false_alarm_every: float = 2000, by_cause: bool = True
) -> dict[str, Chart]:
    """Charts that see a rate go up by ``rise``, with one false alarm in so many calls, all charts together.

    The usual rate is the upper end of what the ``calm`` calls leave possible, so that false alarms are no oftener than
    promised. Raises :class:`UsageError` for too few calls.
    """
    if len(calm) < FEWEST:
        raise UsageError(f"{len(calm)} calm calls say too little of what is usual", f"Give {FEWEST} or more.")
    series = (ALL, *CAUSES) if by_cause else (ALL,)
    made = {}
    for name in series:
        usual = wilson(sum(_counts(name, cause) for cause in calm), len(calm)).high
        made[name] = chart(usual, min(0.99, usual + rise), false_alarm_every * len(series))
    return made


class Monitor:
    """Charts at work on a stream of calls; ``alarms`` are all so far."""

    def __init__(self, made: Mapping[str, Chart]) -> None:
        self.watches = {name: Watch(one) for name, one in made.items()}
        self.calls = 0
        self.alarms: list[Alarm] = []

    def add(self, cause: Cause | None) -> list[Alarm]:
        """Count a call; the alarms that it sets off."""
        self.calls += 1
        new = [Alarm(self.calls, name) for name, watch in self.watches.items() if watch.add(_counts(name, cause))]
        self.alarms += new
        return new


def _counts(series: str, cause: Cause | None) -> bool:
    return cause is not None if series == ALL else cause == series
