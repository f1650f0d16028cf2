"""Code under bubblewrap: new namespaces, an almost empty read-only root, no capabilities, and limits.

The program has the system's folders and Python read-only, an empty ``/tmp`` of limited size, ``/proc`` and ``/dev`` of
its own, no network, no other process, and a filter of system calls. Memory is limited for each process by its address
space, and for all of them by looking at what they hold. Leaves out: empty files (each costs about a kilobyte of the
kernel's memory until the program ends) and buffers of pipes and sockets; a container's limit counts both. Needs
Linux 5.14 or later, where a user namespace counts its own processes, and bubblewrap 0.6 or later.
"""

from __future__ import annotations

import contextlib
import math
import os
import platform
import resource
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbook.core.errors import WorkbookError
from workbook.tools.held_memory import tree_bytes
from workbook.tools.inside import ENVIRONMENT, NOBODY, interpreter, launched, links, shown, unprivileged
from workbook.tools.sandbox import Finished, Limits, as_bytes, checked_command, checked_files, trial
from workbook.tools.seccomp import system_call_filter
from workbook.tools.supervised import supervise

KERNEL = (5, 14)
SHARED_MEMORY = 2**20
"""Bytes of ``/dev/shm``: enough for locks, and too little to hide data in."""
OPEN_FILES = 64


@dataclass(frozen=True)
class Bubblewrap:
    """The sandbox of Debian's package ``bubblewrap``; needs no daemon, no image and no rights."""

    program: str = "bwrap"
    name: str = "bubblewrap"

    @property
    def python(self) -> str:
        """The path of a Python inside."""
        return interpreter()

    def available(self) -> str:
        """Nothing when it works here, tried once; else the reason why not."""
        return _lacking(self.program) or trial(self)

    def run(
        self,
        command: Sequence[str],
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes = b"",
        limits: Limits = Limits(),
    ) -> Finished:
        """Run a program to its end or a limit's; see ``workbook.tools.sandbox.Sandbox``."""
        words, contents = checked_command(command), checked_files(files, limits)
        lacking = _lacking(self.program)
        if lacking:
            raise WorkbookError(f"bubblewrap does not work here: {lacking}", "make system-deps")
        with _in_memory([system_call_filter(platform.machine()), *contents.values()]) as opened:
            place = arguments(dict(zip(contents, opened[1:], strict=True)), limits, seccomp=opened[0])
            line = [self.program, *place, "--", *limited(launched(words), limits)]
            return supervise(line, as_bytes(stdin), limits, held=tree_bytes, pass_fds=opened, env={}, **unprivileged())


def arguments(files: Mapping[str, int], limits: Limits, seccomp: int) -> list[str]:
    """Bubblewrap's own arguments; ``files`` and ``seccomp`` are open files with the contents."""
    namespaces = ("user", "ipc", "pid", "net", "uts")
    rows = [
        *([f"--unshare-{name}"] for name in namespaces),
        ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"],
        ["--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL", "--hostname", "sandbox"],
        *(["--setenv", name, value] for name, value in ENVIRONMENT.items()),
        *(["--ro-bind", path, path] for path in shown()),
        *(["--symlink", target, f"/{name}"] for name, target in links().items()),
        [
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--size",
            str(SHARED_MEMORY),
            "--tmpfs",
            "/dev/shm",
            "--remount-ro",
            "/dev",
        ],
        ["--size", str(limits.disk), "--tmpfs", "/tmp"],
        *(["--perms", "0644", "--ro-bind-data", str(opened), f"/tmp/{path}"] for path, opened in files.items()),
        ["--remount-ro", "/", "--chdir", "/tmp", "--seccomp", str(seccomp)],
    ]
    return [word for row in rows for word in row]


def limited(command: Sequence[str], limits: Limits) -> list[str]:
    """``command`` behind ``prlimit``, which sets the limits inside, where the new namespace counts them."""
    wanted = {
        "as": limits.memory,
        "nproc": limits.processes,
        "fsize": limits.disk,
        "cpu": math.ceil(limits.seconds) + 1,
        "nofile": OPEN_FILES,
        "core": 0,
    }
    options = [f"--{name}={size}:{size}" for name, size in ((key, _allowed(key, wanted[key])) for key in wanted)]
    return ["/usr/bin/prlimit", *options, "--", *command]


def _allowed(name: str, wanted: int) -> int:
    """``wanted``, or less where this process itself may not have as much: limits are only ever lowered."""
    highest = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)


@contextlib.contextmanager
def _in_memory(contents: Sequence[bytes]) -> Iterator[list[int]]:
    """Open files that hold ``contents`` and have no name: nothing lies on the disk, for nobody to read or to leave."""
    opened: list[int] = []
    try:
        for content in contents:
            opened.append(os.memfd_create("sandbox"))
            with open(opened[-1], "wb", closefd=False) as file:
                file.write(content)
            os.lseek(opened[-1], 0, os.SEEK_SET)
        yield opened
    finally:
        for number in opened:
            os.close(number)


def _lacking(program: str) -> str:
    """What this machine lacks for it, as far as can be told without trying."""
    if platform.system() != "Linux":
        return "it is for Linux alone"
    if tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2]) < KERNEL:
        return f"Linux {platform.release()} does not count processes by user namespace; 5.14 does"
    absent = [name for name in (program, "/usr/bin/prlimit") if not shutil.which(name)]
    return f"no program {' and '.join(absent)}" if absent else ""
