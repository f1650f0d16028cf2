"""An agent over a registry: a request finds a few tools, and the model works with these and no others.

Covers the chain as a value, whose stages are its fields, so that each can be replaced, and an event for each thing that
a stage did, live. Leaves out the stages themselves (``tools.registry``, ``tools.retrieval``, ``policy``, ``approval``)
and where the tools run (``bind``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbook.agent.approval import Approval, Request
from workbook.agent.guards import Guard
from workbook.agent.loop import Agent, Budget
from workbook.agent.policy import Decoding, Policy, Turn, as_policy
from workbook.agent.run import Watch
from workbook.agent.trace import Trace
from workbook.core.chat import Message, Tool
from workbook.core.constraints import ToolCalls
from workbook.core.coroutines import finished
from workbook.core.errors import UsageError
from workbook.models.base import LanguageModel
from workbook.tools.operations import Operation
from workbook.tools.toolbox import BoundTool, Toolbox

if TYPE_CHECKING:
    from workbook.tools.registry import Registry
    from workbook.tools.retrieval import Hit, Retriever

StageName = Literal["registry", "retrieval", "prompt", "constraint", "model", "approval", "execution", "answer"]
STAGES: tuple[StageName, ...] = get_args(StageName)
"""In the order in which a request meets them; model, approval and execution come round again with each turn."""
Bind = Callable[[Sequence[Operation]], Toolbox]
"""Operations as tools that can run."""
Show = Callable[[Tool], Tool]


@dataclass(frozen=True)
class Event:
    """One thing that a stage did: how long it took, and what it decided."""

    stage: StageName
    seconds: float
    said: str


Tell = Callable[[Event], object]


@dataclass(frozen=True)
class ChainRun:
    """What was found for a request, the run with it, and what happened at each stage."""

    hits: tuple[Hit, ...]
    trace: Trace
    events: tuple[Event, ...]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each stage, turns added up."""
        return {stage: sum(event.seconds for event in self.events if event.stage == stage) for stage in STAGES}


@dataclass(frozen=True)
class Chain:
    """The stages between a request and its answer; ``dataclasses.replace`` takes one out, or puts another in.

    ``permissions`` are the caller's: what needs another is not even ranked. ``show`` changes what the prompt says of a
    tool, never what a call is checked by. ``constraint`` binds a language model; a scripted policy binds itself.
    """

    registry: Registry
    retriever: Retriever
    bind: Bind
    model: LanguageModel | Policy
    permissions: Collection[str] = ()
    k: int = 5
    show: Show | None = None
    constraint: Decoding = "grammar"
    approve: Approval = field(default_factory=Approval)
    budget: Budget = field(default_factory=Budget)
    guards: Sequence[Guard] = ()

    async def run(
        self, messages: Sequence[Message], tell: Tell = lambda event: None, watch: Watch | None = None
    ) -> ChainRun:
        """Find tools for the last message of the user, and go on with them until there is an answer or an end.

        Raises ``UsageError`` where the user has said nothing.
        """
        log = _Log(tell)
        with log.stage("registry") as said:
            said.append(self._stock())
        with log.stage("retrieval") as said:
            (hits,) = self.retriever.search([_query(messages)], self.k, self.permissions)
            said.append(", ".join(hit.name for hit in hits) or "nothing fits")
        toolbox = self.bind(self.registry.get([hit.id for hit in hits]))
        agent = Agent(
            _Told(as_policy(self.model, self._decoding), self.show, log),
            Toolbox(_timed(bound, log) for bound in toolbox),
            self.guards,
            replace(self.approve, approver=_asked(self.approve, log)),
            self.budget,
        )
        trace = await agent.run(messages, watch)
        log.add("answer", 0.0, trace.answer or f"{trace.ending}: {trace.reason}")
        return ChainRun(tuple(hits), trace, tuple(log.events))

    def run_sync(
        self, messages: Sequence[Message], tell: Tell = lambda event: None, watch: Watch | None = None
    ) -> ChainRun:
        """The same without ``await``, in a notebook too."""
        return finished(self.run(messages, tell, watch))

    @property
    def _decoding(self) -> Decoding:
        return "free" if hasattr(self.model, "propose") else self.constraint

    def _stock(self) -> str:
        table: Any = self.registry.table
        allowed = table.count_rows(self.registry.allowed(self.permissions))
        return f"{len(self.registry)} operations, {allowed} within the caller's permissions"


def _query(messages: Sequence[Message]) -> str:
    said = [message.content for message in messages if message.role == "user" and message.content.strip()]
    if not said:
        raise UsageError("there is no request to find tools for", "Give a message of the user.")
    return said[-1]


class _Log:
    """What happened, in order; each event is told as it comes."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.events: list[Event] = []

    def add(self, stage: StageName, seconds: float, said: str) -> None:
        self.events.append(Event(stage, seconds, said))
        self.tell(self.events[-1])

    @contextmanager
    def stage(self, stage: StageName) -> Iterator[list[str]]:
        """Time a stage; what is put into the list is what it said."""
        started, said = time.perf_counter(), list[str]()
        yield said
        self.add(stage, time.perf_counter() - started, " ".join(said))


class _Told:
    """The policy, with its prompt, its grammar and its turn as events."""

    def __init__(self, policy: Policy, show: Show | None, log: _Log) -> None:
        self.policy, self.show, self.log = policy, show, log
        self.name, self.scripted = policy.name, policy.scripted

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """The policy's turn, on what the prompt is to say of the tools."""
        shown = tuple(self.show(tool) for tool in tools) if self.show else tuple(tools)
        self._rendered(messages, shown)
        if tools:
            self._bound(shown)
        turn = await self.policy.propose(messages, shown)
        calls = ", ".join(call.name for call in turn.reply.calls) or "no call"
        self.log.add("model", turn.seconds, f"read {turn.prompt_tokens} tokens, wrote {turn.tokens}: {calls}")
        for problem in turn.reply.problems:
            self.log.add("constraint", 0.0, f"not readable: {problem}")
        return turn

    def _rendered(self, messages: Sequence[Message], tools: Sequence[Tool]) -> None:
        model = getattr(self.policy, "model", None)
        with self.log.stage("prompt") as said:
            letters = len(model.render(messages, tools)) if model else sum(len(m.content) for m in messages)
            said.append(f"{letters:,} characters, {len(tools)} tools {'among' if model else 'beside'} them")

    def _bound(self, tools: tuple[Tool, ...]) -> None:
        """Compile the grammar before the model needs it: it is kept, so the time is paid here and once."""
        model = getattr(self.policy, "model", None)
        # Other runtimes compile for themselves, out of sight.
        if getattr(self.policy, "constraint", "free") != "grammar" or not hasattr(model, "network"):
            return
        from workbook.grammar.compiling import compiled

        with self.log.stage("constraint") as said:
            _, engine = compiled(model, ToolCalls(tools, required=False, parallel=True))
            said.append(f"calls of {len(tools)} tools and no others, by {engine}")


def _timed(bound: BoundTool, log: _Log) -> BoundTool:
    async def run(arguments: Mapping[str, Any]) -> str:
        started = time.perf_counter()
        try:
            result = await bound.run(arguments)
        except BaseException as error:
            log.add("execution", time.perf_counter() - started, f"{bound.name}: {str(error) or type(error).__name__}")
            raise
        log.add("execution", time.perf_counter() - started, f"{bound.name}: {len(result):,} characters back")
        return result

    return replace(bound, run=run)


def _asked(approve: Approval, log: _Log) -> Callable[[Request], Any]:
    async def approver(request: Request) -> bool:
        started = time.perf_counter()
        allowed = await approve.approver(request)
        log.add("approval", time.perf_counter() - started, f"{request.reason}: {'yes' if allowed else 'no'}")
        return allowed

    return approver
