"""A papermill engine with what ours needs: an environment for the kernel, its peak memory, one retry on start.

The kernel is this Python, whatever the notebook's metadata say. An error in a cell is always an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from workbook.runner.memory import PeakMemory

NAME = "workbook"
KERNEL = "python3"

Progress = Callable[[int, int], None]
"""Called with the number of cells that are done and the number of cells."""


@dataclass
class Watch:
    """What a run reports while it goes on: the cell it is at, and the peak memory of its kernels."""

    progress: Progress = lambda done, total: None
    cell: int | None = None
    peak_mib: float = 0.0
    starts: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


class WatchedClient(PapermillNotebookClient):
    """papermill's client, which says where it is and measures its kernel."""

    watch: Watch

    def papermill_execute_cells(self) -> None:
        """Run the cells, with the kernel's memory sampled meanwhile."""
        with ExitStack() as stack:
            pid = getattr(self.km.provisioner, "pid", None)
            memory = stack.enter_context(PeakMemory(pid)) if pid else None
            try:
                super().papermill_execute_cells()
            finally:
                if memory:
                    self.watch.peak_mib = max(self.watch.peak_mib, memory.mib)


class WorkbookEngine(Engine):
    """Runs a notebook with :class:`WatchedClient`; papermill finds it as ``workbook``."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        watch: Watch,
        start_timeout: int = 60,
        cell_timeout: int = 600,
        **ignored: Any,
    ) -> Any:
        """Run every cell; a kernel that does not start is tried once more, a cell never is."""
        options = {"startup_timeout": start_timeout, "timeout": cell_timeout, "kernel_name": kernel_name}
        try:
            return _run(nb_man, watch, options)
        except Exception:
            if watch.cell is not None:
                raise
        return _run(nb_man, watch, options)


def _run(nb_man: Any, watch: Watch, options: Mapping[str, Any]) -> Any:
    total = len(nb_man.nb.cells)

    def cell_starts(cell: Any, cell_index: int) -> None:
        watch.cell = cell_index
        watch.progress(cell_index, total)

    client = WatchedClient(
        nb_man,
        **options,
        on_cell_start=cell_starts,
        # Without it, a cell may allow its own errors.
        force_raise_errors=True,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        # The kernel warns at each start that loopback TCP is not encrypted.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.watch = watch
    watch.starts += 1
    result = client.execute(env={**os.environ, **watch.environment})
    watch.progress(total, total)
    return result


papermill_engines.register(NAME, WorkbookEngine)
