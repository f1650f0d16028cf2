"""A process under limits that are kept from outside: its time, its output, and what its tree holds in memory.

Output is cut while it is read, so that endless output takes no memory here. Leaves out what the process is kept from
(``workbook.tools.bubblewrap``, ``workbook.tools.container``).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.tools.inside import STARTED
from workbook.tools.sandbox import Cut, Finished, Limits

START_SECONDS = 30.0
"""For the sandbox to stand; only an engine that hangs takes longer. The program's own time begins after it."""
LOOK_SECONDS = 0.015
"""Between two looks at the memory: what a program can take beyond its limit is what it can fill meanwhile."""
CHUNK = 2**16
MARK = f"{STARTED}\n".encode()

Process = subprocess.Popen[bytes]


def supervise(
    command: Sequence[str],
    stdin: bytes,
    limits: Limits,
    end: Callable[[Process], object] = subprocess.Popen.kill,
    held: Callable[[int], int] = lambda pid: 0,
    **options: Any,
) -> Finished:
    """Run a sandbox's command line until it ends or a limit ends it, and read what it says.

    ``end`` ends all that was started, and is called on every path; ``held`` gives the bytes that the tree of a process
    holds; ``options`` go to ``Popen``. Raises ``WorkbookError`` when the sandbox never stood.
    """
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, **options
        )
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{command[0]} could not be started: {error}", "workbook doctor") from error
    with process:
        try:
            threading.Thread(target=_feed, args=(process, stdin), daemon=True).start()
            reading = _Reading(process, limits, held)
            reading.to_the_end()
        finally:
            end(process)
            process.wait()
    return reading.finished()


def _feed(process: Process, stdin: bytes) -> None:
    assert process.stdin is not None
    # A program need not read what it is given.
    with contextlib.suppress(OSError, ValueError), process.stdin:
        rest = memoryview(stdin)
        while rest:
            rest = rest[process.stdin.write(rest) :]


class _Reading:
    """What one process has said so far, and whether it may go on."""

    def __init__(self, process: Process, limits: Limits, held: Callable[[int], int]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.limits, self.held = process, limits, held
        self.output, self.errors = bytearray(), bytearray()
        self.cut: Cut = ""
        self.begun = self.ended = self.looked = time.monotonic()
        self.stands = False
        self.open = selectors.DefaultSelector()
        self.open.register(process.stdout, selectors.EVENT_READ, self.output)
        self.open.register(process.stderr, selectors.EVENT_READ, self.errors)

    def to_the_end(self) -> None:
        """Read until the process has ended or a limit is reached."""
        with self.open:
            while not self.cut and (self.open.get_map() or self.process.poll() is None):
                self._read()
                self.cut = self._limit_reached()
        self.ended = time.monotonic()

    def finished(self) -> Finished:
        """The result; output beyond the limit is left out."""
        notes, stood, errors = bytes(self.errors).partition(MARK)
        if not stood:
            slow = f"it did not stand within {START_SECONDS:g} s" if self.cut == "time" else "no reason was given"
            said = " ".join(notes.decode("utf-8", "replace").split())[-400:]
            raise WorkbookError(f"the sandbox could not be made: {said or slow}", "workbook doctor")
        output = bytes(self.output[: self.limits.output])
        errors = errors[: self.limits.output - len(output)]
        code = self.process.returncode
        status = code if code >= 0 else 128 - code
        said, complained = (text.decode("utf-8", "replace") for text in (output, errors))
        return Finished(status, said, complained, self.ended - self.begun, self.cut)

    def _read(self) -> None:
        if not self.open.get_map():
            # It closed its output and goes on.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_SECONDS)
        for key, _ in self.open.select(LOOK_SECONDS):
            chunk = os.read(key.fd, CHUNK)
            key.data.extend(chunk)
            if not chunk:
                self.open.unregister(key.fileobj)
        if not self.stands and MARK in self.errors:
            self.stands, self.begun = True, time.monotonic()

    def _limit_reached(self) -> Cut:
        now = time.monotonic()
        if now - self.begun > (self.limits.seconds if self.stands else START_SECONDS):
            return "time"
        if len(self.output) + len(self.errors.partition(MARK)[2]) > self.limits.output:
            return "output"
        if now - self.looked > LOOK_SECONDS:
            self.looked = now
            return "memory" if self.held(self.process.pid) > self.limits.memory else ""
        return ""
