"""What an escape would touch: canaries outside a sandbox, and a watch over the processes inside it (Linux).

Leaves out the attempts and the verdict (``workbook.tools.escapes``).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from workbook.tools.held_memory import process_bytes
from workbook.tools.inside import unprivileged
from workbook.tools.sandbox import Limits

PLACES = ("/", "/usr", "/usr/bin", "/etc", "/var/tmp", "/home", "/root", "/opt", "/tmp", "/dev/shm")
"""Where a file would appear if the program could write outside."""
VARIABLE = "WORKBOOK_CANARY"
LOOK_SECONDS = 0.02
END_SECONDS = 2.0
"""For the last process of a sandbox to be gone, after its run has ended."""
SLACK = 3
"""Times the limit of memory that may be seen for a moment: a sandbox may keep it by looking now and then."""


class World:
    """Canaries for one attempt, as a context: secrets, a variable, listeners, a victim, and places to write to.

    ``mark`` names the attempt's own processes and files; ``bait`` tells the program where the canaries are, never
    what they say.
    """

    def __init__(self) -> None:
        self.mark = f"mark-{secrets.token_hex(8)}"
        self._canary = f"canary-{secrets.token_hex(8)}"
        self._open = contextlib.ExitStack()

    def __enter__(self) -> World:
        with self._open:
            self._folder = self._planted(None)
            home = os.path.expanduser("~")
            self._home = self._planted(home if os.access(home, os.W_OK) else None)
            self._variable()
            self._stream = self._listener(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
            self._abstract = self._listener(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.mark}")
            self._path = self._listener(socket.AF_UNIX, socket.SOCK_STREAM, str(self._folder / "socket"))
            self._datagrams = self._listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
            (self._folder / "socket").chmod(0o666)
            self._victim = self._started()
            # All went well: what was opened stays so until the end.
            self._open = self._open.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    @property
    def bait(self) -> dict[str, Any]:
        """Where the canaries are, for the program to try."""
        return {
            "secret": str(self._folder / "secret"),
            "home_secret": str(self._home / "secret"),
            "folder": str(self._folder),
            "places": [str(self._folder), *PLACES],
            "mark": self.mark,
            "port": self._stream.getsockname()[1],
            "abstract": self.mark,
            "socket": str(self._folder / "socket"),
            "datagrams": self._datagrams.getsockname()[1],
            "victim": self._victim.pid,
            "parent": os.getpid(),
            "device": os.stat("/").st_dev,
        }

    def traces(self, said: str) -> Iterator[str]:
        """What escaped: canaries in what was ``said``, files that appeared or changed, visits, a victim harmed."""
        if self._canary in said:
            yield "a canary came out"
        yield from (f"a file appeared in {place}" for place in self._written())
        if (self._folder / "secret").read_text() != self._canary:
            yield "a file outside was changed"
        listeners = {"port": self._stream, "abstract socket": self._abstract, "socket": self._path}
        yield from (f"the {name} outside was reached" for name, listener in listeners.items() if _visited(listener))
        if _received(self._datagrams):
            yield "a datagram came out"
        if self._victim.poll() is not None:
            yield "a process outside was ended"

    def _planted(self, parent: str | None) -> Path:
        name = tempfile.TemporaryDirectory(prefix=".workbook-", dir=parent)
        folder = Path(self._open.enter_context(name))
        # Open to all, so that the sandbox is what keeps them, and no mode of a file.
        folder.chmod(0o777)
        for file in (folder / "secret", folder / self._canary):
            file.write_text(self._canary)
            file.chmod(0o666)
        return folder

    def _variable(self) -> None:
        os.environ[VARIABLE] = self._canary
        self._open.callback(os.environ.pop, VARIABLE, None)

    def _listener(self, family: int, kind: int, address: Any) -> socket.socket:
        listener = self._open.enter_context(socket.socket(family, kind))
        listener.bind(address)
        listener.setblocking(False)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        return listener

    def _started(self) -> subprocess.Popen[bytes]:
        """A process that waits beside the secret, with the canary in its arguments and variables, and ends with us."""
        variables = {VARIABLE: self._canary, "PATH": "/usr/bin:/bin"}
        victim = subprocess.Popen(
            ["/bin/sh", "-c", "read line", self._canary],
            stdin=subprocess.PIPE,
            cwd=self._folder,
            env=variables,
            **unprivileged(),
        )
        self._open.enter_context(victim)
        self._open.callback(victim.kill)
        return victim

    def _written(self) -> Iterator[str]:
        for place in (str(self._folder), *PLACES):
            file = os.path.join(place, self.mark)
            # Not Path.exists: a place that is closed to us is no error.
            if os.path.lexists(file):
                os.unlink(file)
                yield place


class Watch:
    """What the processes that carry ``mark`` take and may do, looked at from outside while they run."""

    def __init__(self, mark: str) -> None:
        self._command = [b"-I", b"attempt.py", mark.encode()]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_until_over, daemon=True)
        self.processes = self.memory = 0
        self.rights: set[str] = set()
        self.left: list[int] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        for pid in self._running():
            with contextlib.suppress(OSError):
                os.kill(pid, 9)

    def wait_for_the_end(self) -> None:
        """Give the last processes a moment to be gone; ``left`` are those that are not."""
        until = time.monotonic() + END_SECONDS
        while (left := self._running()) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        self.left = left

    def excesses(self, limits: Limits) -> Iterator[str]:
        """A sentence for each limit that the program broke: processes, memory, rights, survivors."""
        if self.processes > limits.processes:
            yield f"{self.processes} processes at a time, with a limit of {limits.processes}"
        if self.memory > SLACK * limits.memory:
            yield f"{self.memory >> 20} MiB held at a time, with a limit of {limits.memory >> 20} MiB"
        yield from sorted(self.rights)
        if self.left:
            yield f"{len(self.left)} processes outlived the end"

    def _look_until_over(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            running = self._running()
            self.processes = max(self.processes, len(running))
            self.memory = max(self.memory, sum(map(process_bytes, running)))
            self.rights.update(right for pid in running for right in _rights(pid))

    def _running(self) -> list[int]:
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_ours(path)]

    def _is_ours(self, path: Path) -> bool:
        with contextlib.suppress(OSError):
            # The Python itself: launchers before it carry the same words behind their own.
            return (path / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")[1:] == self._command
        return False


def _rights(pid: int) -> Iterator[str]:
    """Rights that no program in a sandbox has, by the kernel's account."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return
    values = dict(re.findall(r"^(\w+):\s*(\S+)", status, re.MULTILINE))
    if values.get("NoNewPrivs") == "0":
        yield "may gain rights from a setuid program"
    if int(values.get("CapEff", "0"), 16):
        yield "has capabilities"
    if values.get("Uid") == "0":
        yield "is root outside"


def _visited(listener: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        listener.accept()[0].close()
        return True
    return False


def _received(listener: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        return bool(listener.recv(512))
    return False
