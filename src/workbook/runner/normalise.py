"""Executed notebooks made fit to commit: the same run gives the same bytes, and nothing tells of the machine.

Strips papermill's and widgets' metadata, the injected parameters, progress bars, times of day, memory
addresses and machine paths. What remains is what a reader of a code host should see. Measured seconds
stay: they are results.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from workbook.core.settings import repo_root

WIDGET_MIMES = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
DROPPED_CELL_METADATA = ("papermill", "execution", "ExecuteTime", "collapsed", "scrolled")
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TIME_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
SYSTEM_PREFIXES = ("/", "/usr", "/usr/local")  # the same on every machine, so they tell of none
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
KERNEL_FILE = re.compile(r"[^\s\"'<>]*ipykernel_\d+[/\\]\d+\.py")


def committed_form(executed: Any, original: Any) -> Any:
    """The executed notebook without machine, time and widget state, its sources those of ``original``.

    Raises ``ValueError`` when the two do not hold the same cells.
    """
    notebook = deepcopy(executed)
    notebook.cells = [cell for cell in notebook.cells if not _added_by_run(cell)]
    if [c.source for c in notebook.cells] != [c.source for c in original.cells]:
        raise ValueError("the executed notebook holds other cells than the one it was made from")
    notebook.metadata = _notebook_metadata(original.metadata)
    replace = replacer()
    for cell, before in zip(notebook.cells, original.cells, strict=True):
        cell.metadata = _without(before.metadata, DROPPED_CELL_METADATA)
        cell["id"] = before.get("id", cell.get("id"))
        if cell.cell_type == "code":
            cell.outputs = [_clean(output, replace) for output in cell.outputs if not _is_progress(output)]
    _number(notebook)
    return notebook


def replacer() -> Callable[[str], str]:
    """A function that takes machine paths, addresses and times of day out of a text."""
    paths = {
        str(repo_root()): ".",
        sys.prefix: "<environment>",
        sys.base_prefix: "<python>",
        tempfile.gettempdir(): "<temporary>",
        str(Path.home()): "~",
    }
    telling = [(path, name) for path, name in paths.items() if path not in SYSTEM_PREFIXES]
    # The longest first: one path may lie inside another.
    ordered = sorted(telling, key=lambda pair: -len(pair[0]))

    def replace(text: str) -> str:
        text = KERNEL_FILE.sub("<cell>", text)
        for path, name in ordered:
            text = re.sub(re.escape(path) + r"(?![\w.-])", lambda _, name=name: name, text)  # type: ignore[misc]
        return TIME_OF_DAY.sub(r"\1", ADDRESS.sub("0x…", text))

    return replace


def _added_by_run(cell: Any) -> bool:
    tags = cell.metadata.get("tags", [])
    return "injected-parameters" in tags or "papermill-error-cell-tag" in tags


def _notebook_metadata(original: Any) -> Any:
    kept = _without(original, ("papermill", "widgets", "language_info", "kernelspec"))
    kept["kernelspec"] = dict(KERNELSPEC)
    kept["language_info"] = {"name": "python"}
    return kept


def _without(mapping: Any, names: tuple[str, ...]) -> Any:
    kept = deepcopy(mapping)
    for name in names:
        kept.pop(name, None)
    return kept


def _is_progress(output: Any) -> bool:
    """A progress bar rewrites its line; its last state says nothing that a result does not."""
    return output.output_type == "stream" and "\r" in output.text


def _clean(output: Any, replace: Callable[[str], str]) -> Any:
    output = deepcopy(output)
    for mime in WIDGET_MIMES:
        output.get("data", {}).pop(mime, None)
    output.pop("transient", None)
    return _map_strings(output, replace)


def _map_strings(value: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_map_strings(item, replace) for item in value]
    if isinstance(value, dict):
        for key, item in value.items():
            # Pictures are base64: long, and no place for a path.
            value[key] = item if key.startswith("image/") and key != "image/svg+xml" else _map_strings(item, replace)
    return value


def _number(notebook: Any) -> None:
    """Count the cells from one, as if the injected parameters had not been there."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.execution_count is not None:
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
