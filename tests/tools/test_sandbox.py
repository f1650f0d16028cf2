"""Sandboxes: what a program finds inside, how its end is told, which limits cut it, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.tools import inside, supervised
from workbook.tools import sandbox as sandboxes_module
from workbook.tools.bubblewrap import Bubblewrap
from workbook.tools.container import Container
from workbook.tools.sandbox import MIB, Finished, Limits, best_sandbox


def python(sandbox, code, *words, **how) -> Finished:
    return sandbox.run([sandbox.python, "-I", "-c", code, *words], **how)


def running(word: str) -> list[Path]:
    """Processes with this word in their command line, as the machine sees them."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (path / "cmdline").read_bytes().split(b"\0"):
                found.append(path)
        except OSError:
            continue
    return found


def gone(word: str, seconds: float) -> bool:
    """Whether all of them have ended before ``seconds`` are over."""
    until = time.monotonic() + seconds
    while running(word) and time.monotonic() < until:
        time.sleep(0.05)
    return not running(word)


def test_a_program_gets_arguments_files_and_input(sandbox):
    code = "import os, sys; print(sys.argv[1:], open('in/data.txt').read(), sys.stdin.read(), os.getcwd())"
    finished = python(sandbox, code, "a b", "$HOME;`id`", files={"in/data.txt": "größe"}, stdin="typed")
    assert (finished.status, finished.errors, finished.cut) == (0, "", "")
    assert finished.output == "['a b', '$HOME;`id`'] größe typed /tmp\n"


def test_a_run_leaves_nothing_for_the_next(sandbox):
    assert python(sandbox, "open('kept', 'w').write('x')").status == 0
    assert python(sandbox, "import os; print(os.listdir('/tmp'))").output == "[]\n"


def test_only_the_system_is_shown(sandbox):
    seen = json.loads(python(sandbox, "import os, json; print(json.dumps([os.listdir('/'), dict(os.environ)]))").output)
    names, variables = seen
    assert not {"home", "root", "work", "mnt", "boot", "opt", "srv", "media"} & set(names)
    engine = {"HOSTNAME", "container", "TERM", "PWD", "LC_CTYPE"}
    assert {name: value for name, value in variables.items() if name not in engine} == inside.ENVIRONMENT


def test_the_files_given_are_read_only_and_the_folder_is_not(sandbox):
    code = "open('new', 'w').write('x')\ntry:\n    open('given', 'w')\nexcept OSError:\n    print('refused')"
    assert python(sandbox, code, files={"given": b"\x00\xff"}).output == "refused\n"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 128 + 9),
        (["no-such-program"], 127),
        (["/etc"], 126),
    ],
    ids=str,
)
def test_the_status_is_the_shells(sandbox, command, status):
    finished = sandbox.run(command)
    assert (finished.status, finished.cut) == (status, "")
    assert (status < 126 or status > 127) or command[0] in finished.errors


def test_output_that_is_no_utf8_is_marked(sandbox):
    finished = python(sandbox, "import sys; sys.stdout.buffer.write(b'a\\xff\\xfeb')")
    assert finished.output == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


def test_output_is_cut_while_it_is_read(sandbox):
    finished = sandbox.run(["sh", "-c", "echo first >&2; yes"], limits=Limits(output=5000))
    assert finished.cut == "output"
    assert finished.seconds < Limits().seconds
    assert finished.output.startswith("y\ny\n")
    assert len(finished.output) + len(finished.errors) == 5000


def test_input_that_nobody_reads_holds_nothing_up(sandbox):
    assert sandbox.run(["true"], stdin=b"x" * (4 * MIB)).status == 0


def test_a_program_that_closes_its_output_is_waited_for_and_ended(sandbox):
    assert sandbox.run(["sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 5"]).status == 5
    finished = sandbox.run(["sh", "-c", "exec >&- 2>&-; sleep 20"], limits=Limits(seconds=0.5))
    assert finished.cut == "time"


def test_time_is_up_for_the_whole_tree(sandbox):
    word = f"30.{os.getpid()}1"
    script = f"trap '' TERM HUP INT; setsid sleep {word} & sleep {word}; sleep {word}"
    finished = sandbox.run(["sh", "-c", script], limits=Limits(seconds=0.5))
    assert (finished.cut, finished.status) == ("time", 128 + 9)
    assert finished.seconds < 5
    assert gone(word, 3)


def test_nothing_outlives_the_program(sandbox):
    word = f"30.{os.getpid()}2"
    assert sandbox.run(["sh", "-c", f"setsid sleep {word} >/dev/null 2>&1 </dev/null & exit 0"]).status == 0
    assert gone(word, 3)


@pytest.mark.parametrize("name", ["bubblewrap", "podman"])
def test_nothing_outlives_a_parent_that_is_killed(tmp_path, name, require):
    """Bubblewrap at once; a container, which is no child of ours, by its own limit of time."""
    sandbox = {"bubblewrap": Bubblewrap(), "podman": Container("podman")}[name]
    require(name, not sandbox.available(), f"{name} does not work here (make system-deps)")
    word, seconds = f"30.{os.getpid()}3", {"bubblewrap": 60, "podman": 1}[name]
    code = (
        "from workbook.tools.sandbox import *\n"
        f"sandbox = next(it for it in sandboxes() if it.name == {name!r})\n"
        f"sandbox.run(['sleep', {word!r}], limits=Limits(seconds={seconds}))\n"
    )
    # Who is killed removes no folder of his own.
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    until = time.monotonic() + 20
    # The program itself, and not the command lines that lead to it.
    while not any((path / "comm").read_text() == "sleep\n" for path in running(word)) and time.monotonic() < until:
        time.sleep(0.05)
    assert running(word)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(word, 8)


def test_memory_of_one_and_of_all_is_limited(sandbox):
    limits = Limits(memory=96 * MIB, seconds=20)
    one = python(sandbox, "print(len(b'x' * 2**28))", limits=limits)
    assert one.status != 0
    assert "268435456" not in one.output
    many = (
        "import os, time\nfor _ in range(6):\n    if not os.fork():\n"
        "        held = b'x' * (64 * 2**20); time.sleep(0.5); os.write(1, b'whole\\n'); os._exit(0)\n"
        "try:\n    while True: os.wait()\nexcept ChildProcessError: pass"
    )
    assert python(sandbox, many, limits=limits).output.count("whole") < 6


def test_memory_that_is_shared_is_counted_once(require):
    sandbox = Bubblewrap()
    require("bubblewrap", not sandbox.available(), f"bubblewrap does not work here: {sandbox.available()}")
    code = (
        "import os, time\nheld = b'x' * (48 * 2**20)\nfor _ in range(6):\n"
        "    if not os.fork(): time.sleep(0.3); os._exit(0)\nfor _ in range(6): os.wait()\nprint('whole')"
    )
    assert python(sandbox, code, limits=Limits(memory=128 * MIB)).output == "whole\n"


def test_processes_are_limited(sandbox):
    code = (
        "import os, time\ncount = 0\ntry:\n    for count in range(40):\n"
        "        if not os.fork(): time.sleep(0.5); os._exit(0)\nexcept OSError:\n    print('refused', count)"
    )
    word, count = python(sandbox, code, limits=Limits(processes=10)).output.split()
    assert (word, 4 <= int(count) <= 10) == ("refused", True)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../b", "", "a//b", "./a", ".hidden", "a\nb", "a,b", "a:b", "é", "a\0", "a/", "~"]
)
def test_a_file_stays_in_its_folder(path):
    for sandbox in (Bubblewrap(), Container("podman")):
        with pytest.raises(UsageError, match="no path for a file"):
            sandbox.run(["true"], files={path: "x"})


@pytest.mark.parametrize("command", [[], [""], "ls -l", b"ls", ["a\0b"], [1], ["ls", None], ["\ud800"]], ids=ascii)
def test_a_command_is_a_list_of_texts(command):
    for sandbox in (Bubblewrap(), Container("podman")):
        with pytest.raises(UsageError, match="command"):
            sandbox.run(command)


def test_files_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="file and a folder"):
        Bubblewrap().run(["true"], files={"a": "x", "a/b": "y"})
    with pytest.raises(UsageError, match="limit of 256"):
        Bubblewrap().run(["true"], files={f"f{number}": "" for number in range(257)})
    with pytest.raises(UsageError, match="as a file or as input"):
        Bubblewrap().run(["echo", "x" * 30_000])
    with pytest.raises(UsageError, match="larger than 10 bytes"):
        Bubblewrap().run(["true"], files={"a": "x" * 11}, limits=Limits(disk=10))


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["seconds", "memory", "processes", "output", "disk"])
def test_no_limit_can_be_lifted(name, value):
    with pytest.raises(UsageError, match=name):
        replace(Limits(), **{name: value})


def test_a_program_that_is_missing_is_named():
    missing = Bubblewrap(program="no-such-bwrap")
    assert "no-such-bwrap" in missing.available()
    with pytest.raises(WorkbookError, match="no-such-bwrap"):
        missing.run(["true"])


@pytest.fixture
def open_folder():
    """A folder that everybody may read: root's rights are dropped before a sandbox's program is started."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'bwrap: No permissions to create new namespace' >&2; exit 1", "No permissions to create new namespace"),
        ("exit 0", "no reason was given"),
        ("echo works", "no reason was given"),
        ("kill -9 $$", "no reason was given"),
    ],
)
def test_a_sandbox_that_cannot_be_made_is_no_result(open_folder, script, reason):
    """A kernel that refuses namespaces, an engine that dies: the program has not run, and nobody may think it has."""
    program = open_folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    broken = Bubblewrap(program=str(program))
    assert reason in broken.available()
    with pytest.raises(WorkbookError, match=reason):
        broken.run(["true"])


def test_a_sandbox_that_never_stands_is_given_up(open_folder, monkeypatch):
    program = open_folder / "bwrap"
    program.write_text("#!/bin/sh\nexec sleep 20\n")
    program.chmod(0o755)
    monkeypatch.setattr(supervised, "START_SECONDS", 0.3)
    with pytest.raises(WorkbookError, match="did not stand within"):
        Bubblewrap(program=str(program)).run(["true"])


def test_many_files_are_there(sandbox):
    files = {f"d{number % 4}/f{number}": str(number) for number in range(120)}
    finished = python(sandbox, "import glob; print(sum(int(open(p).read()) for p in glob.glob('d*/f*')))", files=files)
    assert (finished.output, finished.errors) == (f"{sum(range(120))}\n", "")


def test_an_engine_without_its_daemon_is_not_available(tmp_path, monkeypatch):
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the daemon' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sandboxes_module.trial.cache_clear()
    assert "Cannot connect to the daemon" in Container("docker").available()
    sandboxes_module.trial.cache_clear()


class Fake:
    """A sandbox that is there, or is not."""

    python = "python3"

    def __init__(self, name: str, reason: str = "") -> None:
        self.name, self.reason = name, reason

    def available(self) -> str:
        return self.reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", ""),
        ("processes\n", "it does not limit processes"),
        ("memory\n", "it does not limit memory"),
        ("processes\ndisk\nmemory\n", "it does not limit processes and disk and memory"),
    ],
)
def test_a_sandbox_whose_limits_do_not_hold_is_not_available(said, reason):
    """Some engines warn and go on where the system gives them no say over memory."""

    class Lifted(Fake):
        def run(self, command, files=None, stdin=b"", limits=Limits()) -> Finished:
            return Finished(7, "works\n", "", 0.1) if limits == Limits() else Finished(0, said, "", 0.1)

    assert sandboxes_module.trial(Lifted("lifted")) == reason


def test_the_best_is_the_first_that_works(monkeypatch):
    chosen = (Fake("podman", "no program podman"), Fake("docker"), Fake("bubblewrap"))
    monkeypatch.setattr(sandboxes_module, "sandboxes", lambda: chosen)
    assert best_sandbox().name == "docker"


def test_without_a_sandbox_nothing_runs(monkeypatch):
    chosen = (Fake("podman", "no program podman"), Fake("bubblewrap", "user namespaces are refused"))
    monkeypatch.setattr(sandboxes_module, "sandboxes", lambda: chosen)
    with pytest.raises(WorkbookError) as caught:
        best_sandbox()
    assert "no program podman" in str(caught.value)
    assert "user namespaces are refused" in str(caught.value)


def test_what_containers_and_bubblewrap_prefer():
    assert [sandbox.name for sandbox in sandboxes_module.sandboxes()] == ["podman", "docker", "bubblewrap"]
