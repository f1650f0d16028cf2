"""Which calls a person has to allow, and who is asked: a terminal, recorded answers, or nobody at all.

A denial and a silence are results that the agent has to cope with. Leaves out the dialog for notebooks
(``study.approval_dialog``).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from workbook.agent.guards import short_error
from workbook.agent.provenance import tainted
from workbook.agent.state import State
from workbook.agent.trace import Asked, shown_call
from workbook.core.chat import ToolCall
from workbook.core.settings import unknown
from workbook.tools.toolbox import BoundTool, Risk

DESTRUCTIVE: tuple[Risk, ...] = ("destructive",)


@dataclass(frozen=True)
class Request:
    """What a person is asked: may this call run? ``tainted``: arguments from a tool's result, by what returned them."""

    call: ToolCall
    tool: BoundTool
    reason: str
    tainted: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{shown_call(self.call)}: {self.reason}"

    @property
    def lines(self) -> list[str]:
        """What a person needs to know, in letters that can be seen: neither arguments nor origins dress it up."""
        foreign = [f"{name} stands in what {source} returned" for name, source in self.tainted.items()]
        texts = [str(self), *foreign, f"Tool: {self.tool.origin}"]
        return ["".join(letter if letter.isprintable() else "\ufffd" for letter in text) for text in texts]


Approver = Callable[[Request], Awaitable[bool]]


async def nobody(request: Request) -> bool:
    """Nobody is there to ask: no."""
    return False


def always(answer: bool) -> Approver:
    """Everything is allowed, or nothing; for tests, and for runs that nobody attends."""

    async def approver(request: Request) -> bool:
        return answer

    return approver


@dataclass(frozen=True)
class Approval:
    """Ask ``approver`` about calls of these ``tools``, of these ``risks``, or, with ``taint``, about calls that change
    things with values from a tool's result; and about what a guard flags. Without an answer after ``seconds``, or when
    asking fails, nothing runs.
    """

    approver: Approver = nobody
    tools: Collection[str] = ()
    risks: Collection[Risk] = DESTRUCTIVE
    taint: bool = False
    seconds: float = 60.0

    def __post_init__(self) -> None:
        for risk in self.risks:
            if risk not in get_args(Risk):  # a misspelt one would never be asked about
                raise unknown("risk", risk, get_args(Risk))

    def request(self, state: State, call: ToolCall, flags: Sequence[str] = ()) -> Request | None:
        """What has to be asked about a call of a tool that exists; None when nothing has. Guards give ``flags``."""
        tool, foreign = state.toolbox[call.name], tainted(state, call)
        own = self._reason(tool, foreign)
        reasons = [*([own] if own else []), *flags]
        return Request(call, tool, "; ".join(reasons), foreign) if reasons else None

    def _reason(self, tool: BoundTool, foreign: Mapping[str, str]) -> str:
        """Why this policy asks, or ``""``."""
        if tool.name in self.tools:
            return f"{tool.name} always needs approval"
        if tool.risk in self.risks:
            return f"{tool.name} is declared {tool.risk}"
        asked = self.taint and foreign and tool.risk != "read"
        return f"{', '.join(foreign)} came from a tool's result" if asked else ""

    async def ask(self, request: Request) -> Asked:
        """The answer; an approver that fails has said no."""
        started = time.perf_counter()
        try:
            allowed = await asyncio.wait_for(self.approver(request), self.seconds)
            return Asked("yes" if allowed is True else "no", request.reason, time.perf_counter() - started)
        except TimeoutError:
            return Asked("timed out", request.reason, time.perf_counter() - started)
        except Exception as error:
            reason = f"{request.reason}; asking failed: {error}"
            return Asked("no", reason, time.perf_counter() - started)


def refused(asked: Asked, call: ToolCall) -> str:
    """What the model reads when a call was not allowed."""
    if asked.answer == "timed out":
        return short_error(f"nobody answered whether {call.name} may run", "It did not run. Answer without it.")
    return short_error(f"{call.name} was not allowed", "It did not run. Do not try again; answer without it.")


def recorded(answers: Sequence[bool]) -> Approver:
    """These answers, one after the other, as in a notebook that runs by itself; after the last one it fails."""
    left = iter(answers)

    async def approver(request: Request) -> bool:
        answer = next(left, None)
        if answer is None:
            raise LookupError(f"there are {len(answers)} recorded answers, and this is one more question")
        return answer

    return approver


async def terminal(request: Request) -> bool:
    """Ask at the terminal; only ``y`` or ``yes`` allows, and where no person can type the answer is no."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    lines = "".join(f"  {line}\n" for line in request.lines)
    console.print(Text.assemble(("May this run?\n", "bold"), lines, "Type yes to allow: "), end="")
    return (await _line()).strip().lower() in ("y", "yes")


async def _line() -> str:
    """A line from the terminal. No thread waits for it: a question that has timed out must not eat the next answer."""
    if not sys.stdin or not sys.stdin.isatty():
        return ""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(sys.stdin, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
        return sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)
