"""A box of tools: legal, unique names, and what is said of one that is not there."""

from __future__ import annotations

import pytest

from workbook.core.chat import Tool
from workbook.core.errors import UsageError
from workbook.tools import BoundTool, Toolbox, legal_name


def bound(name: str) -> BoundTool:
    async def run(arguments: object) -> str:
        return name

    return BoundTool(Tool(name), run, f"test {name}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("get_user", "get_user"),
        ("GET /users/{id}", "GET_users_id"),
        ("größe", "gr_e"),
        ("...", "tool"),
        ("", "tool"),
        ("a" * 99, "a" * 64),
    ],
)
def test_names_are_made_legal(text: str, name: str) -> None:
    assert legal_name(text) == name


def test_names_are_made_unique_within_the_limit() -> None:
    box = Toolbox([bound("a b"), bound("a/b"), bound("x" * 70), bound("x" * 80)])
    assert [tool.name for tool in box.shown] == ["a_b", "a_b_2", "x" * 64, "x" * 62 + "_2"]
    assert [tool.origin for tool in box][:2] == ["test a b", "test a/b"]


def test_two_boxes_make_one() -> None:
    both = Toolbox([bound("a")]) + Toolbox([bound("a"), bound("b")])
    assert ([tool.name for tool in both], len(both), "a_2" in both) == (["a", "a_2", "b"], 3, True)


def test_an_unknown_tool_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="get_user"):
        Toolbox([bound("get_user")])["get_usr"]
