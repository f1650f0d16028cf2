"""The loop: a turn, its calls, their results, until there is an answer or a budget is spent.

Every call goes through validation, guards, approval and execution, in this order; calls of one turn run in parallel.
Whatever goes wrong ends in the trace. Leaves out what each of these stages does, which has modules of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

from workbook.agent.approval import Approval, refused
from workbook.agent.execution import call_problems, execute, invalid, unrun
from workbook.agent.guards import ALLOW, Guard, Moment, Verdict, short_error
from workbook.agent.policy import Decoding, Policy, Turn, as_policy
from workbook.agent.state import State
from workbook.agent.trace import CallRecord, Ending, Look, Step, Trace
from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.models.base import LanguageModel
from workbook.tools.toolbox import Toolbox

T = TypeVar("T")
Watch = Callable[[Trace], object]
HALTS = ("stop", "answer_now")


@dataclass(frozen=True)
class Budget:
    """What a run may use: turns, tokens read and written over all turns, seconds, and seconds of one call.

    A turn that has begun is finished, and a forced answer comes on top. A person's time to approve does not count.
    """

    steps: int = 8
    tokens: int = 50_000
    seconds: float = 120.0
    call_seconds: float = 10.0

    def spent(self, steps: int, tokens: int, seconds: float) -> str:
        """Which budget is at its end, in words, or ``""``."""
        if steps >= self.steps:
            return f"{steps} of {self.steps} steps are used"
        if tokens >= self.tokens:
            return f"{tokens} of {self.tokens} tokens are used"
        return f"{self.seconds:g} seconds are over" if seconds >= self.seconds else ""


class Agent:
    """A model with tools, and the rules by which it may use them; it holds nothing of a run, so runs may overlap.

    ``model``: a language model, decoded as ``constraint`` says, or any policy. ``approve`` by default denies what is
    declared destructive. ``secrets`` never show in a trace.
    """

    def __init__(
        self,
        model: LanguageModel | Policy,
        toolbox: Toolbox | None = None,
        guards: Sequence[Guard] = (),
        approve: Approval | None = None,
        budget: Budget | None = None,
        constraint: Decoding = "free",
        secrets: Collection[str] = (),
    ) -> None:
        if isinstance(secrets, str):
            raise UsageError("secrets are a set of strings, and this is one string", "Write secrets={...}.")
        for guard in guards:
            if guard.at not in get_args(Moment):  # a guard that is never asked would be no guard
                raise unknown(f"moment of the guard {guard.name}", guard.at, get_args(Moment))
        for name in approve.tools if approve else ():
            if toolbox is None or name not in toolbox:  # nor would a misspelt tool ever be asked about
                raise unknown("tool", name, [bound.name for bound in toolbox or ()])
        self.policy = as_policy(model, constraint)
        self.toolbox, self.guards = toolbox if toolbox is not None else Toolbox(), tuple(guards)
        self.approve, self.budget, self.secrets = approve or Approval(), budget or Budget(), secrets

    async def run(self, messages: Sequence[Message], watch: Watch | None = None) -> Trace:
        """Go on until there is an answer or an end; the trace says which.

        ``watch`` is given the trace after each step and at the end. When the run is cancelled, it is given what there
        is, marked as cancelled, before ``CancelledError`` goes on.
        """
        return await _Run(self, tuple(messages), watch).to_the_end()

    def run_sync(self, messages: Sequence[Message], watch: Watch | None = None) -> Trace:
        """The same without ``await``, in a notebook too; tools that belong to an event loop need ``run``."""
        return _finished(self.run(messages, watch))


class _Run:
    """One run: the state, and the turn that is under way."""

    def __init__(self, agent: Agent, given: tuple[Message, ...], watch: Watch | None) -> None:
        self.agent, self.watch = agent, watch
        self.state = State(agent.toolbox, given)
        self.turn: Turn | None = None
        self.records: list[CallRecord] = []
        self.started, self.waited = time.perf_counter(), 0.0

    async def to_the_end(self) -> Trace:
        try:
            ending, reason, answer = await self._ending()
        except asyncio.CancelledError:
            self._close_step()
            self._show("cancelled", "cancelled from outside")
            raise
        return self._show(ending, reason, answer)

    async def _ending(self) -> tuple[Ending, str, str]:
        try:
            return await self._steps()
        except _PolicyFailed as failed:
            return "failed", str(failed), ""

    async def _steps(self) -> tuple[Ending, str, str]:
        while not (spent := self._spent()):
            reply = (await self._propose(self.agent.toolbox.shown)).reply
            halt = ALLOW if reply.problems else await self._handle(reply.calls)
            self._close_step()
            if halt.decision == "stop":
                return "stopped", halt.reason, ""
            if halt.decision == "answer_now":
                return await self._forced(halt.reason)
            if not reply.calls and not reply.problems:
                return "answered", "", reply.content
            self._show("running", "")
        return await self._forced(spent)

    async def _forced(self, why: str) -> tuple[Ending, str, str]:
        """One answer without tools; calls that it holds all the same are not looked at."""
        reply = (await self._propose(())).reply
        said = short_error("no tools are left", "Answer.")
        self.records = [unrun(CallRecord(call), "skipped", said) for call in reply.calls]
        self._close_step(forced=True)
        return "forced", why, reply.content

    async def _propose(self, tools: Sequence[Tool]) -> Turn:
        try:
            self.turn = await self.agent.policy.propose(self.state.messages, tools)
        except Exception as error:
            raise _PolicyFailed(f"{type(error).__name__}: {error}") from error
        return self.turn

    async def _handle(self, calls: Sequence[ToolCall]) -> Verdict:
        """Admit all calls, then run them together; a verdict that halts keeps all of them from running."""
        self.records = [CallRecord(call) for call in calls]
        for index in range(len(calls)):
            halt = await self._admit(index)
            if halt.decision in HALTS:
                self.records = [record if record.result else _skipped(record) for record in self.records]
                return halt
        limit = max(0.0, min(self.agent.budget.call_seconds, self.agent.budget.seconds - self._seconds()))
        admitted = [index for index, record in enumerate(self.records) if record.result is None]
        await asyncio.gather(*(self._execute(index, limit) for index in admitted))
        halts = [self._look_at_result(index) for index in admitted]
        return next((halt for halt in halts if halt.decision in HALTS), ALLOW)

    async def _admit(self, index: int) -> Verdict:
        """Validation, guards, approval. A call without a result afterwards may run."""
        call = self.records[index].call
        problems = call_problems(call, self.agent.toolbox)
        for guard in self._guards("call"):
            verdict = self._looked(guard, index)
            if verdict.decision != "allow":
                content = verdict.content or short_error(verdict.reason)
                self.records[index] = unrun(self.records[index], "guarded", content)
                return verdict
        if problems:
            self.records[index] = invalid(self.records[index], problems)
        else:
            await self._approve(index)
        return ALLOW

    async def _approve(self, index: int) -> None:
        record = self.records[index]
        request = self.agent.approve.request(self.state, record.call)
        if request is not None:
            asked = await self.agent.approve.ask(request)
            self.waited += asked.seconds
            record = replace(record, asked=asked)
            if asked.answer != "yes":
                self.records[index] = unrun(record, "denied", refused(asked, record.call))
                return
        self.records[index] = record
        self.state.pending.append(record.call)

    async def _execute(self, index: int, limit: float) -> None:
        record = self.records[index]
        self.records[index] = await execute(record, self.agent.toolbox[record.call.name], limit)

    def _look_at_result(self, index: int) -> Verdict:
        """Guards change what a tool wrote one after the other; our own words about it are left alone."""
        halt = ALLOW
        for guard in self._guards("result") if self.records[index].raw is not None else ():
            verdict = self._looked(guard, index)
            result = self.records[index].result
            if verdict.decision != "allow" and result is not None:
                content = verdict.content or short_error(verdict.reason)
                self.records[index] = replace(self.records[index], result=replace(result, content=content))
            halt = verdict if halt.decision not in HALTS else halt
        return halt

    def _guards(self, moment: Moment) -> list[Guard]:
        return [guard for guard in self.agent.guards if guard.at == moment]

    def _looked(self, guard: Guard, index: int) -> Verdict:
        """Ask a guard, and note it; one that breaks has not allowed anything."""
        record, started = self.records[index], time.perf_counter()
        try:
            verdict = guard.look(self.state, record.call, record.result)
        except Exception as error:
            verdict = Verdict("replace_result", f"the guard {guard.name} broke ({type(error).__name__}: {error})")
            verdict = replace(verdict, content=short_error("a guard broke", "Go on without this call."))
        look = Look(guard.name, verdict.decision, verdict.reason, time.perf_counter() - started)
        self.records[index] = replace(record, looks=(*record.looks, look))
        return verdict

    def _close_step(self, forced: bool = False) -> None:
        """Put the turn that is under way, if there is one, into the state as a step."""
        if self.turn is None:
            return
        turn, problems = self.turn, () if forced else self.turn.reply.problems
        hint = "Nothing was run. Write each call again, whole, or answer."
        self.state.steps.append(
            Step(
                prompt_tokens=turn.prompt_tokens,
                tokens=turn.tokens,
                seconds=turn.seconds,
                text=turn.text,
                content=turn.reply.content,
                calls=tuple(self.records),
                problems=turn.reply.problems,
                feedback=short_error("; ".join(problems), hint) if problems else "",
                forced=forced,
                cut=turn.cut,
            )
        )
        self.turn, self.records = None, []
        self.state.pending.clear()

    def _seconds(self) -> float:
        return time.perf_counter() - self.started - self.waited

    def _spent(self) -> str:
        tokens = sum(step.prompt_tokens + step.tokens for step in self.state.steps)
        return self.agent.budget.spent(len(self.state.steps), tokens, self._seconds())

    def _show(self, ending: Ending, reason: str, answer: str = "") -> Trace:
        trace = Trace(
            policy=self.agent.policy.name,
            scripted=self.agent.policy.scripted,
            given=self.state.given,
            tools=tuple(tool.name for tool in self.agent.toolbox.shown),
            guards=tuple(guard.name for guard in self.agent.guards),
            steps=tuple(self.state.steps),
            ending=ending,
            reason=reason,
            answer=answer,
            seconds=time.perf_counter() - self.started,
        ).redacted(self.agent.secrets)
        if self.watch is not None:
            self.watch(trace)
        return trace


class _PolicyFailed(Exception):
    """The policy raised; its message says what."""


def _skipped(record: CallRecord) -> CallRecord:
    return unrun(record, "skipped", short_error("the run ended before this call", "It did not run."))


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``; where an event loop runs already, in a thread with a loop of its own.

    An interrupt cancels the work, so that no tool goes on behind the back of the person who pressed stop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    inside: list[Any] = []

    async def noted() -> T:
        inside.extend((asyncio.get_running_loop(), asyncio.current_task()))
        return await work

    # The context says to which cell of a notebook output belongs.
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(copy_context().run, asyncio.run, noted())
        try:
            return future.result()
        except KeyboardInterrupt:
            loop, task = inside
            loop.call_soon_threadsafe(task.cancel)
            raise
