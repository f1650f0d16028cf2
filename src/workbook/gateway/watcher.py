"""What ``workbook gateway watch`` tells: failures by cause since the last look, and alarms.

Leaves out reading metrics (``scraping``), charts (``workbook.agent.monitoring``), and the terminal.
"""

from __future__ import annotations

from collections import Counter

from workbook.agent.monitoring import Alarm, Monitor, charts
from workbook.gateway.scraping import Counts, scrape, since
from workbook.tools.causes import CAUSES, Cause


class Watcher:
    """Looks at a gateway's metrics again and again; the first ``calm`` calls say what is usual."""

    def __init__(self, url: str, calm: int) -> None:
        self.url, self.calm = url, calm
        self.seen: Counts = scrape(url)
        self.learnt: list[Cause | None] = []
        self.monitor: Monitor | None = None

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms since the usual was learned, oldest first."""
        return self.monitor.alarms if self.monitor else []

    def look(self) -> list[str]:
        """Read the metrics, count what is new since the last look, and give lines to print, alarms among them."""
        now = scrape(self.url)
        new, self.seen = since(self.seen, now), now
        told = [_told(new)]
        if self.monitor is None:
            self.learnt += new
            if len(self.learnt) < self.calm:
                return [f"{told[0]}; learning what is usual: {len(self.learnt)} of {self.calm} calls"]
            self.monitor = Monitor(charts(self.learnt))
            return [*told, f"usual: {_told(self.learnt)}"]
        rung = [alarm for cause in new for alarm in self.monitor.add(cause)]
        return told + [f"ALARM at call {alarm.call} since it was learnt: {alarm.series}" for alarm in rung]


def _told(causes: list[Cause | None]) -> str:
    counts = Counter(causes)
    failed = ", ".join(f"{cause} {counts[cause]}" for cause in CAUSES if counts[cause])
    return f"{len(causes)} calls, " + (f"failed: {failed}" if failed else "none failed")
