"""Writing an executed copy back over its notebook, in the form that is committed."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat

from workbook.runner.normalise import committed_form


def write_back(executed: Path, original: Path) -> None:
    """Put the outputs of ``executed`` into the notebook ``original``, in one step."""
    notebook = committed_form(nbformat.read(executed, as_version=4), nbformat.read(original, as_version=4))
    aside = original.with_name(f".{original.name}.part")
    nbformat.write(notebook, aside)
    os.replace(aside, original)
