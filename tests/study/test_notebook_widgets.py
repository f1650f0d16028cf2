"""Every widget is in a notebook, and left something behind there that a page without widgets shows."""

from __future__ import annotations

import re
from functools import cache

import nbformat
import pytest

from workbook.core.settings import repo_root

PICTURE, WORDS = "image/svg+xml", "text/markdown"
LIVE = "application/vnd.jupyter.widget-view+json"
WIDGETS = {
    "grammar microscope": ("stepper", PICTURE),
    "retrieval explorer": ("Shelf", WORDS),
    "drift time machine": ("drift_machine", PICTURE),
    "trace player": ("play", PICTURE),
    "approval dialog": ("dialog", PICTURE),
    "mix slider": ("mix_slider", PICTURE),
    "latency bench": ("latency", PICTURE),
    "quiz": ("quiz", WORDS),
}
"""What each is called in code, and what it leaves."""


@cache
def code_cells() -> list[nbformat.NotebookNode]:
    paths = sorted((repo_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [cell for path in paths for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", WIDGETS)
def test_it_is_shown_and_leaves_something_behind(name: str) -> None:
    called, left = WIDGETS[name]
    module = re.compile(rf"from workbook\.study\.\w+ import [^\n]*\b{called}\b")
    showing = [cell for cell in code_cells() if module.search(cell.source)]
    assert showing, f"no notebook imports {called} of workbook.study"
    assert any(left in output.get("data", {}) for cell in showing for output in cell.outputs), name


def test_no_committed_output_needs_a_kernel() -> None:
    assert not [cell.id for cell in code_cells() for output in cell.outputs if LIVE in output.get("data", {})]
