"""Changes of tools: which break a client, which do not, and what only the pin sees."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.core.chat import Tool
from workbook.lab.api_server import closed
from workbook.tools.changes import Change, changes, pin


def tool(properties: dict[str, Any], *required: str, description: str = "Look.") -> Tool:
    return Tool("look", description, {"type": "object", "properties": properties, "required": list(required)})


BASE = tool({"at": {"type": "string"}, "unit": {"enum": ["c", "k"]}}, "at")


@pytest.mark.parametrize(
    ("new", "what", "breaking"),
    [
        (tool({"unit": {"enum": ["c", "k"]}}), "parameter at removed", True),
        (tool({**BASE.properties, "more": {}}, "at"), "optional parameter more added", False),
        (tool({**BASE.properties, "more": {}}, "at", "more"), "required parameter more added", True),
        (tool(dict(BASE.properties), "at", "unit"), "parameter unit is now required", True),
        (tool({**BASE.properties, "at": {"type": "integer"}}, "at"), "schema of parameter at changed", True),
        (tool({**BASE.properties, "unit": {"enum": ["c"]}}, "at"), "schema of parameter unit changed", True),
        (tool({**BASE.properties, "unit": {"enum": ["c", "k", "f"]}}, "at"), "schema of parameter unit changed", False),
        (tool({**BASE.properties, "at": {"type": "string", "description": "x"}}, "at"), "words of parameter at", False),
        (tool(dict(BASE.properties), "at", description="Look, and tell me all."), "description changed", False),
        (closed(BASE), "rules of all parameters together changed", True),
    ],
)
def test_a_change_and_whether_it_breaks(new: Tool, what: str, breaking: bool) -> None:
    [found] = changes([BASE], [new])
    assert found.what.startswith(what)
    assert (found.tool, found.breaking) == ("look", breaking)
    assert pin([new]) != pin([BASE])


def test_tools_come_and_go() -> None:
    other = Tool("other")
    assert changes([BASE], [other]) == [Change("look", "removed", True), Change("other", "added", False)]
    assert changes([BASE, other], [other, BASE]) == []
    assert pin([BASE, other]) == pin([other, BASE])


def test_a_parameter_that_is_no_longer_required_breaks_nothing() -> None:
    assert changes([BASE], [tool(dict(BASE.properties))]) == []
