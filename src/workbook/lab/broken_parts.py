"""Parts of a system that are not what they say: each has the form of a sound one, and passes where nobody looks.

Leaves out which check each of them should fail (``sabotage``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from workbook.agent import LeastPrivilege
from workbook.agent.monitoring import Monitor, charts
from workbook.core.chat import Tool, assistant
from workbook.core.constraints import JsonSchema
from workbook.core.errors import WorkbookError
from workbook.finetune.conversations import Example
from workbook.gateway.catalogue import scopes
from workbook.lab.defences import Defence
from workbook.suites.tasks import Task
from workbook.tools.causes import Cause
from workbook.tools.retrieval import Hit, Retriever

LEAKED = 12
"""Tasks of the evaluation set that get among the rows."""
RINGS_EVERY = 100
"""Calls between false alarms of a chart that is too nervous."""
FORBIDDING = Defence(lambda needs: [LeastPrivilege((), ())])
"""No call is allowed, so no attack succeeds."""


def ungrounded(data: Sequence[Example]) -> Example:
    """A row whose call holds a value that nobody said; ``WorkbookError`` where no call of ``data`` has a text."""
    for example in data:
        for call in example.answer.tool_calls:
            texts = [name for name, value in call.arguments.items() if isinstance(value, str)]
            if texts:
                invented = replace(call, arguments={**call.arguments, texts[0]: "E-0000 as usual"})
                return replace(example, messages=(*example.messages[:-1], assistant("", invented)))
    raise WorkbookError("no row of these has a call with a text in it", "Take more rows.")


def leaked(evaluation: Sequence[Task]) -> list[Example]:
    """The first tasks of the evaluation set as rows to learn from."""
    tasks = [task for task in evaluation if task.expected][:LEAKED]
    return [Example("call", (*task.messages, assistant("", *task.expected)), task.tools) for task in tasks]


def any_json(tools: Sequence[Tool]) -> JsonSchema:
    """A grammar that holds a model to JSON, whatever the tools take."""
    return JsonSchema({"type": "object"})


def server_alone(cause: Cause | None) -> Cause | None:
    """Server errors; every other failure passes for a success."""
    return cause if cause == "server" else None


def learnt(calls: Sequence[Cause | None]) -> Callable[[], Monitor]:
    """Monitors that take ``calls`` for what is usual."""
    made = charts(calls)
    return lambda: Monitor(made)


def nervous(calm: Sequence[Cause | None]) -> Callable[[], Monitor]:
    """Monitors that may ring every :data:`RINGS_EVERY` calls while all is well."""
    made = charts(calm, false_alarm_every=RINGS_EVERY)
    return lambda: Monitor(made)


def edited(shelf: Mapping[str, Sequence[Tool]], pinned: str) -> dict[str, Sequence[Tool]]:
    """The shelf with one word more in a description of the version ``pinned``, under the pin that it had."""
    first, *others = shelf[pinned]
    return {**shelf, pinned: (replace(first, description=f"{first.description} Urgent."), *others)}


class Unfiltered:
    """Ranks everything; who may call what is left to the gateway."""

    name = "unfiltered"

    def __init__(self, inner: Retriever) -> None:
        self.inner = inner

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k`` of all, whoever asks."""
        return self.inner.search(queries, k, scopes())


class Stale:
    """Knows about every second operation only: those whose names have an odd number of letters."""

    name = "stale"

    def __init__(self, inner: Retriever) -> None:
        self.inner = inner

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k`` of the half that is known."""
        found = self.inner.search(queries, 10 * k, permissions)
        return [[hit for hit in hits if len(hit.name) % 2][:k] for hits in found]
