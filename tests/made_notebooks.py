"""Notebooks made on the spot, for tests of the runner and of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat

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
