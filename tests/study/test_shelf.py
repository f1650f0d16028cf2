"""The question box: what it shows, alone and with widgets."""

from __future__ import annotations

import pytest

from workbook.core.chat import Tool
from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.shelf import Shelf
from workbook.tools.retrieval import Hit

TOOLS = [Tool("a", ""), Tool("b", ""), Tool("c", "")]


class Words:
    """Finds the tools whose name is a word of the request."""

    name = "words"

    def search(self, queries, k=5, permissions=()):
        return [[Hit(t.name, t.name, 0.5) for t in TOOLS if t.name in query.split()][:k] for query in queries]


@pytest.fixture
def shelf():
    return Shelf(TOOLS, [Words()], lambda tools: 100 * len(tools), k=2)


def test_ranks_scores_and_tokens(shelf):
    shown = shelf.table("c or a").body
    assert "| 1 | `a` 0.500 |" in shown
    assert "| 2 | `c` 0.500 |" in shown
    assert "| tokens | 200 |" in shown
    assert "All 3 tools: 300 tokens." in shown


def test_nothing_found_and_nothing_asked(shelf):
    assert "| tokens | 0 |" in shelf.table("x").body
    assert "Nothing asked yet" in shelf.table(" ").body


def test_without_a_reader_the_table_stays_behind(shelf, monkeypatch):
    monkeypatch.setattr(progress, "attended", lambda: False)
    assert "`b`" in shelf.ask("b")._repr_mimebundle_()["text/markdown"]


def test_with_one_there_is_a_field_too(shelf, monkeypatch):
    monkeypatch.setattr(progress, "attended", lambda: True)
    bundle = shelf.ask("b")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "`b`" in bundle["text/markdown"]


def test_no_tool_at_all_is_no_choice():
    with pytest.raises(UsageError, match="at least one"):
        Shelf(TOOLS, [Words()], len, k=0)
