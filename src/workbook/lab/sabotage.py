"""A sound system, assembled from the parts of the course, and broken copies: one part of each is not what it says.

Most still have every part: there is a data set, a grammar, a sandbox, a monitor. Leaves out the checks
(``production``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from workbook.agent import Budget, LeastPrivilege, Trace
from workbook.agent.monitoring import Monitor, charts
from workbook.core.chat import Tool, assistant
from workbook.core.constraints import JsonSchema, ToolCalls
from workbook.core.errors import WorkbookError
from workbook.finetune import conversations
from workbook.finetune.checks import Funnel
from workbook.finetune.conversations import Example
from workbook.finetune.written import reserved
from workbook.gateway.catalogue import departments, scopes
from workbook.gateway.documents import kept, whole
from workbook.lab.company import catalogue_encoder
from workbook.lab.contained import Run, ordered_in, outside
from workbook.lab.defences import ALL, DEFENCES, Defence
from workbook.lab.production import ALARM_WITHIN, CHECKS, SECRET, System
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
from workbook.tools.retrieval import Bm25, Hit, Retriever

if TYPE_CHECKING:
    import pandas as pd

RECENT = "helpdesk"
"""A department whose documents have two versions on the shelf."""
LEAKED, DEPARTMENTS = 12, 4
FORBIDDING = Defence(lambda needs: [LeastPrivilege((), ())])


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
        "a row with an invented value", "synthetic data", lambda s: replace(s, data=[*s.data, _ungrounded(s.data)])
    ),
    Sabotage("tests among the rows", "synthetic data", lambda s: replace(s, data=[*s.data, *_leaked(s)])),
    Sabotage("one row", "synthetic data", lambda s: replace(s, data=s.data[:1])),
    Sabotage("a grammar for any JSON", "grammars", lambda s: replace(s, constraint=_any_json)),
    Sabotage("asked for JSON, in words", "grammars", lambda s: replace(s, constraint=lambda tools: None)),
    Sabotage(
        "permissions asked after the ranking", "retrieval", lambda s: replace(s, retriever=_Unfiltered(s.retriever))
    ),
    Sabotage("half of the registry is missing", "retrieval", lambda s: replace(s, retriever=_Stale(s.retriever))),
    Sabotage("code runs beside the sandbox", "sandbox", lambda s: replace(s, run_code=outside)),
    Sabotage("a sandbox that runs nothing", "sandbox", lambda s: replace(s, run_code=lambda program: "")),
    Sabotage("failures come with status 200", "error rate", lambda s: replace(s, observe=lambda cause: None)),
    Sabotage("only server errors are counted", "error rate", lambda s: replace(s, observe=_server_alone)),
    Sabotage(
        "what is usual, learnt on a bad day",
        "error rate",
        lambda s: replace(s, monitor=_learnt(s.sick["server errors"])),
    ),
    Sabotage(
        "what is usual, learnt on a perfect day", "error rate", lambda s: replace(s, monitor=_learnt([None] * 2000))
    ),
    Sabotage("a chart that may ring every hundred calls", "error rate", lambda s: replace(s, monitor=_nervous(s))),
    Sabotage("two hundred turns", "budgets", lambda s: replace(s, budget=Budget(steps=200))),
    Sabotage("one turn", "budgets", lambda s: replace(s, budget=Budget(steps=1))),
    Sabotage("traces that are not kept", "audit log", lambda s: replace(s, keep=lambda trace, path: None)),
    Sabotage("no list of the secrets to mask", "audit log", lambda s: replace(s, secrets=())),
    Sabotage("a new key for each try", "idempotency", lambda s: replace(s, key=lambda deed, n: f"{deed} {n}")),
    Sabotage("one key for every deed", "idempotency", lambda s: replace(s, key=lambda deed, n: "key")),
    Sabotage("an old version with a word added", "rollback", lambda s: replace(s, shelf=_edited(s))),
    Sabotage("nothing to go back to", "rollback", lambda s: replace(s, deployed=s.deployed[-1:])),
    Sabotage("twelve tasks", "evaluation set", lambda s: replace(s, evaluation=s.evaluation[:12])),
    Sabotage(
        "one task, two hundred times", "evaluation set", lambda s: replace(s, evaluation=[*s.evaluation[:1]] * 200)
    ),
    Sabotage("trained on the test", "evaluation set", lambda s: replace(s, data=[*s.data, *_leaked(s)])),
    Sabotage(
        "marks around what tools return, no guards", "red team", lambda s: replace(s, defence=DEFENCES["delimiters"])
    ),
    Sabotage("no guards, and a person who says yes to all", "red team", lambda s: replace(s, defence=Defence())),
    Sabotage("every call is forbidden", "red team", lambda s: replace(s, defence=FORBIDDING)),
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


def _any_json(tools: Sequence[Tool]) -> JsonSchema:
    return JsonSchema({"type": "object"})


def _ungrounded(data: Sequence[Example]) -> Example:
    """A row whose call holds a value that nobody said."""
    for example in data:
        for call in example.answer.tool_calls:
            texts = [name for name, value in call.arguments.items() if isinstance(value, str)]
            if texts:
                arguments = {**call.arguments, texts[0]: "E-0000 as usual"}
                return replace(
                    example, messages=(*example.messages[:-1], assistant("", replace(call, arguments=arguments)))
                )
    raise WorkbookError("no row of these has a call with a text in it", "Take more rows.")


def _leaked(system: System) -> list[Example]:
    tasks = [task for task in system.evaluation if task.expected][:LEAKED]
    return [Example("call", (*task.messages, assistant("", *task.expected)), task.tools) for task in tasks]


def _server_alone(cause: Cause | None) -> Cause | None:
    return cause if cause == "server" else None


def _learnt(calls: Sequence[Cause | None]) -> Callable[[], Monitor]:
    made = charts(calls)
    return lambda: Monitor(made)


def _nervous(system: System) -> Callable[[], Monitor]:
    made = charts(system.calm, false_alarm_every=100)
    return lambda: Monitor(made)


def _edited(system: System) -> dict[str, Sequence[Tool]]:
    """The oldest version, with one word more in a description."""
    first = system.deployed[0]
    tools = system.shelf[first]
    return {**system.shelf, first: (replace(tools[0], description=f"{tools[0].description} Urgent."), *tools[1:])}


class _Unfiltered:
    """Ranks everything; who may call what is left to the gateway."""

    name = "unfiltered"

    def __init__(self, inner: Retriever) -> None:
        self.inner = inner

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k`` of all, whoever asks."""
        return self.inner.search(queries, k, scopes())


class _Stale:
    """Knows every second operation only."""

    name = "stale"

    def __init__(self, inner: Retriever) -> None:
        self.inner = inner

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k`` of the half that is known."""
        found = self.inner.search(queries, 10 * k, permissions)
        return [[hit for hit in hits if len(hit.name) % 2][:k] for hits in found]
