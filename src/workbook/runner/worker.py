"""What a worker of a cluster does: one notebook, with everything that belongs to it.

An order brings the notebook along, and its result takes the executed copy and what was recorded back, so a worker
shares no disk with whoever sent it. It needs the same environment: its own is compared before each order. Leaves out
the sending and the gathering (``cluster``) and how a notebook runs (``execute``).
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import workbook
from workbook.core.environment import versions
from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.lab.ledger import read_rows
from workbook.runner.execute import Execution, execute

if TYPE_CHECKING:
    from distributed import Worker

Listener = Callable[[Path, int, int], None]
"""Called with the notebook, the number of cells done and the number of cells."""


@dataclass(frozen=True)
class Order:
    """What a worker gets: ``same`` is the environment that it must have, ``topic`` where it tells of its progress.

    ``same`` is None for workers of this machine's own, which can have no other.
    """

    notebook: bytes = field(repr=False)  # Dask writes orders into its log
    name: str
    parameters: Mapping[str, Any]
    cwd: Path | None
    cell_timeout: int | None
    same: Mapping[str, str] | None
    topic: str


@dataclass(frozen=True)
class Done:
    """What a worker gives back: ``copy`` is the executed notebook, ``rows`` what it recorded."""

    execution: Execution
    copy: bytes | None
    rows: Sequence[Mapping[str, Any]]
    worker: str | None


def run_order(order: Order) -> Done:
    """Run one notebook on this worker, in a folder that goes away with it."""
    from distributed import get_worker

    worker = get_worker()
    if order.same:
        # A worker may join after the others were looked at.
        compare("this worker", environment(), order.same)
    cwd = order.cwd or repo_root()
    # papermill goes there and back; a task in a thread beside it must not be moved.
    os.chdir(cwd)
    with TemporaryDirectory(dir=worker.local_directory) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        notebook, ledger = folder / "in" / order.name, folder / "ledger.jsonl"
        notebook.write_bytes(order.notebook)
        execution = execute(
            notebook,
            folder / "out",
            order.parameters,
            cwd=cwd,
            cell_timeout=order.cell_timeout,
            listener=_reporter(worker, order.topic),
            environment={"WORKBOOK_LEDGER": str(ledger)},
        )
        copy = execution.output.read_bytes() if execution.output else None
        return Done(execution, copy, read_rows(ledger), str(worker.name))


def dask_setup(worker: Worker) -> None:
    """Leave Ctrl-C to whoever started the run: Dask calls this in workers of this machine's own, which hear it too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def environment() -> dict[str, str]:
    """What must agree between us and a worker: the packages that results hang on, Dask, and this package's source."""
    from distributed import __version__

    # The build of torch may differ, for CPU or CUDA.
    found = {name: version.split("+")[0] for name, version in versions().items()}
    found["python"] = ".".join(found["python"].split(".")[:2])
    digest, source = hashlib.sha256(), Path(workbook.__file__).parent
    for path in sorted(source.rglob("*.py")):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    return {**found, "distributed": __version__, "this package's source": digest.hexdigest()[:12]}


def compare(who: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
    """Raise :class:`WorkbookError` unless two environments are the same; ``who`` has the first."""
    pairs = {name: (theirs.get(name, "missing"), ours.get(name, "missing")) for name in ours.keys() | theirs.keys()}
    other = [f"{name} {one}, not {two}" for name, (one, two) in sorted(pairs.items()) if one != two]
    if other:
        raise WorkbookError(
            f"{who} is not made of what this command is made of: {'; '.join(other)}",
            "Bring both to one commit and `pip install -r requirements.lock`, then start scheduler and workers again.",
        )


def _reporter(worker: Worker, topic: str) -> Listener:
    """Tells of each cell; ends the notebook when nobody waits for the task any more."""
    key = worker.get_current_task()

    def report(path: Path, done: int, total: int) -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise WorkbookError("the run was given up")
        worker.log_event(topic, [key, done, total])

    return report
