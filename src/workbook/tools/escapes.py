"""An attack on a sandbox: programs that try to get out, and witnesses outside that say whether they did.

Each attempt runs in a fresh world with canaries: secret files, an environment variable, listeners, a process of the
same user. Whether it was held is read from these, from what left the sandbox, and from the kernel's view of its
processes. The program's own word counts in one direction only: it can admit an escape, and it must have started and
come as far as its kind allows, or the attempt proves nothing and counts as not held. Linux only. Leaves out holes of
the kernel. The programs are in ``escape_programs`` and ``escape_taking``, the world in ``canaries``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from workbook.tools.canaries import Watch, World
from workbook.tools.escape_programs import PRELUDE, REACHING, Ending, Escape
from workbook.tools.escape_taking import TAKING
from workbook.tools.sandbox import MIB, Finished, Limits, Sandbox

ESCAPES = (*REACHING, *TAKING)
"""Every attempt."""
LIMITS = Limits(seconds=10.0, memory=96 * MIB, processes=16, output=32 * 1024, disk=4 * MIB)
"""Of an attempt: small, so that four times as much harms nobody."""
LOOP_SECONDS = 1.0
"""Of an attempt that must run into the limit of time."""
GRACE_SECONDS = 5.0
"""To end a program that is over its time."""


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt; ``detail`` says what got out, or what held it."""

    name: str
    held: bool
    detail: str


def check(sandbox: Sandbox, escapes: Iterable[Escape] = ESCAPES) -> list[Attempt]:
    """Attack ``sandbox`` with each program and say what came of it.

    Raises ``WorkbookError`` when the sandbox does not work.
    """
    return [_attack(sandbox, escape) for escape in escapes]


def findings(finished: Finished, ending: Ending, limits: Limits, world: World, watch: Watch) -> list[str]:
    """All that speaks against "held", most telling first; every attempt is judged by all of it."""
    return [
        *world.traces(f"{finished.output}\n{finished.errors}"),
        *(line.removeprefix("escaped ") for line in finished.output.splitlines() if line.startswith("escaped ")),
        *watch.excesses(limits),
        *_unfinished(finished, ending, limits),
        *(["proves nothing: it was not seen from outside"] if ending == "seen" and not watch.processes else []),
    ]


def _attack(sandbox: Sandbox, escape: Escape) -> Attempt:
    limits = replace(LIMITS, seconds=LOOP_SECONDS) if escape.ending == "time" else LIMITS
    with World() as world, Watch(world.mark) as watch:
        bait = {**world.bait, "memory": limits.memory, "disk": limits.disk, "processes": limits.processes}
        files = {"attempt.py": f"{PRELUDE}{escape.program}\nsay('done')\n", "bait.json": json.dumps(bait)}
        finished = sandbox.run((sandbox.python, "-I", "attempt.py", world.mark), files, limits=limits)
        watch.wait_for_the_end()
        found = findings(finished, escape.ending, limits, world, watch)
    return Attempt(escape.name, not found, "; ".join(found) if found else _how(finished))


def _unfinished(finished: Finished, ending: Ending, limits: Limits) -> Iterator[str]:
    """Why the run proves nothing, or that its own limit did not end it."""
    said = finished.output.splitlines()
    if "started" not in said:
        yield f"proves nothing: the attempt did not start (status {finished.status}: {finished.errors.strip()[-200:]})"
        return
    ended = "done" in said and finished.status == 0
    killed = finished.cut == "memory" or finished.status > 128
    if ending in ("time", "output") and finished.cut != ending:
        yield f"not ended by the limit of {ending}"
    elif ending in ("done", "seen", "any") and not (ended or (ending == "any" and killed)):
        yield f"proves nothing: the attempt broke off (status {finished.status}: {finished.errors.strip()[-200:]})"
    if finished.seconds > limits.seconds + GRACE_SECONDS:
        yield f"ran for {finished.seconds:.0f} s with a limit of {limits.seconds:g} s"
    written = len(finished.output) + len(finished.errors)
    if written > limits.output:
        yield f"{written} characters of output came through with a limit of {limits.output}"


def _how(finished: Finished) -> str:
    if finished.cut:
        return f"cut: {finished.cut}"
    refused = sum(line.startswith("refused") for line in finished.output.splitlines())
    if refused:
        return f"refused {refused} times, nothing got out"
    return "killed" if finished.status > 128 else "nothing got out"
