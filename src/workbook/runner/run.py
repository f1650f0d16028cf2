"""``run_notebooks``: each notebook in a kernel of its own, into copies and a report.

Without a grid and a cluster, kernels run here and one at a time: started together they race for ports, and share the
cores that they are timed on. A sweep goes to the workers of a cluster (``cluster``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbook.core.settings import profile as find_profile
from workbook.core.settings import repo_root
from workbook.runner.execute import Execution, execute
from workbook.runner.grid import Axes, Task, plan
from workbook.runner.report import write_report
from workbook.runner.worker import Listener


@dataclass(frozen=True)
class NotebookRun:
    """How one notebook fared. ``cell`` is the source of the cell that failed, ``output`` the executed copy.

    ``grid`` is the point of a sweep, ``worker`` who ran it on a cluster.
    """

    path: str
    status: Literal["ok", "failed"]
    seconds: float
    peak_mib: float
    error: str | None = None
    cell: str | None = None
    output: Path | None = None
    budget: Mapping[str, float] | None = None
    grid: Mapping[str, Any] | None = None
    worker: str | None = None

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
            "grid": dict(self.grid) if self.grid else None,
            "worker": self.worker,
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
    grid: Axes | None = None,
    cluster: str | None = None,
    workers: int | None = None,
    cwd: Path | None = None,
    cell_timeout: int | None = None,
    listener: Listener = lambda path, done, total: None,
    finished: Callable[[NotebookRun], None] = lambda run: None,
) -> RunReport:
    """Run ``paths`` from the repository's root (or ``cwd``) and write copies and ``index.html`` into ``out``.

    With a ``grid`` each runs once a point. A grid, ``workers`` or a ``cluster`` (its address, or ``local``) has them
    run at the same time, else they run one after another. A notebook that fails does not stop the others;
    ``finished`` is called after each, and a run that is interrupted keeps what is done.
    """
    find_profile(profile)
    done = _Done(plan(paths, {"profile": profile, "model_id": model, **(parameters or {})}, grid), finished)
    folder = out or repo_root() / "runs" / profile
    folder.mkdir(parents=True, exist_ok=True)
    how: dict[str, Any] = {"cwd": cwd, "cell_timeout": cell_timeout, "listener": listener}
    try:
        if grid or cluster or workers:
            _run_there(done, folder, cluster, workers, **how)
        else:
            _run_here(done, folder, **how)
    finally:
        if done.runs:
            write_report(done.report(), folder)
    return done.report()


class _Done:
    """What a run has done so far, in the order of its tasks, whatever the order in which they end."""

    def __init__(self, tasks: Sequence[Task], finished: Callable[[NotebookRun], None]) -> None:
        self.tasks, self._finished = tasks, finished
        self.runs: dict[str, NotebookRun] = {}
        self._began = time.perf_counter()

    def keep(self, task: Task, execution: Execution, worker: str | None = None) -> None:
        self.runs[task.name] = _summary(task, execution, worker)
        self._finished(self.runs[task.name])

    def report(self) -> RunReport:
        seconds = time.perf_counter() - self._began
        runs = tuple(self.runs[task.name] for task in self.tasks if task.name in self.runs)
        return RunReport(_each(self.tasks, "profile"), _each(self.tasks, "model_id"), seconds, runs)


def _run_here(done: _Done, folder: Path, *, cwd: Path | None, **how: Any) -> None:
    for task in done.tasks:
        done.keep(task, execute(task.path, folder, task.parameters, cwd=cwd or repo_root(), **how))


def _run_there(done: _Done, folder: Path, cluster: str | None, workers: int | None, **how: Any) -> None:
    from workbook.runner.cluster import LOCAL, run_on_cluster

    run_on_cluster(done.tasks, folder, cluster or LOCAL, workers=workers, finished=done.keep, **how)


def _each(tasks: Iterable[Task], name: str) -> str:
    """The value of a parameter that all tasks have, or the several that they have."""
    return ", ".join(dict.fromkeys(str(task.parameters[name]) for task in tasks))


def _summary(task: Task, execution: Execution, worker: str | None) -> NotebookRun:
    return NotebookRun(
        path=_shown_path(task.path),
        status="failed" if execution.error else "ok",
        seconds=execution.seconds,
        peak_mib=execution.peak_mib,
        error=execution.error,
        cell=execution.cell,
        output=execution.output,
        budget=execution.budgets.get(task.profile),
        grid=task.point,
        worker=worker,
    )


def _shown_path(path: Path) -> str:
    """The path below the repository, so that a report can be shared; the bare name for a notebook elsewhere."""
    root = repo_root()
    return path.resolve().relative_to(root).as_posix() if path.resolve().is_relative_to(root) else path.name
