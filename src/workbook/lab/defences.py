"""What may stand between an order in a tool's result and its execution, by name: the arms of the injection suite.

A defence is made for one errand: it may know which tools the errand needs, and a person knows which calls serve it.
Leaves out the guards themselves (``workbook.agent``) and the runs (``injection``, ``injecagent``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from workbook.agent import (
    Agent,
    Approval,
    Budget,
    Guard,
    LeastPrivilege,
    Neutralise,
    Policy,
    Provenance,
    Spotlight,
    Trace,
)
from workbook.agent.approval import Approver, Request, always, nobody
from workbook.agent.policy import Decoding
from workbook.core.chat import Message, ToolCall
from workbook.core.settings import unknown
from workbook.models.base import LanguageModel
from workbook.tools import Toolbox

STEPS = 8
KEY = "k"
"""Of the delimiters: a fixed one, so that two runs read the same."""


@dataclass(frozen=True)
class Needs:
    """What an errand needs: tools by name, and the calls that serve it, as a person sees who knows the errand."""

    tools: Collection[str]
    serves: Callable[[ToolCall], bool]


def tired(needs: Needs) -> Approval:
    """A person who says yes to all that they are asked."""
    return Approval(always(True))


def careful(needs: Needs) -> Approval:
    """A person who reads what is destructive or flagged by a guard, and allows what serves the errand."""
    return Approval(_reads(needs))


def careful_of_taint(needs: Needs) -> Approval:
    """The same person, asked about every call too that changes something with a value from a tool's result."""
    return Approval(_reads(needs), taint=True)


def absent(needs: Needs) -> Approval:
    """Nobody: what a guard flags does not run, and what is destructive needs no leave."""
    return Approval(nobody, risks=())


def least(needs: Needs) -> LeastPrivilege:
    """The tools that the errand needs, and no other."""
    return LeastPrivilege(needs.tools, ("read", "write", "destructive"))


@dataclass(frozen=True)
class Defence:
    """Guards, and a person who is asked."""

    guards: Callable[[Needs], Sequence[Guard]] = lambda needs: ()
    person: Callable[[Needs], Approval] = tired

    def run(
        self,
        agent: LanguageModel | Policy,
        messages: Sequence[Message],
        toolbox: Toolbox,
        needs: Needs,
        decoding: Decoding = "free",
    ) -> Trace:
        """Let ``agent`` work on ``messages`` under these guards, for :data:`STEPS` steps at most."""
        runner = Agent(agent, toolbox, self.guards(needs), self.person(needs), Budget(steps=STEPS), decoding)
        return runner.run_sync(messages)


ALL = "all"
DEFENCES: Mapping[str, Defence] = {
    "none": Defence(),
    "delimiters": Defence(lambda needs: [Spotlight(key=KEY)]),
    "datamarking": Defence(lambda needs: [Spotlight("datamark", key=KEY)]),
    "neutralise": Defence(lambda needs: [Neutralise()]),
    "least_privilege": Defence(lambda needs: [least(needs)]),
    "approval": Defence(person=careful),
    "approval_taint": Defence(person=careful_of_taint),
    "provenance": Defence(lambda needs: [Provenance()], absent),
    "provenance_approval": Defence(lambda needs: [Provenance()], careful),
    ALL: Defence(lambda needs: [Neutralise(), Spotlight(key=KEY), least(needs), Provenance()], careful),
}
"""From nothing to everything. ``provenance`` is the bare rule, ``provenance_approval`` the rule with a person."""


def defences(names: Sequence[str] = ()) -> dict[str, Defence]:
    """These defences and ``all``, or every one; raises ``UsageError`` that names the nearest."""
    for name in names:
        if name not in DEFENCES:
            raise unknown("defence", name, DEFENCES)
    return {name: DEFENCES[name] for name in ([*names, ALL] if names else DEFENCES)}


def _reads(needs: Needs) -> Approver:
    async def answer(request: Request) -> bool:
        return needs.serves(request.call)

    return answer
