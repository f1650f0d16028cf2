"""Runs on a real Dask cluster of processes: a worker that is killed, what is gathered, what is refused."""

from __future__ import annotations

import json
import sys
import time
import types
from pathlib import Path

import nbformat
import psutil
import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.lab.ledger import read_rows
from workbook.runner import cluster as module
from workbook.runner import run_notebooks, worker

pytestmark = pytest.mark.slow
LIMIT = 180  # seconds that a test waits for what must come
PARAMETERS = (
    'profile: str = "study"  # ci, study or full\nmodel_id: str = "pocket"  # any model\n'
    'n_trials: int = 8  # calls\nfolder: str = ""  # where marks are left\n'
)
RECORD = """
from workbook.lab.ledger import append_row
append_row({"id": "a.claim", "estimate": n_trials, "n": 1, "profile": profile})"""
# The first time at the second point, after it has recorded, the worker dies.
KILL = """
import os, signal
from pathlib import Path
mark = Path(folder, "killed")
if n_trials == 2 and not mark.exists():
    mark.touch()
    os.kill(os.getppid(), signal.SIGKILL)
    import time; time.sleep(60)"""
ALWAYS_KILL = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)"


@pytest.fixture(scope="module")
def somebodys():
    """A cluster that runs already, with a worker that has a GPU, it says; a task may cost it one worker, not two."""
    import dask
    from distributed import Nanny, Scheduler, SpecCluster

    common = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    options = {"nthreads": 1, "memory_limit": 0, "silence_logs": "ERROR", **common}
    workers = {
        "plain": {"cls": Nanny, "options": options},
        "gpu": {"cls": Nanny, "options": {**options, "resources": {"GPU": 1}}},
    }
    scheduler = {"cls": Scheduler, "options": {"allowed_failures": 1, **common}}
    with dask.config.set(module.PATIENCE), SpecCluster(workers, scheduler, silence_logs="ERROR") as running:
        yield running


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    path = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("WORKBOOK_LEDGER", str(path))
    return path


@pytest.fixture
def unchecked(monkeypatch):
    """Whoever edits the source while the tests run shall not fail them; tests of the check come without this."""
    monkeypatch.setattr(module, "require_same", lambda client: None)


@pytest.fixture
def go(somebodys, ledger, tmp_path):
    """Run notebooks on that cluster."""

    def run(*paths, **how):
        how = {"cluster": somebodys.scheduler_address, "parameters": {"folder": str(tmp_path)}, **how}
        return run_notebooks(paths, "ci", out=tmp_path / "out", cwd=tmp_path, **how)

    return run


def wait_for(true, what):
    end = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_a_lost_workers_task_is_done_again_and_nothing_is_recorded_twice(go, unchecked, save, ledger, tmp_path):
    path = save(RECORD, KILL, "print(n_trials)", parameters=PARAMETERS)
    told, finished = [], []
    report = go(
        path,
        grid={"n_trials": [1, 2]},
        listener=lambda *event: told.append(event),
        finished=finished.append,
    )
    assert (tmp_path / "killed").exists(), "the worker was never killed, so this test shows nothing"
    assert report.ok, [run.error for run in report.notebooks]
    assert [run.grid for run in report.notebooks] == [{"n_trials": 1}, {"n_trials": 2}]
    assert sorted(run.grid["n_trials"] for run in finished) == [1, 2]
    rows = read_rows(ledger)
    assert sorted((row["estimate"], row["grid"]["n_trials"]) for row in rows) == [(1, 1), (2, 2)]
    assert {row["worker"] for row in rows} <= {"plain", "gpu"}
    assert {(row["grid"]["n_trials"], row["worker"]) for row in rows} == {
        (run.grid["n_trials"], run.worker) for run in report.notebooks
    }
    assert {path.name for path, _, _ in told} == {f"90_made.{number}.ipynb" for number in (1, 2)}
    assert_one_report(tmp_path / "out", path)


def assert_one_report(out: Path, source: Path) -> None:
    """The page of a run: every point, linked to the page of its own copy."""
    index = (out / "index.html").read_text()
    assert "2 of 2 notebooks ran to the end" in index
    for number in (1, 2):
        name = f"{source.stem}.{number}"
        copy = nbformat.read(out / f"{name}.ipynb", as_version=4)
        assert copy.cells[-1].outputs[0].text == f"{number}\n"
        assert f"n_trials={number}" in index
        assert f'href="{name}.html"' in index
        assert (out / f"{name}.html").is_file()
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_what_fails_is_told_and_keeps_what_it_recorded_and_a_gpu_is_found(go, unchecked, save, ledger, tmp_path):
    bad = save(RECORD, "1 / 0", name="91_bad.ipynb", parameters=PARAMETERS)
    with_gpu = save("x = 1", name="92_gpu.ipynb", parameters=PARAMETERS)
    ask_for_gpus(with_gpu, 1)
    report = go(bad, with_gpu)
    failed, done = report.notebooks
    assert (failed.error, failed.cell) == ("ZeroDivisionError: division by zero", "1 / 0")
    assert failed.output == tmp_path / "out" / "91_bad.ipynb"
    assert (done.status, done.worker, done.grid) == ("ok", "gpu", None)
    assert [row["estimate"] for row in read_rows(ledger)] == [8]
    assert json.loads(json.dumps(report.to_dict()))["notebooks"][1]["worker"] == "gpu"


def ask_for_gpus(path, number):
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["workbook"] = {"budget": {"ci": {"seconds": 1, "mib": 100, "gpu": number}}}
    nbformat.write(notebook, path)


def test_more_gpus_than_there_are_is_an_error_and_no_wait(go, unchecked, save):
    path = save("x = 1", parameters=PARAMETERS)
    ask_for_gpus(path, 2)
    with pytest.raises(WorkbookError, match=r"90_made.ipynb asks for 2 GPU.*--resources GPU=2"):
        go(path)


def test_a_machine_without_a_gpu_says_so(save, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = save("x = 1", parameters=PARAMETERS)
    ask_for_gpus(path, 1)
    with pytest.raises(WorkbookError, match="CUDA was asked for, and torch sees no CUDA device"):
        run_notebooks([path], "ci", out=tmp_path / "out", workers=1)


def test_a_notebook_that_kills_every_worker_is_a_notebook_that_failed(go, unchecked, save, ledger):
    (deadly,) = go(save(ALWAYS_KILL, parameters=PARAMETERS)).notebooks
    assert "2 workers died over it" in deadly.error
    assert (deadly.status, deadly.output) == ("failed", None)


def test_an_interrupted_run_keeps_what_is_done_and_stops_what_is_not(go, unchecked, save, ledger, tmp_path):
    done = save(RECORD, name="91_done.ipynb", parameters=PARAMETERS)
    wait = "while not Path(folder, 'go').exists() and time.monotonic() < end:\n    time.sleep(0.05)"
    cells = (
        "from pathlib import Path\nimport time\nPath(folder, 'begun').touch()",
        f"end = time.monotonic() + {LIMIT}\n{wait}",
        "Path(folder, 'went on').touch()",
    )
    waiting = save(*cells, name="92_waiting.ipynb", parameters=PARAMETERS)

    def interrupt(run):
        wait_for((tmp_path / "begun").exists, "the second notebook did not begin")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(done, waiting, finished=interrupt)
    assert len(read_rows(ledger)) == 1
    assert "1 of 1 notebooks ran to the end" in (tmp_path / "out" / "index.html").read_text()
    (tmp_path / "go").touch()
    wait_for(lambda: not kernels(), "the second notebook's kernel still runs")
    assert not (tmp_path / "went on").exists()


def kernels():
    """The kernels that run below this process."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.is_running() and "ipykernel_launcher" in " ".join(command(child))]


def command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_workers_of_this_machines_own_listen_on_it_alone(save, ledger, tmp_path):
    path = save(RECORD, parameters=PARAMETERS)
    heard = []
    report = run_notebooks(
        [path], "ci", out=tmp_path / "out", cwd=tmp_path, workers=1, listener=lambda *event: heard.append(listening())
    )
    assert report.ok, report.notebooks[0].error
    assert [row["worker"] for row in read_rows(ledger)] == ["0"]
    assert heard[0]
    assert {address for addresses in heard for address in addresses} == {"127.0.0.1"}


def listening():
    """The addresses at which this process and its children wait for connections."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    found = []
    for process in processes:
        try:
            found += [one.laddr.ip for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(
    "address", ["locl", "127.0.0.1", "http://127.0.0.1:8787", "tcp://127.0.0.1:port", "tcp://:8786"]
)
def test_what_is_no_address_is_refused(go, save, address):
    with pytest.raises(UsageError, match=r"local or the address of a Dask scheduler"):
        go(save("x = 1", parameters=PARAMETERS), cluster=address)


def test_an_address_where_nobody_answers_is_an_error(go, save):
    with pytest.raises(WorkbookError, match=r"no Dask scheduler answers at 127.0.0.1:1 \(Connection refused\)"):
        go(save("x = 1", parameters=PARAMETERS), cluster="127.0.0.1:1")


def test_workers_of_this_environment_pass(somebodys):
    from distributed import Client

    with Client(somebodys.scheduler_address, set_as_default=False) as client:
        same = module.require_same(client)
    assert {"python", "torch", "distributed", "this package's source"} <= same.keys()


def test_other_versions_are_refused_by_name_before_anything_runs(go, save, monkeypatch):
    real = worker.versions
    monkeypatch.setattr(worker, "versions", lambda: {**real(), "torch": "1.0.0+cu126"})
    with pytest.raises(
        WorkbookError, match=r"the worker tcp.* is not made of .*torch [\d.]+, not 1\.0\.0\. Bring both"
    ):
        go(save("x = 1", parameters=PARAMETERS))


def test_a_worker_without_the_workbook_is_an_error(go, save, monkeypatch):
    """A module that only this process has stands for a package that only it has."""
    ours = types.ModuleType("only_here")
    exec("def environment():\n    return {}", ours.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", ours)
    monkeypatch.setattr(module, "environment", ours.environment)
    with pytest.raises(WorkbookError, match=r"cannot load the workbook: .*No module named .*dask worker"):
        go(save("x = 1", parameters=PARAMETERS))


def test_a_worker_compares_its_own_for_it_may_come_later(go, save, monkeypatch):
    monkeypatch.setattr(module, "require_same", lambda client: {"python": "2.7"})
    report = go(save("x = 1", parameters=PARAMETERS))
    assert "this worker is not made of" in report.notebooks[0].error
    assert "python 3." in report.notebooks[0].error


def test_a_cluster_without_workers_is_an_error(go, save, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs="ERROR") as empty,
        pytest.raises(WorkbookError, match=r"the cluster has no worker. Start one: dask worker tcp://127.0.0.1:\d+"),
    ):
        go(save("x = 1", parameters=PARAMETERS), cluster=empty.scheduler_address)


@pytest.mark.parametrize(("free_mib", "fitting"), [(100, 1), (2500, 2), (9000, 3), (90000, 3)])
def test_no_more_run_at_a_time_than_memory_and_cores_hold(save, monkeypatch, free_mib, fitting):
    from workbook.runner.grid import plan

    path = save("x = 1", parameters=PARAMETERS)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["workbook"] = {"budget": {"ci": {"seconds": 1, "mib": 1000}}}
    nbformat.write(notebook, path)
    monkeypatch.setattr(module, "cores", lambda: 3)
    free = psutil.virtual_memory()._replace(available=free_mib * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    tasks = plan([path], {"profile": "ci", "model_id": "pocket"}, {"n_trials": [1, 2, 3, 4]})
    assert module.fitting_workers(tasks) == fitting
