"""A sound system, assembled from the parts of the course, and broken copies: one part of each is not what it says.

Most still have every part: there is a data set, a grammar, a sandbox, a monitor. Leaves out the checks
(``production``), and the broken parts themselves (``broken_parts``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from workbook.agent import Budget, Trace
from workbook.agent.monitoring import Monitor, charts
from workbook.core.chat import Tool
from workbook.core.constraints import ToolCalls
from workbook.core.errors import WorkbookError
from workbook.finetune import conversations
from workbook.finetune.checks import Funnel
from workbook.finetune.conversations import Example
from workbook.finetune.written import reserved
from workbook.gateway.catalogue import departments
from workbook.gateway.documents import kept, whole
from workbook.lab import broken_parts as broken
from workbook.lab.company import catalogue_encoder
from workbook.lab.contained import Run, ordered_in, outside
from workbook.lab.defences import ALL, DEFENCES, Defence
from workbook.lab.production import ALARM_WITHIN, CHECKS, SECRET
from workbook.lab.system import System
from workbook.lab.watching import Fault, calm_causes, causes_under
from workbook.models.base import LanguageModel
from workbook.suites.enterprise import EnterpriseTask, enterprise_tasks
from workbook.suites.tasks import load_tasks
from workbook.suites.tool_injection import injections
from workbook.tools import best_sandbox
from workbook.tools.causes import Cause
from workbook.tools.changes import pin
from workbook.tools.openapi import from_openapi
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Bm25

if TYPE_CHECKING:
    import pandas as pd

RECENT = "helpdesk"
"""A department whose documents have two versions on the shelf."""
DEPARTMENTS = 4


@dataclass(frozen=True)
class Sabotage:
    """What was done to a system, the check that should see it, and the doing."""

    what: str
    check: str
    do: Callable[[System], System]


@contextmanager
def sound(
    model: LanguageModel, calm: Sequence[Cause | None], rows: int = 60, tasks: int = 30, attacks: int = 12
) -> Iterator[System]:
    """A system with a small registry, which goes away with the context; ``calm`` says what is usual."""
    names = list(departments())[:DEPARTMENTS]
    versions = _versions()
    usual, error = charts(calm), Fault("error", 0.3)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield System(
            model=model,
            data=_rows(rows),
            reserved=reserved(),
            constraint=ToolCalls,
            retriever=Bm25(_registry(folder, names)),
            tasks=_tasks(names, tasks),
            run_code=_contained(),
            monitor=lambda: Monitor(usual),
            observe=lambda cause: cause,
            calm=calm_causes(120, seed=1),
            sick={
                "server errors": causes_under(error, ALARM_WITHIN),
                "no token": causes_under(Fault("shows no token", 0.3), ALARM_WITHIN),
            },
            budget=Budget(),
            secrets={SECRET},
            keep=Trace.save,
            key=lambda deed, attempt: deed,
            deployed=[pin(tools) for tools in versions],
            shelf={pin(tools): tools for tools in versions},
            evaluation=load_tasks("calls", 200),
            defence=DEFENCES[ALL],
            attacks=injections(attacks),
        )


SABOTAGES: tuple[Sabotage, ...] = (
    Sabotage(
        "a row with an invented value",
        "synthetic data",
        lambda s: replace(s, data=[*s.data, broken.ungrounded(s.data)]),
    ),
    Sabotage(
        "tests among the rows", "synthetic data", lambda s: replace(s, data=[*s.data, *broken.leaked(s.evaluation)])
    ),
    Sabotage("one row", "synthetic data", lambda s: replace(s, data=s.data[:1])),
    Sabotage("a grammar for any JSON", "grammars", lambda s: replace(s, constraint=broken.any_json)),
    Sabotage("asked for JSON, in words", "grammars", lambda s: replace(s, constraint=lambda tools: None)),
    Sabotage(
        "permissions asked after the ranking",
        "retrieval",
        lambda s: replace(s, retriever=broken.Unfiltered(s.retriever)),
    ),
    Sabotage("half of the registry is missing", "retrieval", lambda s: replace(s, retriever=broken.Stale(s.retriever))),
    Sabotage("code runs beside the sandbox", "sandbox", lambda s: replace(s, run_code=outside)),
    Sabotage("a sandbox that runs nothing", "sandbox", lambda s: replace(s, run_code=lambda program: "")),
    Sabotage("failures come with status 200", "error rate", lambda s: replace(s, observe=lambda cause: None)),
    Sabotage("only server errors are counted", "error rate", lambda s: replace(s, observe=broken.server_alone)),
    Sabotage(
        "what is usual, learnt on a bad day",
        "error rate",
        lambda s: replace(s, monitor=broken.learnt(s.sick["server errors"])),
    ),
    Sabotage(
        "what is usual, learnt on a perfect day",
        "error rate",
        lambda s: replace(s, monitor=broken.learnt([None] * 2000)),
    ),
    Sabotage(
        "a chart that may ring every hundred calls", "error rate", lambda s: replace(s, monitor=broken.nervous(s.calm))
    ),
    Sabotage("two hundred turns", "budgets", lambda s: replace(s, budget=Budget(steps=200))),
    Sabotage("one turn", "budgets", lambda s: replace(s, budget=Budget(steps=1))),
    Sabotage("traces that are not kept", "audit log", lambda s: replace(s, keep=lambda trace, path: None)),
    Sabotage("no list of the secrets to mask", "audit log", lambda s: replace(s, secrets=())),
    Sabotage("a new key for each try", "idempotency", lambda s: replace(s, key=lambda deed, n: f"{deed} {n}")),
    Sabotage("one key for every deed", "idempotency", lambda s: replace(s, key=lambda deed, n: "key")),
    Sabotage(
        "an old version with a word added",
        "rollback",
        lambda s: replace(s, shelf=broken.edited(s.shelf, s.deployed[0])),
    ),
    Sabotage("nothing to go back to", "rollback", lambda s: replace(s, deployed=s.deployed[-1:])),
    Sabotage("twelve tasks", "evaluation set", lambda s: replace(s, evaluation=s.evaluation[:12])),
    Sabotage(
        "one task, two hundred times", "evaluation set", lambda s: replace(s, evaluation=[*s.evaluation[:1]] * 200)
    ),
    Sabotage(
        "trained on the test", "evaluation set", lambda s: replace(s, data=[*s.data, *broken.leaked(s.evaluation)])
    ),
    Sabotage(
        "marks around what tools return, no guards", "red team", lambda s: replace(s, defence=DEFENCES["delimiters"])
    ),
    Sabotage("no guards, and a person who says yes to all", "red team", lambda s: replace(s, defence=Defence())),
    Sabotage("every call is forbidden", "red team", lambda s: replace(s, defence=broken.FORBIDDING)),
)


def inspected(system: System) -> pd.DataFrame:
    """Every check on the sound system, and on each copy that should fail it: a row each, with ``passes``, ``said``."""
    import pandas as pd

    rows = [_row(name, "sound", system) for name in CHECKS]
    rows += [_row(one.check, one.what, one.do(system)) for one in SABOTAGES]
    return pd.DataFrame(rows)


def _row(name: str, copy: str, system: System) -> dict[str, object]:
    found = CHECKS[name](system)
    return {"check": name, "system": copy, "passes": found.ok, "said": found.said}


def _rows(count: int) -> list[Example]:
    """The first rows of the generator that pass its funnel."""
    rng, funnel, kept_rows = Random("production"), Funnel(reserved()), list[Example]()
    while len(kept_rows) < count:
        made = conversations.family(rng, "train", 2)
        kept_rows += [example for example in made if funnel.keep(example)]
    return kept_rows[:count]


def _registry(folder: str, names: Sequence[str]) -> Registry:
    registry = Registry(folder, catalogue_encoder())
    for name in names:
        tools = from_openapi(whole({name: kept()[name]})).tools
        registry.put(name, [Operation.of(bound, name) for bound in tools])
    registry.index()
    return registry


def _tasks(names: Sequence[str], count: int) -> list[EnterpriseTask]:
    known = tuple(f"{name}_" for name in names)
    allowed = (task for task in enterprise_tasks() if task.calls and task.kind != "scope")
    able = [task for task in allowed if all(call.name.startswith(known) for call in task.calls)]
    return Random(0).sample(able, min(count, len(able)))


def _contained() -> Run | None:
    try:
        return ordered_in(best_sandbox())
    except WorkbookError:
        return None


def _versions() -> list[tuple[Tool, ...]]:
    """Two versions of a department's tools, the older one first."""
    tools = from_openapi(whole({RECENT: kept()[RECENT]})).toolbox.shown
    return [tools[:-1], tools]
