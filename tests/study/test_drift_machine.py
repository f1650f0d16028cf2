"""The drift time machine: what each version makes of the old call, argument by argument."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.errors import UsageError
from workbook.study.drift_machine import FIRST, arguments, drift_machine, outcome, verdict
from workbook.suites.tasks import Task

WIDGET = "application/vnd.jupyter.widget-view+json"


def task(right: ToolCall | None, required=("city",), tool="weather", **types: str) -> Task:
    properties = {
        name: dict(zip(("type", "description"), kind.split(":"), strict=False)) for name, kind in types.items()
    }
    schema = {"type": "object", "properties": properties, "required": list(required)}
    expected = () if right is None else (right,)
    return Task("t", "call", (user("Weather in Oslo <now>, three days."),), (Tool(tool, "Tell.", schema),), expected)


OLD = ToolCall("weather", {"city": "Oslo", "days": 3})
BEFORE = task(OLD, city="string", days="integer")
RENAMED = task(ToolCall("weather", {"place": "Oslo", "days": 3}), ("place",), place="string", days="integer")
LOST = task(ToolCall("weather", {"city": "Oslo", "length": 3}), city="string", length="integer")
HOURS = task(ToolCall("weather", {"city": "Oslo", "days": 72}), city="string", days="integer:in hours")
RETYPED = task(ToolCall("weather", {"city": "Oslo", "days": "3"}), city="string", days="string")
GONE = task(None, tool="other")
MORE = task(OLD, city="string", days="integer", locale="string")
VERSIONS = {"renamed": RENAMED, "lost": LOST, "hours": HOURS, "retyped": RETYPED, "gone": GONE, "more": MORE}


def marks(version: Task) -> dict[str, str]:
    return {name: mark for name, mark, *_ in arguments(OLD, BEFORE, version)}


def test_each_version_is_judged():
    machine = drift_machine(BEFORE, VERSIONS)
    assert list(machine.versions) == [FIRST, *VERSIONS]
    assert machine.outcomes() == ["right", "refused", "silent", "silent", "refused", "refused", "right"]


def test_each_argument_is_marked():
    assert marks(BEFORE) == {"city": "fits", "days": "fits"}
    assert marks(RENAMED) == {"city": "ignored", "days": "fits", "place": "missing"}
    assert marks(LOST) == {"city": "fits", "days": "ignored", "length": "not given"}
    assert marks(RETYPED) == {"city": "fits", "days": "wrong type"}
    assert marks(GONE) == {"city": "no tool", "days": "no tool"}
    assert marks(MORE)["locale"] == "not given"


def test_a_changed_meaning_shows_in_the_description_alone():
    assert marks(HOURS) == marks(BEFORE)
    rows = {name: expected for name, _, _, expected in arguments(OLD, BEFORE, HOURS)}
    assert rows == {"city": "string, required", "days": "integer: in hours"}


def test_the_verdict_says_what_went_wrong_or_what_would_be_right():
    assert verdict(OLD, BEFORE) == "Taken, and right: nothing broke."
    assert "'place' is a required property" in verdict(OLD, RENAMED)
    assert verdict(OLD, HOURS) == "Taken in silence, and wrong. Right would be weather(city='Oslo', days=72)."
    asks = replace(BEFORE, expected=())
    assert outcome(OLD, asks) == "silent"
    assert verdict(OLD, asks).endswith("Right would be no call.")


def test_the_still_picture_shows_the_first_silent_break():
    assert "Version 3, lost: Taken in silence" in drift_machine(BEFORE, VERSIONS).still().words
    loud = drift_machine(BEFORE, {"renamed": RENAMED})
    assert "Version 2, renamed: Refused" in loud.still().words


@pytest.mark.parametrize("at", range(7))
def test_every_picture_is_sound_and_holds_all_versions(at):
    drawn = drift_machine(BEFORE, VERSIONS).draw(at)
    page = ET.fromstring(drawn.svg)
    text = "\n".join(part.text or "" for part in page.iter())
    assert all(f"version {number}: {name}" in text for number, name in enumerate([FIRST, *VERSIONS], 1))
    assert "&lt;now&gt;" in drawn.svg
    places = [float(part.get("y", 0)) for part in page.iter() if part.tag.endswith("text")]
    assert max(places) < float(page.get("height", 0))


def test_what_has_changed_is_told_to_the_end():
    long = "days counted in hours, and no longer in days as before"
    told = drift_machine(BEFORE, {"hours": task(OLD, city="string", days=f"integer:{long}")}).draw(1)
    lines = [part.text or "" for part in ET.fromstring(told.svg).iter() if part.tag.endswith("text")]
    assert f"integer: {long}" in " ".join(lines)
    places = [
        float(part.get("x", 0)) + 7.9 * len(part.text or "")
        for part in ET.fromstring(told.svg).iter()
        if part.tag.endswith("text") and float(part.get("x", 0)) > 400
    ]
    assert max(places) <= 720


def test_a_person_gets_the_slider_and_a_run_the_picture(monkeypatch):
    machine = drift_machine(BEFORE, VERSIONS)
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert WIDGET not in machine._repr_mimebundle_()
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    assert {WIDGET, "image/svg+xml"} <= machine._repr_mimebundle_().keys()


@pytest.mark.parametrize("bad", [(GONE, VERSIONS), (BEFORE, {})])
def test_without_a_call_or_a_version_there_is_nothing_to_show(bad):
    with pytest.raises(UsageError, match="nothing to travel to"):
        drift_machine(*bad)
