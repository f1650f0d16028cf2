"""The map of topics follows the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.study.topics import topic_map, topics

ROW = """
- {notebook: 01_a, source: Q1, minutes: 5, question: "One?"}
- {notebook: 02_b, source: Q2, minutes: 5, question: "Two?"}
"""


def course(folder: Path, text: str) -> Path:
    """A checkout with this map and one notebook."""
    (folder / "course").mkdir()
    (folder / "course" / "topics.yaml").write_text(text)
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "02_b.ipynb").write_text("{}")
    return folder


def test_ready_is_what_is_there(tmp_path: Path) -> None:
    root = course(tmp_path, ROW)
    assert [topic.ready for topic in topics(root)] == [False, True]
    shown = topic_map(root)
    assert "[Two?](02_b.ipynb)" in shown.body
    assert "One? *(coming)*" in shown.body
    assert shown.title == "2 topics, 1 of them ready"


def test_a_row_that_lacks_something_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="question and minutes"):
        topics(course(tmp_path, "- {notebook: 01_a, source: Q1}\n"))


def test_every_notebook_is_on_the_map() -> None:
    known = {topic.notebook for topic in topics()} | {"00_start_here"}
    numbers = [topic.notebook[:2] for topic in topics()]
    assert numbers == sorted(set(numbers))
    assert {path.stem for path in (repo_root() / "notebooks").glob("[0-9][0-9]_*.ipynb")} <= known
