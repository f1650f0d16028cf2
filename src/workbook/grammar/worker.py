"""A process that answers one question at a time, and that can be killed when one takes too long or too much.

The engines are native code: a hostile schema can keep them busy for hours, exhaust the memory or overflow the
stack, and no exception stops that from inside. So whoever compiles schemas that he does not know asks a worker. Its
limits are wall-clock seconds a question and bytes of address space; a worker that broke one is gone, and the next
question starts a fresh one. What was answered before stays answered. Where the system has no limit on
address space (Windows, and macOS in part) only the time is limited.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Literal

from workbook.core.errors import WorkbookError
from workbook.grammar.engine import GrammarError

SECONDS, MEMORY = 10.0, 2 * 2**30
"""The usual limits of one question: seconds, and bytes beyond what the worker takes when it is ready."""
START_SECONDS = 600.0
"""To import the engines and read a vocabulary; only a machine that hangs takes longer."""
PRELOADED = ("torch", "tokenizers", "xgrammar", "llguidance", "outlines_core", "jsonschema", "workbook.grammar")

Cause = Literal["time", "memory", "crash"]
Answer = Callable[[Any], Any]


class Killed(GrammarError):
    """The worker had to be killed, or died; ``cause`` says of what."""

    def __init__(self, message: str, remedy: str = "", cause: Cause = "crash") -> None:
        super().__init__(message, remedy)
        self.cause = cause


class Worker:
    """One process, started when first asked; use it as a context manager, so that it ends with its user.

    ``make`` runs inside, once for each process, and gives the function that answers; it and every
    question and answer must be picklable. ``preload`` names modules that all workers share.
    """

    def __init__(
        self,
        make: Callable[[], Answer],
        seconds: float = SECONDS,
        memory: int = MEMORY,
        preload: Sequence[str] = PRELOADED,
    ) -> None:
        self.make, self.seconds, self.memory, self.preload = make, seconds, memory, list(preload)
        self._process: Any = None
        self._pipe: Any = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def ask(self, question: Any) -> Any:
        """The answer. Raises :class:`Killed` at a limit, and a ``WorkbookError`` that was raised inside."""
        try:
            self.start()
            return self._answer(question)
        except BaseException as error:
            # An interrupt too: the process would go on computing what nobody waits for.
            if isinstance(error, Killed) or not isinstance(error, WorkbookError):
                self.close()
            raise

    def start(self) -> None:
        """Start the process, unless it runs; it takes the time that the engines take to import.

        Raises ``WorkbookError`` where it does not come up.
        """
        if self._process is not None and self._process.is_alive():
            return
        self.close()  # of one that was ended from outside
        context = _context(self.preload)
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, self.make, self.memory), daemon=True)
        self._process.start()
        other.close()
        try:
            self._receive(START_SECONDS)
        except Killed as death:
            self.close()
            raise WorkbookError(f"the worker did not start: {death.message}", _UNGUARDED) from death

    def close(self) -> None:
        """Kill the process, if there is one, and wait until it is gone."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None and process.pid is not None:
            process.kill()
            process.join()
            process.close()

    def _answer(self, question: Any) -> Any:
        try:
            self._pipe.send(question)
        except ConnectionError:
            raise self._death() from None
        return self._receive(self.seconds)

    def _receive(self, seconds: float) -> Any:
        started = time.monotonic()
        if not self._pipe.poll(seconds):
            raise Killed(f"stopped after {time.monotonic() - started:.1f} s", _WAY_OUT, "time")
        try:
            kind, content = self._pipe.recv()
        except (EOFError, ConnectionError):
            raise self._death() from None
        if kind == "memory":
            raise Killed(f"stopped at {self.memory / 2**20:.0f} MiB of memory", _WAY_OUT, "memory")
        if kind == "error":
            raise GrammarError(*content)
        if kind == "bug":
            raise RuntimeError(f"in the worker: {content}")
        return content

    def _death(self) -> Killed:
        self._process.join(5)
        code = self._process.exitcode
        how = signal.Signals(-code).name if code is not None and code < 0 else f"exit status {code}"
        return Killed(f"the engine took its process down ({how}): out of memory or of stack", _WAY_OUT, "crash")


_UNGUARDED = "In a script, start it under if __name__ == '__main__': a worker imports the script anew."
_WAY_OUT = "Simplify the schema: fewer values, smaller bounds, less depth."


def serve(pipe: Any, make: Callable[[], Answer], memory: int) -> None:
    """What runs inside: answer until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    _die_with_parent()
    _silence()
    reply = _guarded(lambda _: make())(None)
    pipe.send(reply if reply[0] != "answer" else ("answer", None))
    if reply[0] != "answer":
        return
    limit_memory(memory)
    answer = _guarded(reply[1])
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            said = answer(pipe.recv())
            pipe.send(said)
            if said[0] == "memory":
                return  # what is left of it cannot be trusted


def limit_memory(extra: int) -> bool:
    """Let this process grow by ``extra`` bytes of address space and no more; False where that cannot be done."""
    try:
        import resource

        import psutil

        limit = psutil.Process().memory_info().vms + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, ValueError, OSError):
        return False
    return True


def _guarded(function: Answer) -> Callable[[Any], tuple[str, Any]]:
    """The function's answer, or what went wrong, in a form that travels through the pipe."""

    def answer(question: Any) -> tuple[str, Any]:
        try:
            return "answer", function(question)
        except MemoryError:
            return "memory", None
        except RecursionError:
            return "error", ("nested too deeply for Python", _WAY_OUT)
        except WorkbookError as error:
            return "error", (error.message, error.remedy)
        except BaseException as error:  # a panic of Rust is no Exception
            return "bug", f"{type(error).__name__}: {str(error)[:300]}"

    return answer


def _die_with_parent() -> None:
    """End when the program is killed, even in the middle of a question (unless native code never lets Python run)."""
    program = multiprocessing.parent_process()

    def watch() -> None:
        if program is not None:
            program.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _silence() -> None:
    """Engines write warnings and panics to the terminal by themselves; what counts goes through the pipe."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def _context(preload: Sequence[str]) -> Any:
    """A server that has imported the engines once and forks: no thread of ours is ever copied into a worker."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context
