"""Tasks on a Dask cluster: one of this machine's own for the length of a run, or one that runs elsewhere.

Dask does the tasks of a lost worker again. What a task records comes back with its result, so it reaches the ledger
once or not at all. Leaves out what a worker does (``worker``), which tasks there are (``grid``), and starting workers
elsewhere, which ``dask worker`` does.

Whoever reaches a scheduler can run code on its workers: ours listens on this machine alone and
asks for a certificate; one elsewhere belongs on a network of its own, or behind ``tls://``.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from workbook.core.environment import cores
from workbook.core.errors import UsageError, WorkbookError
from workbook.core.files import write_whole
from workbook.lab.ledger import append_row
from workbook.runner.execute import Execution, read_notebook, told
from workbook.runner.grid import Task
from workbook.runner.worker import Done, Listener, Order, compare, environment, run_order

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

LOCAL = "local"
LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 10
UNSAID_MIB = 2000
"""The memory that a notebook without a written budget is planned with."""
PATIENCE = {"distributed.deploy.lost-worker-timeout": "1 hour"}
"""A busy machine takes a while to start a worker anew; a cluster of our own would give it up after seconds."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Finished = Callable[[Task, Execution, str | None], None]
"""Called with a task, what came of it, and the worker that did it."""


def run_on_cluster(
    tasks: Sequence[Task],
    folder: Path,
    address: str,
    *,
    workers: int | None,
    cwd: Path | None,
    cell_timeout: int | None,
    listener: Listener,
    finished: Finished,
) -> None:
    """Run every task on the cluster at ``address``, or on ``workers`` of this machine; gather what comes as it comes.

    When a person interrupts, what is done stays, and the tasks under way stop after their current cell.
    Raises :class:`WorkbookError` when the cluster cannot be reached, is made of something else, lacks a GPU that a
    notebook asks for, or goes away.
    """
    topic = f"workbook-{uuid4().hex[:8]}"
    with _connected(address, tasks, workers) as client:
        same = None if address == LOCAL else require_same(client)
        _require_gpus(client, tasks)
        client.subscribe_topic(topic, lambda event: _hear(event[1], tasks, listener))
        orders = [
            Order(task.path.read_bytes(), task.path.name, task.parameters, cwd, cell_timeout, same, topic)
            for task in tasks
        ]
        futures = dict(zip(_sent(client, tasks, orders), tasks, strict=True))
        try:
            _gather(client, futures, folder, finished)
        finally:
            if client.status == "running":
                client.cancel(list(futures))


def require_same(client: Client) -> dict[str, str]:
    """Raise :class:`WorkbookError` unless scheduler and workers are made of what we are; gives what that is."""
    try:
        client.wait_for_workers(1, CONNECT_SECONDS)
    except TimeoutError:
        raise WorkbookError("the cluster has no worker", f"Start one: {_worker_command(client)}") from None
    mine = environment()
    for who, theirs in _environments(client).items():
        compare(who, theirs, mine)
    return mine


def fitting_workers(tasks: Sequence[Task]) -> int:
    """How many of the tasks this machine can do at a time: by its cores, and its free memory by written budgets."""
    import psutil

    free = psutil.virtual_memory().available / 2**20
    largest = max(_budget(task).get("mib", UNSAID_MIB) for task in tasks)
    return max(1, min(len(tasks), cores(), int(free / largest)))


def _environments(client: Client) -> dict[str, dict[str, str]]:
    try:
        workers = {f"the worker {address}": found for address, found in client.run(environment).items()}
        return {"the scheduler": client.run_on_scheduler(environment), **workers}
    # Dask gives a worker's ImportError back as a plain Exception.
    except Exception as error:
        raise WorkbookError(
            f"the cluster cannot load the workbook: {error}",
            "Start scheduler and workers from this environment: .venv/bin/dask scheduler, .venv/bin/dask worker.",
        ) from error


@contextmanager
def _connected(address: str, tasks: Sequence[Task], workers: int | None) -> Iterator[Client]:
    import dask
    from distributed import Client

    # A scheduler that goes away is an error of ours; Dask would add pages to it.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(PATIENCE))
        place: Any = address
        if address == LOCAL:
            place = stack.enter_context(_local_cluster(tasks, workers))
        else:
            _require_address(address)
        try:
            client = stack.enter_context(Client(place, timeout=CONNECT_SECONDS, set_as_default=False))
        except OSError as error:
            raise _unreachable(address, error) from error
        yield client


def _local_cluster(tasks: Sequence[Task], workers: int | None) -> LocalCluster:
    from distributed import LocalCluster

    gpus = _gpus_here() if any(map(_gpus, tasks)) else 0
    count = workers or (1 if gpus else fitting_workers(tasks))
    threads = str(max(1, cores() // count))
    return LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        host=LOOPBACK,
        security=True,
        # Kernels take the memory, which are not the processes that Dask would watch.
        memory_limit=0,
        preload="workbook.runner.worker",
        resources={"GPU": gpus} if gpus else None,
        env=dict.fromkeys(THREADS, threads),
        scheduler_kwargs={"dashboard": False, "dashboard_address": f"{LOOPBACK}:0"},
        silence_logs=logging.CRITICAL,
    )


def _gpus_here() -> int:
    """How many GPUs this machine has; :class:`WorkbookError` where there is none."""
    import torch

    from workbook.models.loading import choose_device

    choose_device("cuda")
    return int(torch.cuda.device_count())


def _require_address(address: str) -> None:
    where = urlsplit(address if "://" in address else f"tcp://{address}")
    try:
        host, port = where.hostname, where.port
    except ValueError:
        host = port = None
    if where.scheme not in ("tcp", "tls") or not host or not port:
        raise UsageError(
            f"--cluster takes {LOCAL} or the address of a Dask scheduler, not {address!r}",
            "Such as tcp://host:8786; 8787 is the port of its dashboard, a page for browsers.",
        )
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: OSError) -> WorkbookError:
    return WorkbookError(
        f"no Dask scheduler answers at {address} ({error.strerror or error})",
        f"Start one: dask scheduler --host {LOOPBACK}. It prints its address; tls:// needs Dask's certificates.",
    )


def _require_gpus(client: Client, tasks: Sequence[Task]) -> None:
    """A task that no worker may take would wait for ever."""
    wanted, name = max((_gpus(task), task.path.name) for task in tasks)
    there = [worker["resources"].get("GPU", 0) for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
    if wanted > max(there, default=0):
        command = f"{_worker_command(client)} --resources GPU={wanted}"
        raise WorkbookError(
            f"{name} asks for {wanted} GPU, and no worker offers as many", f"Start one that does: {command}"
        )


def _worker_command(client: Client) -> str:
    return f"dask worker {client.scheduler_info()['address']} --nthreads 1"


def _asked(task: Task) -> dict[str, float] | None:
    """What Dask must find free on a worker for this task."""
    return {"GPU": _gpus(task)} if _gpus(task) else None


def _gpus(task: Task) -> int:
    """How many GPUs its notebook asks for, as ``gpu`` beside the seconds and the memory of its budget."""
    return int(_budget(task).get("gpu", 0))


def _budget(task: Task) -> Mapping[str, Any]:
    """What its notebook says that it needs in its profile; nothing for a file that is none, which its run will say."""
    try:
        metadata = read_notebook(task.path).metadata
    except WorkbookError:
        return {}
    return dict(metadata.get("workbook", {}).get("budget", {}).get(task.profile, {}))


def _sent(client: Client, tasks: Sequence[Task], orders: Sequence[Order]) -> Iterator[Future[Done]]:
    """Submit every order under a key that ends with its number."""
    for number, (task, order) in enumerate(zip(tasks, orders, strict=True)):
        key = f"{order.topic}-{number}"
        yield client.submit(run_order, order, key=key, resources=_asked(task), pure=False)


def _hear(message: Sequence[Any], tasks: Sequence[Task], listener: Listener) -> None:
    key, done, total = message
    listener(Path(tasks[int(key.rpartition("-")[2])].name), done, total)


def _gather(client: Client, futures: Mapping[Future[Done], Task], folder: Path, finished: Finished) -> None:
    from distributed import as_completed

    for future in as_completed(list(futures), loop=client.loop):
        task, done = futures[future], _outcome(future)
        for row in done.rows:
            append_row({**row, "worker": done.worker, "grid": task.point})
        finished(task, replace(done.execution, output=_keep(done.copy, folder / task.name)), done.worker)


def _outcome(future: Future[Done]) -> Done:
    """What came of a task; one that could not be done is a notebook that failed."""
    from distributed import KilledWorker

    try:
        return future.result()  # type: ignore[no-any-return]
    except CancelledError as error:
        raise WorkbookError("the cluster has gone away", "What was done until then is kept.") from error
    except KilledWorker as error:
        reason = (
            f"{error.allowed_failures + 1} workers died over it, the last was {error.last_worker.name}; out of memory?"
        )
    except Exception as error:
        reason = told(error)
    return Done(Execution(0.0, 0.0, reason, None, None), None, (), None)


def _keep(copy: bytes | None, path: Path) -> Path | None:
    return None if copy is None else write_whole(path, copy)
