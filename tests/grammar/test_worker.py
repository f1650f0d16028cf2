"""A worker ends at its limits, says why, and the next question finds a fresh one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
import worker_jobs

from workbook.core.errors import WorkbookError
from workbook.grammar.engine import GrammarError
from workbook.grammar.worker import Killed, Worker

MIB = 2**20


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(worker_jobs.make, seconds=60, memory=200 * MIB, preload=()) as made:
        yield made


def test_one_process_answers_question_after_question(worker: Worker) -> None:
    assert [worker.ask(("echo", value)) for value in "abc"] == [("a", 1), ("b", 2), ("c", 3)]
    assert worker.ask(("pid", None)) != os.getpid()


def test_too_long_is_killed_and_the_next_is_fresh(worker: Worker) -> None:
    before = worker.ask(("pid", None))
    worker.seconds = 0.2
    with pytest.raises(Killed, match=r"stopped after 0\.\d s") as caught:
        worker.ask(("sleep", 600))
    assert caught.value.cause == "time"
    assert not psutil.pid_exists(before)
    worker.seconds = 60
    assert worker.ask(("echo", "x")) == ("x", 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space of a process")
def test_too_much_memory_is_an_end_with_a_reason(worker: Worker) -> None:
    assert worker.ask(("eat", 50 * MIB)) == 50 * MIB
    with pytest.raises(Killed, match="200 MiB") as caught:
        worker.ask(("eat", 400 * MIB))
    assert caught.value.cause == "memory"
    assert worker.ask(("echo", "x")) == ("x", 1)


@pytest.mark.parametrize(("act", "how"), [("die", "SIGSEGV"), ("exit", "exit status 3")])
def test_a_death_inside_is_told_from_a_limit(worker: Worker, act: str, how: str) -> None:
    with pytest.raises(Killed, match=how) as caught:
        worker.ask((act, None))
    assert caught.value.cause == "crash"
    assert worker.ask(("echo", "x")) == ("x", 1)


def test_an_error_travels_and_the_process_stays(worker: Worker) -> None:
    before = worker.ask(("pid", None))
    with pytest.raises(GrammarError, match=r"cannot compile this. Try another") as caught:
        worker.ask(("refuse", None))
    assert not isinstance(caught.value, Killed)
    with pytest.raises(GrammarError, match="nested too deeply"):
        worker.ask(("recurse", None))
    assert worker.ask(("pid", None)) == before


def test_a_bug_is_no_refusal(worker: Worker) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'lost'"):
        worker.ask(("bug", None))
    assert worker.ask(("echo", "x")) == ("x", 1)


def test_an_interrupt_is_for_the_parent(worker: Worker) -> None:
    assert worker.ask(("interrupt", None)) == "still here"


def test_what_is_printed_inside_stays_inside(worker: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    worker.ask(("print", "noise"))
    assert "noise" not in "".join(capfd.readouterr())


def test_an_interrupted_question_leaves_no_process(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    before = worker.ask(("pid", None))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "_receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        worker.ask(("sleep", 600))
    assert not psutil.pid_exists(before)


def test_a_program_that_is_killed_takes_its_busy_worker_along() -> None:
    code = (
        "import worker_jobs; from workbook.grammar.worker import Worker; w = Worker(worker_jobs.make, preload=()); "
        "print(w.ask(('pid', None)), flush=True); w.ask(('sleep', 600))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        inside = psutil.Process(int(program.stdout.readline()))
        program.kill()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _lives(inside):
        time.sleep(0.05)
    assert not _lives(inside)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_end_of_the_block_is_the_end_of_the_process() -> None:
    with Worker(worker_jobs.make, preload=()) as worker:
        inside = worker.ask(("pid", None))
        assert psutil.pid_exists(inside)
    assert not psutil.pid_exists(inside)


def test_a_worker_that_cannot_start_says_why() -> None:
    with Worker(worker_jobs.broken, preload=()) as worker, pytest.raises(WorkbookError, match="no such vocabulary"):
        worker.ask(("echo", 1))
