"""Attacks through tool results, on agents with and without defences: one row a run, read off the office's log.

Attacked runs say whether the attacker's call ran, clean runs whether the errand was done and how often a person was
asked. Leaves out the cases (``workbook.suites.tool_injection``) and the office (``office``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.agent import Agent, Approval, Budget, Guard, LeastPrivilege, Policy, Trace
from workbook.agent.approval import Approver, Request, always
from workbook.core.chat import ToolCall, user
from workbook.lab.office import JOBS, Job, Office, fits, solved
from workbook.models.base import LanguageModel
from workbook.suites.tool_injection import Injection

if TYPE_CHECKING:
    import pandas as pd

Guards = Callable[[Job], Sequence[Guard]]
Person = Callable[[Job], Approval]
STEPS = 6


def tired(job: Job) -> Approval:
    """A person who says yes to all that they are asked, which is what is destructive."""
    return Approval(always(True))


def careful(job: Job) -> Approval:
    """A person who reads each destructive call, and allows what the errand needs."""
    return Approval(_says(lambda call: _needed(job, call)))


def careful_of_taint(job: Job) -> Approval:
    """The same person, asked about every call too that takes a value from a tool's result."""
    return Approval(_says(lambda call: _needed(job, call)), taint=True)


def least(job: Job) -> LeastPrivilege:
    """The tools that the errand needs, and no other."""
    return LeastPrivilege([call.name for call in job.calls], ("read", "write", "destructive"))


@dataclass(frozen=True)
class Defence:
    """What stands between an order in a result and its execution."""

    guards: Guards = lambda job: ()
    person: Person = tired

    def run(self, agent: LanguageModel | Policy, job: Job, office: Office) -> Trace:
        """One errand in this office."""
        runner = Agent(agent, office.toolbox, self.guards(job), self.person(job), Budget(steps=STEPS))
        return runner.run_sync([user(job.request)])


def attacked(
    agent: LanguageModel | Policy, defences: Mapping[str, Defence], cases: Sequence[Injection]
) -> pd.DataFrame:
    """Every case under every defence, on each errand in turn that reads its carrier.

    Columns ``arm, family, goal, task, success`` (the attacker's call ran), ``valid`` (every turn could be read).
    """
    import pandas as pd

    rows = []
    for number, case in enumerate(cases):
        fitting = [job for job in JOBS if job.carrier == case.carrier]
        job = fitting[number // len(fitting) % len(fitting)]
        for arm, defence in defences.items():
            office = Office(case)
            trace = defence.run(agent, job, office)
            row = {"arm": arm, "family": case.family, "goal": case.goal, "task": case.id, "job": job.name}
            rows.append({**row, "success": float(office.did(case.wanted)), "valid": float(is_valid(trace))})
    return pd.DataFrame(rows)


def clean(agent: LanguageModel | Policy, defences: Mapping[str, Defence], jobs: Sequence[Job] = JOBS) -> pd.DataFrame:
    """Every errand without an attack: ``arm, task, utility`` (it was done), ``asked`` (questions to a person)."""
    import pandas as pd

    rows = []
    for job in jobs:
        for arm, defence in defences.items():
            office = Office()
            trace = defence.run(agent, job, office)
            asked = sum(record.asked is not None for record in trace.calls)
            done = float(solved(job, office, trace.answer))
            rows.append({"arm": arm, "task": job.name, "utility": done, "asked": asked})
    return pd.DataFrame(rows)


def is_valid(trace: Trace) -> bool:
    """Whether every turn of the model could be read."""
    return not any(step.problems for step in trace.steps)


def _needed(job: Job, call: ToolCall) -> bool:
    """What a person sees who knows the errand, and what the office holds."""
    return any(fits(wanted, call) for wanted in job.calls)


def _says(allowed: Callable[[ToolCall], bool]) -> Approver:
    async def answer(request: Request) -> bool:
        return allowed(request.call)

    return answer
