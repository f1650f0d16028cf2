"""One notebook, from its checks to its executed copy.

The copy is written aside while the run goes on, and takes its name when the run ends, well or badly:
a notebook that dies leaves what it had shown until then.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from workbook.core.errors import WorkbookError
from workbook.core.settings import profile as find_profile
from workbook.runner.notebooks import require_sound

if TYPE_CHECKING:
    from workbook.runner.engine import Watch

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ENDED = "the kernel ended early, and the cells below never ran"


@dataclass(frozen=True)
class Execution:
    """What came of one notebook; ``error`` is None when every cell ran."""

    seconds: float
    peak_mib: float
    error: str | None
    cell: str | None
    output: Path | None
    budgets: Mapping[str, Any] = field(default_factory=dict)


def execute(
    path: Path,
    folder: Path,
    parameters: Mapping[str, Any],
    *,
    cwd: Path,
    cell_timeout: int | None,
    listener: Callable[[Path, int, int], None],
    environment: Mapping[str, str] | None = None,
) -> Execution:
    """Run the notebook at ``path`` with ``parameters`` in ``cwd``; its copy lands in ``folder``.

    ``cell_timeout`` is in seconds; without it, ten minutes in the profile ``ci`` and hours in the larger ones.
    ``environment`` holds variables for the kernel, beside those of this process.
    """
    began = time.perf_counter()
    watch = _watch(lambda done, total: listener(path, done, total), parameters["profile"], environment or {})
    limit = cell_timeout or find_profile(parameters["profile"]).pick(ci=600, study=3600, full=12 * 3600)
    aside, final = folder / f".{path.stem}.part.ipynb", folder / path.name
    aside.unlink(missing_ok=True)
    error, budgets = None, {}
    try:
        notebook = read_notebook(path)
        budgets = notebook.metadata.get("workbook", {}).get("budget", {})
        require_sound(path, notebook, parameters)
        _run_papermill(notebook, aside, parameters, watch, cwd, limit)
    except Exception as raised:
        error = told(raised)
    finally:
        # Also when a person interrupts the run.
        output = _rename(aside, final)
    if error is None and output is not None:
        error = _early_end(nbformat.read(output, as_version=4))
    cell = _failed_cell(output, watch.cell) if error and output else None
    return Execution(time.perf_counter() - began, watch.peak_mib, error, cell, output, budgets)


def read_notebook(path: Path) -> Any:
    """The notebook at ``path``. Raises :class:`WorkbookError` when there is none."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise WorkbookError(f"there is no notebook {path.name}") from error
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError) as error:
        raise WorkbookError(f"{path.name} is not a notebook: {str(error)[:200]}") from error


def _watch(progress: Callable[[int, int], None], profile: str, environment: Mapping[str, str]) -> Watch:
    from workbook.runner.engine import Watch

    variables = {"WORKBOOK_PROFILE": str(profile), "WORKBOOK_UNATTENDED": "1", **environment}
    return Watch(progress=progress, environment=variables)


def _run_papermill(
    notebook: Any, output: Path, parameters: Mapping[str, Any], watch: Watch, cwd: Path, cell_timeout: int
) -> None:
    import papermill

    from workbook.runner.engine import KERNEL, NAME

    # papermill's log repeats what our progress shows.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    papermill.execute_notebook(
        notebook,
        # papermill fills in braces of the output's path.
        str(output).replace("{", "{{").replace("}", "}}"),
        dict(parameters),
        engine_name=NAME,
        kernel_name=KERNEL,
        language="python",
        progress_bar=False,
        cwd=str(cwd),
        watch=watch,
        cell_timeout=cell_timeout,
    )


def told(raised: Exception) -> str:
    """The error in a line or a few, without colours; the traceback stays in the executed copy."""
    name, text = getattr(raised, "ename", None), getattr(raised, "evalue", None)
    if name:
        return f"{name}: {text}"
    kind = "" if isinstance(raised, WorkbookError) else f"{type(raised).__name__}: "
    return (kind + ANSI.sub("", str(raised)).strip())[:2000]


def _early_end(notebook: Any) -> str | None:
    """papermill takes ``sys.exit(0)`` for success; a code cell without an execution count never ran."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    skipped = [cell for cell in code if cell.execution_count is None]
    if skipped:
        return f"{ENDED} ({len(skipped)} of {len(code)} code cells)"
    if any(output.output_type == "error" for cell in code for output in cell.outputs):
        return "a cell ended the kernel (sys.exit or exit)"
    return None


def _failed_cell(copy: Path, index: int | None) -> str | None:
    """The source of the cell that the run stopped at."""
    if index is None:
        return None
    cells = [c for c in nbformat.read(copy, as_version=4).cells if not _marker(c)]
    return str(cells[index].source) if index < len(cells) else None


def _marker(cell: Any) -> bool:
    return "papermill-error-cell-tag" in cell.metadata.get("tags", [])


def _rename(aside: Path, final: Path) -> Path | None:
    if not aside.is_file():
        return None
    os.replace(aside, final)
    return final
