"""One run: a turn, its calls, their results, until there is an answer or a budget is spent.

Every call goes through validation, guards, approval and execution, in this order; calls of one turn run in parallel.
Whatever goes wrong ends in the trace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbook.agent.approval import refused
from workbook.agent.execution import call_problems, execute, invalid, unrun
from workbook.agent.guards import ALLOW, Guard, Moment, Verdict, short_error
from workbook.agent.marking import Spotlight, unmarked_call
from workbook.agent.policy import Turn
from workbook.agent.state import State
from workbook.agent.trace import CallRecord, Ending, Look, Step, Trace
from workbook.core.chat import Message, Tool, ToolCall

if TYPE_CHECKING:
    from workbook.agent.loop import Agent

Watch = Callable[[Trace], object]
HALTS = ("stop", "answer_now")


class Run:
    """One run: the state, and the turn that is under way."""

    def __init__(self, agent: Agent, given: tuple[Message, ...], watch: Watch | None) -> None:
        self.agent, self.watch = agent, watch
        self.state = State(agent.toolbox, given)
        self.turn: Turn | None = None
        self.records: list[CallRecord] = []
        self.started, self.waited = time.perf_counter(), 0.0

    async def to_the_end(self) -> Trace:
        """The whole run; a cancelled one is shown to ``watch`` before the cancellation goes on."""
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
        self.records = [unrun(CallRecord(call), "skipped", said, None) for call in reply.calls]
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
        self.records = [CallRecord(self._as_meant(call)) for call in calls]
        for index in range(len(calls)):
            halt = await self._admit(index)
            if halt.decision in HALTS:
                self.records = [record if record.result else _skipped(record) for record in self.records]
                return halt
        admitted = [index for index, record in enumerate(self.records) if record.result is None]
        await asyncio.gather(*(self._execute(index) for index in admitted))
        halts = [self._look_at_result(index) for index in admitted]
        return next((halt for halt in halts if halt.decision in HALTS), ALLOW)

    def _as_meant(self, call: ToolCall) -> ToolCall:
        """Without marks of ours: a value that was copied out of a marked result is passed on as the tool wrote it."""
        marked = any(isinstance(guard, Spotlight) for guard in self.agent.guards)
        return unmarked_call(call) if marked else call

    async def _admit(self, index: int) -> Verdict:
        """Validation, guards, approval. A call without a result afterwards may run."""
        call, flags = self.records[index].call, list[str]()
        problems = call_problems(call, self.agent.toolbox)
        for guard in self._guards("call"):
            verdict = self._looked(guard, index)
            if verdict.decision == "ask":
                flags.append(verdict.reason)
            elif verdict.decision != "allow":
                content = verdict.content or short_error(verdict.reason)
                self.records[index] = unrun(self.records[index], "guarded", content, "permission")
                return verdict
        if problems:
            self.records[index] = invalid(self.records[index], problems, call.name in self.agent.toolbox)
        else:
            await self._approve(index, flags)
        return ALLOW

    async def _approve(self, index: int, flags: Sequence[str]) -> None:
        record = self.records[index]
        request = self.agent.approve.request(self.state, record.call, flags)
        if request is not None:
            asked = await self.agent.approve.ask(request)
            self.waited += asked.seconds
            record = replace(record, asked=asked)
            if asked.answer != "yes":
                self.records[index] = unrun(record, "denied", refused(asked, record.call), "permission")
                return
        self.records[index] = record
        self.state.pending.append(record.call)

    async def _execute(self, index: int) -> None:
        record = self.records[index]
        tool = self.agent.toolbox[record.call.name]
        self.records[index] = await execute(record, tool, self.agent.budget.call_seconds)

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
            if not isinstance(verdict, Verdict):
                raise TypeError(f"it gave {type(verdict).__name__}, and no verdict")
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
    return unrun(record, "skipped", short_error("the run ended before this call", "It did not run."), None)
