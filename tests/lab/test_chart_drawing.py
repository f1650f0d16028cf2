"""The picture of a control chart says in words when it rang."""

from __future__ import annotations

from workbook.agent.monitoring import ALL, Monitor, charts
from workbook.lab.chart_drawing import chart_plot


def test_it_is_a_picture_and_names_the_calls_of_its_alarms():
    monitor = Monitor(charts([None] * 200))
    for cause in [None] * 20 + ["rate"] * 20:
        monitor.add(cause)
    shown = chart_plot({"all failures": (monitor, ALL), "server": (monitor, "server")}, 20, "A fault")
    assert shown.png.startswith(b"\x89PNG")
    first = next(alarm.call for alarm in monitor.alarms if alarm.series == ALL)
    assert 20 < first <= 40
    assert f"all failures: alarm at call {first}" in shown.text
    assert "server: no alarm" in shown.text
