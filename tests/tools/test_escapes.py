"""The attack on sandboxes: held by the real ones, and able to see every leak of one that is none."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.tools import bubblewrap
from workbook.tools.bubblewrap import Bubblewrap
from workbook.tools.canaries import VARIABLE, Watch, World
from workbook.tools.escapes import ESCAPES, LIMITS, check, findings
from workbook.tools.inside import interpreter
from workbook.tools.sandbox import MIB, Finished

BY_NAME = {escape.name: escape for escape in ESCAPES}
TAKING = {"fork bomb", "memory", "memory of many", "memory without a process", "disk"}
"""Never run without a sandbox, although they stop by themselves."""
UNDENIABLE = {"network", "name lookup", "write outside", "signals", "setuid"}
"""What is seen without reading a word of the program."""
CAP, SECONDS = MIB, 1.5
IS_ROOT = os.geteuid() == 0
# The machine's own mounts are out of reach, should an attempt ever do more than it says.
APART = ("unshare", "--mount", "--propagation", "private") if IS_ROOT else ()


class Leaky:
    """No sandbox at all, apart from an end to its time and output, so that it can be attacked here."""

    name, python = "leaky", interpreter()

    def available(self) -> str:
        return ""

    def run(self, command, files=None, stdin=b"", limits=LIMITS) -> Finished:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            for path, content in (files or {}).items():
                Path(folder, path).write_text(content)
            with open(f"{folder}/.said", "w+b") as said:
                process = subprocess.Popen([*APART, *command], cwd=folder, stdout=said, stderr=subprocess.STDOUT)
                while process.poll() is None and time.monotonic() - begun < SECONDS and said.tell() < CAP:
                    time.sleep(0.01)
                    said.seek(0, os.SEEK_END)
                process.kill()
                process.wait()
                said.seek(0)
                output = said.read(CAP).decode()
        return Finished(max(process.returncode, 0), output, "", time.monotonic() - begun)


class Silent(Leaky):
    """A leak whose program lies: it says that nothing was possible."""

    def run(self, command, files=None, stdin=b"", limits=LIMITS) -> Finished:
        finished = super().run(command, files, stdin, limits)
        return Finished(0, "started\nrefused everything\ndone\n", "", finished.seconds)


def unable(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not IS_ROOT, reason=reason)


LEAKS = [
    ("read secrets", "a canary came out"),
    ("home folder", "a canary came out"),
    ("environment", "a canary came out"),
    ("network", "the port outside was reached; the abstract socket outside was reached; the socket outside"),
    ("name lookup", "a datagram came out"),
    ("write outside", "a file outside was changed"),
    ("links and /proc", "a canary came out"),
    ("see processes", "a canary came out"),
    ("setuid", "may gain rights from a setuid program"),
    ("mounts and namespaces", "unshare"),
    ("endless output", f"{CAP} characters of output came through"),
    ("endless loop", "not ended by the limit of time"),
    ("outlive the end", "1 processes outlived the end"),
    pytest.param("ptrace", "ptrace", marks=unable("a kernel may keep users from tracing; run as root")),
    pytest.param("devices", "a device was made", marks=unable("devices are root's; run as root")),
    ("signals", "a process outside was ended"),
]


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.name)
def test_sandboxes_hold(sandbox, escape):
    (attempt,) = check(sandbox, [escape])
    assert attempt.held, attempt.detail
    assert attempt.name == escape.name
    assert attempt.detail


@pytest.mark.parametrize(("name", "found"), LEAKS)
def test_a_leak_is_seen(name, found):
    assert name not in TAKING
    (attempt,) = check(Leaky(), [BY_NAME[name]])
    assert not attempt.held
    assert found in attempt.detail
    assert "proves nothing" not in attempt.detail
    # What a leak left behind was cleaned up.
    assert VARIABLE not in os.environ


@pytest.mark.parametrize(
    ("name", "found"),
    [row for row in LEAKS if getattr(row, "values", row)[0] in UNDENIABLE],
)
def test_a_leak_is_seen_whatever_the_program_says(name, found):
    (attempt,) = check(Silent(), [BY_NAME[name]])
    assert not attempt.held
    assert found in attempt.detail
    assert "proves nothing" not in attempt.detail


def without(*dropped: str) -> Callable[[list[str]], list[str]]:
    """Leave out these words where they follow each other; ``*`` stands for any."""

    def weaken(words: list[str]) -> list[str]:
        size = len(dropped)
        for at in range(len(words)):
            if all(mine in (word, "*") for mine, word in zip(dropped, words[at : at + size], strict=False)):
                return words[:at] + words[at + size :]
        raise AssertionError(f"{dropped} is not there")

    return weaken


def with_the_processes_of_the_machine(words: list[str]) -> list[str]:
    at = words.index("--proc")
    shown = [*words[:at], "--ro-bind", "/proc", "/proc", *words[at + 2 :]]
    return without("--unshare-pid")(shown)


UNWATCHED = "the watch over the memory"
WEAKENED = [
    ("network", without("--unshare-net"), "the port outside was reached"),
    ("name lookup", without("--unshare-net"), "a datagram came out"),
    ("see processes", with_the_processes_of_the_machine, "a canary came out"),
    ("signals", with_the_processes_of_the_machine, "a process outside was ended"),
    ("mounts and namespaces", without("--seccomp", "*"), "unshare"),
    ("memory without a process", without("--seccomp", "*"), "memory in"),
    ("fork bomb", without(f"--nproc={LIMITS.processes}:{LIMITS.processes}"), "64 processes"),
    ("memory", without(f"--as={LIMITS.memory}:{LIMITS.memory}"), "384 MiB"),
    ("memory of many", UNWATCHED, "8 processes of half the limit each"),
    ("disk", without("--size", str(LIMITS.disk)), "16777216 bytes on disk"),
]


@pytest.mark.parametrize(("name", "weaken", "found"), WEAKENED, ids=[row[0] for row in WEAKENED])
def test_a_sandbox_without_one_of_its_parts_is_seen(monkeypatch, require, name, weaken, found):
    """What no machine should meet without a sandbox runs in one that lacks a single part."""
    reason = Bubblewrap().available()
    require("bubblewrap", not reason, f"bubblewrap does not work here: {reason} (make system-deps)")
    if name in ("memory", "memory of many"):
        monkeypatch.setattr(bubblewrap, "tree_bytes", lambda pid: 0)
    if weaken is not UNWATCHED:
        part = "limited" if name in ("fork bomb", "memory") else "arguments"
        whole = getattr(bubblewrap, part)
        monkeypatch.setattr(bubblewrap, part, lambda *words, **how: weaken(whole(*words, **how)))
    (attempt,) = check(Bubblewrap(), [BY_NAME[name]])
    assert not attempt.held
    assert found in attempt.detail
    assert "proves nothing" not in attempt.detail


def test_every_attempt_is_seen_to_fail_somewhere():
    assert {getattr(row, "values", row)[0] for row in (*LEAKS, *WEAKENED)} == set(BY_NAME)


@pytest.mark.parametrize(
    ("finished", "ending", "found"),
    [
        (Finished(0, "started\nescaped 64 processes\ndone\n", "", 1), "done", "64 processes"),
        (Finished(0, "started\nescaped 384 MiB\ndone\n", "", 1), "any", "384 MiB"),
        (Finished(137, "", "", 1), "any", "did not start"),
        (Finished(127, "", "python3: not found", 0), "done", "did not start (status 127: python3: not found)"),
        (Finished(1, "started\n", "NameError: x", 0), "done", "broke off (status 1: NameError: x)"),
        (Finished(1, "started\n", "NameError: x", 0), "any", "broke off"),
        (Finished(137, "started\n", "", 0), "done", "broke off"),
        (Finished(0, "started\ndone\n", "", 0), "seen", "not seen from outside"),
        (Finished(0, "started\ndone\n", "", 0), "time", "not ended by the limit of time"),
        (Finished(137, "started\n", "", 0, "time"), "output", "not ended by the limit of output"),
        (Finished(137, "started\n", "", 60, "time"), "time", "ran for 60 s with a limit of 10 s"),
        (Finished(137, "started\n" + "x" * 40_000, "", 1, "output"), "output", "characters of output"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_speaks_against_held(finished, ending, found):
    with World() as world:
        told = findings(finished, ending, LIMITS, world, Watch(world.mark))
    assert found in "; ".join(told)


@pytest.mark.parametrize(
    ("finished", "ending"),
    [
        (Finished(0, "started\nrefused x\ndone\n", "", 1), "done"),
        (Finished(0, "started\ndone\n", "", 1), "any"),
        (Finished(137, "started\n", "", 1), "any"),
        (Finished(137, "started\n", "", 1, "memory"), "any"),
        (Finished(137, "started\n", "", 1.1, "time"), "time"),
        (Finished(137, "started\nxxx", "", 1.1, "output"), "output"),
    ],
)
def test_what_counts_as_held(finished, ending):
    with World() as world:
        assert findings(finished, ending, LIMITS, world, Watch(world.mark)) == []


def test_the_watch_tells_what_was_more_than_allowed():
    watch = Watch("mark")
    assert list(watch.excesses(LIMITS)) == []
    watch.processes, watch.memory, watch.left = LIMITS.processes + 1, 4 * LIMITS.memory, [1, 2]
    assert [line.split(",")[0] for line in watch.excesses(LIMITS)] == [
        "17 processes at a time",
        "384 MiB held at a time",
        "2 processes outlived the end",
    ]


def test_the_watch_sees_processes_and_their_memory():
    with World() as world, tempfile.TemporaryDirectory() as folder:
        code = "import os, time\nheld = b'x' * (32 * 2**20)\nos.fork()\ntime.sleep(20)\n"
        Path(folder, "attempt.py").write_text(code)
        with Watch(world.mark) as watch:
            command = [interpreter(), "-I", "attempt.py", world.mark]
            with subprocess.Popen(command, cwd=folder) as process:
                until = time.monotonic() + 10
                while (watch.processes < 2 or watch.memory < 32 * MIB) and time.monotonic() < until:
                    time.sleep(0.02)
                process.kill()
        assert watch.processes == 2
        # Both share what the first one wrote.
        assert 32 * MIB <= watch.memory < 60 * MIB
        assert "may gain rights from a setuid program" in watch.rights


def test_a_world_is_gone_at_its_end():
    with World() as world:
        bait = world.bait
        assert Path(bait["secret"]).read_text() in os.environ[VARIABLE]
        assert list(world.traces("nothing")) == []
    assert not Path(bait["folder"]).exists()
    assert not Path(bait["home_secret"]).parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(bait["victim"], 0)


def test_the_bait_does_not_tell_the_canary():
    with World() as world:
        assert Path(world.bait["secret"]).read_text() not in str(world.bait)


def test_names_are_unique_and_programs_are_python():
    assert len(BY_NAME) == len(ESCAPES) >= 14
    for escape in ESCAPES:
        compile(escape.program, escape.name, "exec")
