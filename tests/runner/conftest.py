"""Notebooks made on the spot, and a run of them into a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbook.runner import RunReport, run_notebooks

GOOD_PARAMETERS = 'profile: str = "study"  # ci, study or full\nmodel_id: str = "pocket"  # any model\n'


def make(*cells: str, parameters: str | None = GOOD_PARAMETERS, tags: Mapping[int, str] | None = None) -> Any:
    """A notebook of code cells after a parameters cell; ``tags`` by position among ``cells``."""
    notebook = nbformat.v4.new_notebook()
    if parameters is not None:
        notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for number, source in enumerate(cells):
        tagged = (tags or {}).get(number)
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": [tagged]} if tagged else {}))
    return notebook


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of these cells and give its path."""

    def write(*cells: str, name: str = "90_made.ipynb", **how: Any) -> Path:
        path = tmp_path / name
        nbformat.write(make(*cells, **how), path)
        return path

    return write


@pytest.fixture
def run(save: Callable[..., Path], tmp_path: Path) -> Callable[..., RunReport]:
    """Write a notebook of these cells, run it, and give the report."""

    def go(*cells: str, options: Mapping[str, Any] | None = None, **how: Any) -> RunReport:
        path = save(*cells, **how)
        return run_notebooks([path], **{"profile": "ci", "out": tmp_path / "out", "cwd": tmp_path, **(options or {})})

    return go
