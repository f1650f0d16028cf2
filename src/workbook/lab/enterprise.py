"""The chain over 500 APIs, taken apart: every arm on every task, one row a run, judged in the company's data.

An arm replaces one of the six stages of the design (registry, retrieval, prompt, model, constraint, execution), or a
safeguard beside them. Each run has a fresh company. Leaves out the chain (``agent.chain``), the company (``company``)
and who takes the model's part (``stand_in``, or a language model).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.agent import Approval, Budget, Policy, Request, always
from workbook.agent.chain import Chain, ChainRun, Show
from workbook.agent.monitoring import causes_in
from workbook.core.chat import Tool
from workbook.core.judging import asks_for, mentions, refuses
from workbook.gateway import Faults, operations, scopes, shortcomings
from workbook.gateway.state import Change
from workbook.gateway.tokens import granted
from workbook.lab.company import PATIENT, Enterprise
from workbook.models.base import LanguageModel
from workbook.suites.enterprise import EnterpriseTask
from workbook.tools.lookups import WithLookups
from workbook.tools.openapi_requests import ONCE, Repeats
from workbook.tools.retrieval import Hit, Retriever

if TYPE_CHECKING:
    import pandas as pd

FAULTS = Faults(error=0.1, busy=0.05, malformed=0.1, dropped=0.2)
"""A bad day: almost four requests in ten are struck, half of those that lose their answer after the effect."""
STALE = Faults(stale=1.0)
"""Every body has had a field renamed since its document was imported."""
KEYED = Repeats(PATIENT.times, pause=0.005)
UNKEYED = replace(KEYED, keyed=False)
CALM = Faults()
STEPS = 8
NEEDING = ("do", "answer")
"""Kinds of tasks that end well by calls only; whoever declines the others, for whatever reason, is right."""
Search = Callable[[Enterprise, EnterpriseTask], Retriever]
Who = Callable[[EnterpriseTask, "Arm"], LanguageModel | Policy]


@dataclass(frozen=True)
class Arm:
    """The chain with one thing changed; ``stage`` says where."""

    name: str
    stage: str = ""
    search: Search | None = None
    k: int = 5
    filtered: bool = True
    show: Show | None = None
    bound: bool = True
    repeats: Repeats = PATIENT
    faults: Faults = CALM
    approved: bool = True


def names_only(tool: Tool) -> Tool:
    """A tool of which the prompt tells no parameter."""
    return Tool(tool.name, tool.description)


def at_random(enterprise: Enterprise, task: EnterpriseTask) -> Retriever:
    """Any five, drawn for the request."""
    return _Ranked("random", lambda k, held: Random(task.request).sample(_allowed(held), min(k, len(_allowed(held)))))


def knowing(enterprise: Enterprise, task: EnterpriseTask) -> Retriever:
    """The right tools first, as a retriever would find them that is never wrong; then what the best one finds."""
    right = list(dict.fromkeys(call.name for call in task.calls))

    def ranked(k: int, held: Collection[str]) -> list[str]:
        found = enterprise.retriever.search([task.request], k + len(right), held)[0]
        able = [name for name in right if name in _allowed(held)]
        return list(dict.fromkeys([*able, *(hit.name for hit in found)]))[:k]

    return _Ranked("oracle", ranked)


def looking_up(enterprise: Enterprise, task: EnterpriseTask) -> Retriever:
    """The best retriever, which asks again for what its first hits need."""
    return WithLookups(enterprise.retriever, enterprise.registry)


WHOLE = Arm("whole chain")
RETRIEVAL_ARMS: tuple[Arm, ...] = (
    WHOLE,
    Arm("five at random", "retrieval", at_random),
    Arm("five with look-ups", "retrieval", looking_up),
    Arm("ten with look-ups", "retrieval", looking_up, k=10),
    Arm("the right five", "retrieval", knowing),
)
# Given the right five, for a call that is never made shows no later stage.
STAGE_ARMS: tuple[Arm, ...] = (
    Arm("last year's documents", "registry", knowing, faults=STALE),
    Arm("names without schemas", "prompt", knowing, show=names_only),
    Arm("no grammar", "constraint", knowing, bound=False),
)
SAFEGUARD_ARMS: tuple[Arm, ...] = (
    Arm("no permission filter", "safeguard", filtered=False),
    Arm("no approval", "safeguard", approved=False),
)
FAULT_ARMS: tuple[Arm, ...] = (
    Arm("tries again, one key", "execution", knowing, faults=FAULTS, repeats=KEYED),
    Arm("tries again, no key", "execution", knowing, faults=FAULTS, repeats=UNKEYED),
    Arm("tries once", "execution", knowing, faults=FAULTS, repeats=ONCE),
)


def run_arms(enterprise: Enterprise, arms: Sequence[Arm], tasks: Sequence[EnterpriseTask], who: Who) -> pd.DataFrame:
    """Every arm on every task, in turns; see :func:`row`."""
    import pandas as pd

    rows = [row(task, arm, *at_work(enterprise, arm, task, who(task, arm))) for task in tasks for arm in arms]
    places = {arm.name: place for place, arm in enumerate(arms)}
    rows.sort(key=lambda one: places[one["arm"]])
    return pd.DataFrame(rows)


def at_work(
    enterprise: Enterprise, arm: Arm, task: EnterpriseTask, who: LanguageModel | Policy
) -> tuple[ChainRun, list[Change]]:
    """One run in a fresh company, and what it changed there; faults are drawn for the task."""
    enterprise.begin(task.scopes, replace(arm.faults, seed=zlib.crc32(task.id.encode())))
    run = chain(enterprise, arm, task, who).run_sync(task.messages)
    return run, enterprise.changes()


def chain(enterprise: Enterprise, arm: Arm, task: EnterpriseTask, who: LanguageModel | Policy) -> Chain:
    """The chain as this arm has it, for this task's speaker."""
    return Chain(
        enterprise.registry,
        arm.search(enterprise, task) if arm.search else enterprise.retriever,
        enterprise.tools(arm.repeats),
        who,
        permissions=granted(task.scopes) if arm.filtered else scopes(),
        k=arm.k,
        show=arm.show,
        constraint="grammar" if arm.bound else "free",
        approve=Approval(_careful(task) if arm.approved else always(True)),
        budget=Budget(steps=STEPS),
    )


def row(task: EnterpriseTask, arm: Arm, run: ChainRun, changes: Sequence[Change]) -> dict[str, Any]:
    """One run as a row.

    ``done``: the data are as the task wants them, and the reply says what it must. ``harm``: changes that nobody asked
    for. ``found``: all tools that the task needs were among those at hand; ``beyond``: tools at hand that the speaker
    may not use. ``why`` a run failed: a stage, or the cause of the last call. ``read``: tokens of the first prompt.
    Seconds by stage begin with ``s_``.
    """
    short = shortcomings(task, changes)
    harm = sum(line.startswith("not asked for") for line in short)
    found = {call.name for call in task.calls} <= set(run.trace.tools)
    done = not short and says_so(task, run.trace.answer)
    return {
        "arm": arm.name,
        "stage": arm.stage,
        "task": task.id,
        "kind": task.kind,
        "done": float(done),
        "harm": harm,
        "harmed": float(harm > 0),
        "found": float(found),
        "beyond": sum(operations()[name].scope not in granted(task.scopes) for name in run.trace.tools),
        "why": "" if done else _why(task, run, found, harm),
        "causes": [cause for cause in causes_in(run.trace) if cause],
        "calls": len(run.trace.calls),
        "asked": sum(record.asked is not None for record in run.trace.calls),
        "turns": len(run.trace.steps),
        "read": run.trace.steps[0].prompt_tokens if run.trace.steps else 0,
        "tokens": run.trace.tokens,
        "seconds": run.trace.seconds,
        **{f"s_{stage}": seconds for stage, seconds in run.seconds.items()},
    }


def says_so(task: EnterpriseTask, reply: str) -> bool:
    """Whether a reply is one for a task of this kind: it answers, asks for what is missing, or declines.

    Where something was to be done, it must not say that it was not.
    """
    if task.kind == "answer":
        return mentions(reply, task.accept)
    if task.kind == "ask":
        return asks_for(reply, task.accept)
    return refuses(reply) != (task.kind == "do")


def recall(
    retriever: Retriever, tasks: Iterable[EnterpriseTask], ks: Sequence[int] = (5,)
) -> dict[int, dict[str, float]]:
    """By ``k`` and task: the share of its tools among the best ``k``, for a caller who may use all of them.

    Tasks that need no tool are left out.
    """
    needing = [task for task in tasks if task.calls]
    found = retriever.search([task.request for task in needing], max(ks), scopes())
    pairs = list(zip(needing, found, strict=True))
    return {k: {task.id: _share(task, hits[:k]) for task, hits in pairs} for k in ks}


def _share(task: EnterpriseTask, hits: Sequence[Hit]) -> float:
    needed = {call.name for call in task.calls}
    return len(needed & {hit.name for hit in hits}) / len(needed)


def _why(task: EnterpriseTask, run: ChainRun, found: bool, harm: int) -> str:
    """The first thing that went wrong, as far as it can be told from outside."""
    causes = [cause for cause in causes_in(run.trace) if cause]
    if task.kind in NEEDING and not found:
        return "not retrieved"
    if harm:
        return "wrong effect"
    if run.trace.ending != "answered":
        return run.trace.ending
    return causes[-1] if causes else "model"


def _careful(task: EnterpriseTask) -> Callable[[Request], Any]:
    """A person who knows what was asked for, and allows no other tool."""
    served = {call.name for call in task.calls}

    async def answer(request: Request) -> bool:
        return request.call.name in served

    return answer


def _allowed(held: Collection[str]) -> list[str]:
    return [name for name, one in operations().items() if one.scope in held]


class _Ranked:
    """A retriever that is told its ranking."""

    def __init__(self, name: str, ranked: Callable[[int, Collection[str]], list[str]]) -> None:
        self.name, self._ranked = name, ranked

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The same ranking for each query."""
        names = self._ranked(k, permissions)
        hits = [Hit(f"{operations()[name].kind.department}#{name}", name, -place) for place, name in enumerate(names)]
        return [hits for _ in queries]
