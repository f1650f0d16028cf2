"""Solved copies: a notebook in which every exercise is answered, so that tests can run the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from workbook.study.exercises import CHECK_MIME, solved_source

TAG = "exercise"


def exercise_id(cell: Any) -> str | None:
    """The id of the exercise whose stub this notebook cell is; None for every other cell.

    Raises ``ValueError`` when the tag and the metadata disagree.
    """
    metadata = cell.get("metadata", {})
    tagged = TAG in metadata.get("tags", [])
    found = metadata.get("workbook", {}).get("exercise")
    if tagged != bool(found):
        start = cell.get("source", "")[:80]
        raise ValueError(f"a stub needs the tag {TAG!r} and metadata workbook.exercise: {start!r}")
    return str(found) if found else None


def solved_copy(notebook: Any) -> Any:
    """A copy of a notebook (nbformat node or plain dict) with every stub replaced by its right answer."""
    copy = deepcopy(notebook)
    for cell in copy["cells"]:
        if (found := exercise_id(cell)) is not None:
            cell["source"] = solved_source(found)
    return copy


def outcomes(notebook: Any) -> Iterator[tuple[str, str]]:
    """``(exercise id, outcome)`` of every check in an executed notebook."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            result = output.get("data", {}).get(CHECK_MIME)
            if result:
                yield result["id"], result["outcome"]
