"""``run_notebooks``: each notebook in a kernel of its own, one after another, into copies and a report.

Kernels run one at a time: started together they race for ports, and share the cores that they are timed on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbook.core.settings import profile as find_profile
from workbook.core.settings import repo_root
from workbook.runner.execute import Execution, execute
from workbook.runner.report import write_report

Listener = Callable[[Path, int, int], None]
"""Called with the notebook, the number of cells done and the number of cells."""


@dataclass(frozen=True)
class NotebookRun:
    """How one notebook fared. ``cell`` is the source of the cell that failed, ``output`` the executed copy."""

    path: str
    status: Literal["ok", "failed"]
    seconds: float
    peak_mib: float
    error: str | None = None
    cell: str | None = None
    output: Path | None = None
    budget: Mapping[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """One entry of ``notebooks`` in the document of ``workbook run --json``."""
        return {
            "path": self.path,
            "status": self.status,
            "seconds": round(self.seconds, 2),
            "peak_mib": round(self.peak_mib, 1),
            "error": self.error,
            "cell": self.cell,
            "budget": dict(self.budget) if self.budget else None,
        }


@dataclass(frozen=True)
class RunReport:
    """How a run of several notebooks fared."""

    profile: str
    model: str
    seconds: float
    notebooks: tuple[NotebookRun, ...]

    @property
    def ok(self) -> bool:
        """Whether every notebook ran to its end."""
        return all(run.status == "ok" for run in self.notebooks)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``workbook run --json``."""
        notebooks = [run.to_dict() for run in self.notebooks]
        return {
            "profile": self.profile,
            "model": self.model,
            "seconds": round(self.seconds, 2),
            "notebooks": notebooks,
        }


def run_notebooks(
    paths: Sequence[Path],
    profile: str = "study",
    model: str = "pocket",
    out: Path | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    cwd: Path | None = None,
    cell_timeout: int | None = None,
    listener: Listener = lambda path, done, total: None,
    finished: Callable[[NotebookRun], None] = lambda run: None,
) -> RunReport:
    """Run ``paths`` from the repository's root (or ``cwd``) and write copies and ``index.html`` into ``out``.

    A notebook that fails does not stop the others; ``finished`` is called after each. ``cell_timeout`` is in
    seconds; without it, ten minutes in the profile ``ci`` and hours in the larger ones.
    """
    size = find_profile(profile)
    folder = out or repo_root() / "runs" / profile
    folder.mkdir(parents=True, exist_ok=True)
    given = {"profile": profile, "model_id": model, **(parameters or {})}
    limit = cell_timeout or size.pick(ci=600, study=3600, full=12 * 3600)
    began = time.perf_counter()
    runs: list[NotebookRun] = []
    for path in paths:
        execution = execute(path, folder, given, cwd=cwd or repo_root(), cell_timeout=limit, listener=listener)
        runs.append(_summary(path, profile, execution))
        finished(runs[-1])
    report = RunReport(profile, model, time.perf_counter() - began, tuple(runs))
    write_report(report, folder)
    return report


def _summary(path: Path, profile: str, execution: Execution) -> NotebookRun:
    return NotebookRun(
        path=_shown_path(path),
        status="failed" if execution.error else "ok",
        seconds=execution.seconds,
        peak_mib=execution.peak_mib,
        error=execution.error,
        cell=execution.cell,
        output=execution.output,
        budget=execution.budgets.get(profile),
    )


def _shown_path(path: Path) -> str:
    """The path below the repository, so that a report can be shared; the bare name for a notebook elsewhere."""
    root = repo_root()
    return path.resolve().relative_to(root).as_posix() if path.resolve().is_relative_to(root) else path.name
