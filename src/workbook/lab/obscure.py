"""Three learners, four ways to serve them: what becomes of requests for obscure APIs.

The learners are adapters of one base, of as many rows and steps (``workbook.finetune.obscure``). Each gets no document,
those that BM25 returns, those of the tuned retriever, or the oracle's. Leaves out the metrics that
flatter (``lab.flattery``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.core.matching import calls_match
from workbook.finetune.obscure import SHOWN, World, tasks
from workbook.models.base import LanguageModel, Reply
from workbook.suites.tasks import Task
from workbook.tools.embedding import Encoder, encoder_of
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Bm25, Dense, Retriever

if TYPE_CHECKING:
    import pandas as pd

LEARNERS = {"generalist": "apis-generalist", "memorised": "apis-memorised", "retriever-aware": "apis-retrieved"}
"""The arms, and the adapter that each of them is."""
NONE, WORDS, TUNED, ORACLE = "none", "bm25", "tuned", "oracle"
SERVINGS = (NONE, WORDS, TUNED, ORACLE)
Outcome = Literal["api_right", "other", "invented", "broken", "idle"]
"""The right API; another that exists; one that exists nowhere; a call that cannot be read; none."""
LONGEST = 96
"""Tokens of an answer."""

Served = Mapping[str, Mapping[str, Sequence[Tool]]]
"""For each way to serve, and each task by id: the documents in the prompt."""


def asked(made: World, count: int, seed: int = 0) -> dict[str, list[Task]]:
    """``count`` requests for known APIs and as many for unseen ones."""
    return {"known": tasks(made.known, count, seed), "unseen": tasks(made.unseen, count, seed)}


def served(pool: Sequence[Tool], requests: Sequence[Task], encoder: Encoder | None = None, k: int = SHOWN) -> Served:
    """What each way puts into the prompt; the oracle's is BM25's, with the right document put first where it is not in.

    So a prompt differs from BM25's only where BM25 errs. Without an ``encoder`` it is the shipped, tuned one.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        registry = Registry(folder, encoder or encoder_of("retriever"))
        registry.put("pool", [Operation(tool, "pool") for tool in pool])
        found = {one.name: _found(one, pool, requests, k) for one in (Bm25(registry), Dense(registry, TUNED))}
    told = {task.id: _mended(found[WORDS][task.id], task.tools[0], k) for task in requests}
    return {NONE: {task.id: () for task in requests}, **found, ORACLE: told}


def swapped(found: Mapping[str, Sequence[Tool]], requests: Sequence[Task]) -> dict[str, Sequence[Tool]]:
    """For each task the documents of another one's prompt, the right one not among them; of the same thing, if any.

    A search errs for an API in one way, in training as in service: these are wrong in a way that is new to the model.
    Raises ``WorkbookError`` where a task has no such documents among those of the others.
    """
    names = {task.id: {tool.name for tool in found[task.id]} for task in requests}

    def pick(task: Task) -> Sequence[Tool]:
        right = task.tools[0]
        able = [one for one in requests if right not in found[one.id] and names[one.id] != names[task.id]]
        if not able:
            raise WorkbookError(f"no other request's documents are wrong for {task.id}", "Give more requests.")
        near = [one for one in able if _thing(one.tools[0]) == _thing(right)]
        return found[(near or able)[0].id]

    return {task.id: pick(task) for task in requests}


def run(
    models: Mapping[str, LanguageModel], requests: Mapping[str, Sequence[Task]], shown: Served, pool: Sequence[Tool]
) -> pd.DataFrame:
    """One row a model, way to serve and task: ``knows`` (known or unseen), ``found`` (the right document is shown),
    ``unit`` (the right API: requests for one are found or missed together, so intervals are taken over APIs), the
    outcomes (:data:`Outcome`, of which one is 1), ``call_right``, the names of the ``right`` API and of the first one
    ``called`` (empty for none), and ``reply``.

    Decoding is greedy, so a prompt that comes twice is answered once.
    """
    import pandas as pd

    names = {tool.name for tool in pool}
    rows = []
    for arm, model in models.items():
        plan = [(way, knows, task) for way in shown for knows, some in requests.items() for task in some]
        prompts = [model.render(task.messages, shown[way][task.id]) for way, _, task in plan]
        fresh = list(dict.fromkeys(prompts))
        replies = dict(zip(fresh, model.complete(fresh, max_new_tokens=LONGEST), strict=True))
        for (way, knows, task), prompt in zip(plan, prompts, strict=True):
            reply = model.parse(replies[prompt].text)
            found = float(task.tools[0] in shown[way][task.id])
            right = task.expected[0].name
            row = {"arm": arm, "serving": way, "knows": knows, "task": task.id, "unit": right, "found": found}
            told = {
                "right": right,
                "called": reply.calls[0].name if reply.calls else "",
                "reply": reply,
            }
            rows.append({**row, **judged(reply, task, names), **told})
    return pd.DataFrame(rows)


def judged(reply: Reply, task: Task, names: Collection[str]) -> dict[str, float]:
    """The outcome of one reply, as the measures of a row; ``names`` are all that exist."""
    found = outcome(reply, task, names)
    right = not reply.problems and calls_match(reply.calls, task.expected, task.tools)
    return {name: float(name == found) for name in get_args(Outcome)} | {"call_right": float(right)}


def outcome(reply: Reply, task: Task, names: Collection[str]) -> Outcome:
    """What the reply calls."""
    called = [call.name for call in reply.calls]
    if reply.problems:
        return "broken"
    if not called:
        return "idle"
    if any(name not in names for name in called):
        return "invented"
    return "api_right" if called == [task.expected[0].name] else "other"


def _found(retriever: Retriever, pool: Sequence[Tool], requests: Sequence[Task], k: int) -> dict[str, list[Tool]]:
    named = {tool.name: tool for tool in pool}
    hits = retriever.search([task.messages[-1].content for task in requests], k)
    return {task.id: [named[hit.name] for hit in row] for task, row in zip(requests, hits, strict=True)}


def _mended(found: Sequence[Tool], right: Tool, k: int) -> list[Tool]:
    return list(found) if right in found else [right, *found][:k]


def _thing(tool: Tool) -> str:
    """What an operation is about: its name without the verb and the part that nobody can guess."""
    return "_".join(tool.name.split("_")[1:-1])
