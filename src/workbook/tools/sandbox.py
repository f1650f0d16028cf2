"""A place to run code that a model wrote: what every sandbox offers, and which one to take.

The threat is a program that is careless or hostile and runs as this user. A sandbox keeps it from files, secrets,
processes and networks outside, and from taking more time, memory, processes, output or disk than it was given. It
does not keep it from spending what it was given, from lying in its output, or from a hole in the kernel, which all of
them share; that needs a virtual machine. The sandboxes themselves are ``workbook.tools.bubblewrap`` and
``workbook.tools.container``; ``workbook.tools.escapes`` attacks them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from workbook.core.errors import UsageError, WorkbookError

MIB = 2**20
Cut = Literal["", "time", "output", "memory"]
"""The limit that ended a program; a sandbox may also end it by a signal, which shows in the status alone."""
LONGEST_COMMAND = 30_000
"""Characters of a program with its arguments; the kernel takes somewhat more than 100,000 bytes for one."""
MOST_FILES = 256
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Limits:
    """What one program may take: seconds of wall clock, bytes of memory, processes and threads at a time, bytes of
    output and errors together, and bytes that it may write to its own ``/tmp``.
    """

    seconds: float = 10.0
    memory: int = 256 * MIB
    processes: int = 32
    output: int = 64 * 1024
    disk: int = 16 * MIB

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            # A size of 0 means "without limit" to mount, and so does infinity to a clock.
            if not (math.isfinite(value) and value > 0):
                raise UsageError(f"a limit of {value} {name}", "Every limit is a finite number above 0.")


@dataclass(frozen=True)
class Finished:
    """How a program ended: ``status`` as a shell shows it (128 and the signal's number after a signal; 127 when there
    is no such command), what it wrote, the seconds it ran, and the limit that cut it, if one did.
    """

    status: int
    output: str
    errors: str
    seconds: float
    cut: Cut = ""


class Sandbox(Protocol):
    """A place where a program can do no harm. Its working directory is an empty ``/tmp`` of its own."""

    @property
    def name(self) -> str:
        """What ``workbook sandbox`` and messages call it, such as ``bubblewrap``."""

    @property
    def python(self) -> str:
        """The path, as seen from inside, of the Python that programs run under."""

    def available(self) -> str:
        """Nothing when it works here, tried once; else the reason why not."""

    def run(
        self,
        command: Sequence[str],
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes = b"",
        limits: Limits = Limits(),
    ) -> Finished:
        """Run a program and its arguments to the end, beside read-only ``files`` by their relative paths.

        Raises ``UsageError`` for a request that makes no sense, and ``WorkbookError`` when the sandbox could not be
        made. The program has not started in either case.
        """


TRIAL = """
import os
child = os.fork()
if child:
    os.waitpid(child, 0)
    print("works")
    raise SystemExit(7)
"""
TRIED = (7, "works\n")
GREED = """
import os, time
try:
    for count in range(32):
        if not os.fork():
            time.sleep(1)
            os._exit(0)
    print("processes", flush=True)
except OSError:
    pass
try:
    for count in range(4):
        with open(str(count), "wb") as file:
            file.write(b"x" * 2**20)
    print("disk", flush=True)
except OSError:
    pass
held = b"x" * (128 * 2**20)
print("memory", flush=True)
"""
GREED_LIMITS = Limits(processes=8, memory=64 * MIB, disk=2 * MIB)
"""What ``GREED`` is given; it says which of these do not hold, as an engine may drop what it cannot keep."""


def best_sandbox() -> Sandbox:
    """The first that works: a container engine, else bubblewrap; else ``WorkbookError`` with all the reasons.

    Nothing is ever run without a sandbox instead.
    """
    reasons = {}
    for sandbox in sandboxes():
        reasons[sandbox.name] = sandbox.available()
        if not reasons[sandbox.name]:
            return sandbox
    listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise WorkbookError(
        f"no sandbox works here, and code of a model runs in nothing else ({listed})", "make system-deps"
    )


def sandboxes() -> tuple[Sandbox, ...]:
    """All that we know, the preferred first, whether they work here or not."""
    from workbook.tools.bubblewrap import Bubblewrap
    from workbook.tools.container import Container

    return Container("podman"), Container("docker"), Bubblewrap()


@lru_cache
def trial(sandbox: Sandbox) -> str:
    """Nothing when a program runs in ``sandbox`` and a greedy one does not; else why. Tried once for each sandbox."""
    try:
        finished = sandbox.run((sandbox.python, "-I", "-c", TRIAL))
        if (finished.status, finished.output) == TRIED:
            greedy = sandbox.run((sandbox.python, "-I", "-c", GREED), limits=GREED_LIMITS)
            lifted = " and ".join(greedy.output.split())
            return f"it does not limit {lifted}" if lifted else ""
    except WorkbookError as error:
        return error.message
    said = " ".join(finished.errors.split())[-300:]
    return f"a trial ended with status {finished.status}" + (f": {said}" if said else "")


def checked_command(command: Sequence[str]) -> list[str]:
    """``command`` as a list; raises ``UsageError`` unless it is a program and its arguments."""
    if isinstance(command, str | bytes):
        raise UsageError("a command is a list, not one text", f"Say {command.split()!r}; no shell splits it.")
    words = list(command)
    if not words or not words[0]:
        raise UsageError("an empty command", "Name a program first, then its arguments.")
    if any(not isinstance(word, str) or "\0" in word or not _is_encodable(word) for word in words):
        raise UsageError("a command of something else than text", "Every argument is a text without a NUL character.")
    if sum(map(len, words)) > LONGEST_COMMAND:
        raise UsageError(f"a command of more than {LONGEST_COMMAND} characters", "Pass it as a file or as input.")
    return words


def checked_files(files: Mapping[str, str | bytes] | None, limits: Limits) -> dict[str, bytes]:
    """``files`` as bytes; raises ``UsageError`` for a path that leaves the working directory, or for too much."""
    contents = {path: as_bytes(content) for path, content in (files or {}).items()}
    if len(contents) > MOST_FILES:
        raise UsageError(f"{len(contents)} files, with a limit of {MOST_FILES}", "Pass an archive instead.")
    for path in contents:
        if not all(NAME.fullmatch(part) for part in path.split("/")):
            raise UsageError(
                f"{path!r} is no path for a file in a sandbox",
                "It is relative, without '..' or hidden names, of letters, digits, '.', '_', '-' and '/'.",
            )
        if any(other.startswith(f"{path}/") for other in contents):
            raise UsageError(f"{path!r} is a file and a folder at once", "Rename one of them.")
    if sum(map(len, contents.values())) > limits.disk:
        raise UsageError(f"the files are larger than {limits.disk} bytes", "Pass less, or raise the limit 'disk'.")
    return contents


def _is_encodable(word: str) -> bool:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_bytes(content: str | bytes) -> bytes:
    """Text in UTF-8; half a surrogate pair, which a model can write in JSON, becomes ``?``."""
    return content.encode("utf-8", "replace") if isinstance(content, str) else content
