"""The picture of a funnel says in words what it shows."""

from __future__ import annotations

from workbook.lab.funnel import funnel_plot

STAGES = [
    {"stage": "format", "in": 1200, "out": 1000, "causes": {"a": 100, "b": 60, "c": 30, "d": 7, "e": 3}},
    {"stage": "execution", "in": 1000, "out": 1000, "causes": {}},
]


def test_the_picture_names_stages_and_causes() -> None:
    shown = funnel_plot(STAGES)
    assert shown.png.startswith(b"\x89PNG")
    assert "format: 1200 in, 1000 out; a 100, b 60, c 30, other 10" in shown.text
    assert "execution: 1000 in, 1000 out; none rejected" in shown.text
