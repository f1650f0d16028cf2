"""The engine: one retry when a kernel does not start, none when a cell fails; memory of the whole process tree."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workbook.runner import engine
from workbook.runner.memory import MIB, PeakMemory


@pytest.fixture
def start_fails(monkeypatch):
    """Make the first ``times`` starts of a kernel fail; gives the number of tries."""
    tried = []
    real = engine.WatchedClient.execute

    def install(times):
        def execute(self, **how):
            tried.append(1)
            if len(tried) <= times:
                raise RuntimeError("Kernel died before replying to kernel_info")
            return real(self, **how)

        monkeypatch.setattr(engine.WatchedClient, "execute", execute)
        return tried

    return install


@pytest.mark.slow
def test_a_kernel_that_does_not_start_is_tried_once_more(run, start_fails):
    tried = start_fails(1)
    assert run("x = 1").ok
    assert len(tried) == 2


@pytest.mark.slow
def test_and_only_once(run, start_fails):
    tried = start_fails(2)
    (notebook,) = run("x = 1").notebooks
    assert len(tried) == 2
    assert "Kernel died before replying" in notebook.error


@pytest.mark.slow
def test_a_cell_is_never_run_twice(run, tmp_path):
    run("open('marks', 'a').write('x')\nraise RuntimeError('a kernel died, says a cell')")
    assert (tmp_path / "marks").read_text() == "x"


def test_memory_counts_descendants_too():
    """A child that holds 60 MiB in a process of its own."""
    hold = "import sys; block = bytearray(60 * 2**20); block[::4096] = b'x' * len(block[::4096]); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE)
    try:
        with PeakMemory(process.pid, interval=0.02) as memory:
            wait_until(lambda: memory.mib > 60)
    finally:
        process.communicate()
    assert memory.mib > 60


def test_memory_of_a_process_that_is_gone_is_its_peak_so_far():
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with PeakMemory(process.pid, interval=0.02) as memory:
        wait_until(lambda: memory.mib > 1)
        process.communicate()
    assert 1 < memory.mib < 2**40 / MIB


def wait_until(met, seconds=30):
    """Wait for ``met`` without a guess at how long it takes."""
    import time

    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
