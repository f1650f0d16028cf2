"""The agent: a model, its tools and its rules, and what a run may use.

Covers the agent and its budget. Leaves out what happens in a step (``run``), and the stages that a call goes through,
which have modules of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

from workbook.agent.approval import Approval
from workbook.agent.guards import Guard, Moment
from workbook.agent.policy import Decoding, Policy, as_policy
from workbook.agent.run import Run, Watch
from workbook.agent.trace import Trace
from workbook.core.chat import Message
from workbook.core.coroutines import finished
from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.models.base import LanguageModel
from workbook.tools.toolbox import Toolbox


@dataclass(frozen=True)
class Budget:
    """What a run may use: turns, tokens read and written over all turns, seconds, and seconds of one call.

    A turn that has begun is finished, its calls included, and a forced answer comes on top. The time that a person
    takes to approve does not count.
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
        return await Run(self, tuple(messages), watch).to_the_end()

    def run_sync(self, messages: Sequence[Message], watch: Watch | None = None) -> Trace:
        """The same without ``await``, in a notebook too; tools that belong to an event loop need ``run``."""
        return finished(self.run(messages, watch))
