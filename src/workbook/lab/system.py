"""A system before it goes live, as its parts: what a check may look at, and what a sabotage may replace.

Leaves out the checks (``production``), and how a sound one is assembled and broken (``sabotage``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.agent import Budget, Trace
from workbook.agent.monitoring import Monitor
from workbook.core.chat import Tool
from workbook.core.constraints import Constraint
from workbook.finetune.conversations import Example
from workbook.lab.contained import Run
from workbook.lab.defences import Defence
from workbook.models.base import LanguageModel
from workbook.suites.enterprise import EnterpriseTask
from workbook.suites.tasks import Task
from workbook.suites.tool_injection import Injection
from workbook.tools.causes import Cause
from workbook.tools.retrieval import Retriever


@dataclass(frozen=True)
class System:
    """The parts; ``dataclasses.replace`` breaks one.

    ``key`` gives the idempotency key of a deed's attempt, ``observe`` what the monitor is told of a cause, ``shelf``
    the tools of each pin that was ever ``deployed``, ``sick`` the causes under each of a few faults.
    """

    model: LanguageModel
    data: Sequence[Example]
    reserved: frozenset[int]
    constraint: Callable[[Sequence[Tool]], Constraint | None]
    retriever: Retriever
    tasks: Sequence[EnterpriseTask]
    run_code: Run | None
    monitor: Callable[[], Monitor]
    observe: Callable[[Cause | None], Cause | None]
    calm: Sequence[Cause | None]
    sick: Mapping[str, Sequence[Cause | None]]
    budget: Budget
    secrets: Collection[str]
    keep: Callable[[Trace, Path], object]
    key: Callable[[str, int], str]
    deployed: Sequence[str]
    shelf: Mapping[str, Sequence[Tool]]
    evaluation: Sequence[Task]
    defence: Defence
    attacks: Sequence[Injection]
