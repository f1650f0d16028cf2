"""Where in a ranking the needed tools stand, for requests in people's real wording: the company's 500 APIs.

One row for each tool that a request needs, so that recall at any k is the share of rows whose ``place`` is at most k.
Leaves out what a model does with what is found (``pools``) and public sets (``retrieval``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbook.core.chat import Tool
from workbook.finetune.everyday import unseen_departments
from workbook.gateway.documents import kept, whole
from workbook.lab.pools import Pool
from workbook.suites.enterprise import content_words, enterprise_tasks
from workbook.suites.tasks import Task
from workbook.suites.tool_queries import QuerySet, ToolQuery
from workbook.tools.openapi import from_openapi
from workbook.tools.operations import Operation, text_of
from workbook.tools.retrieval import Retriever

if TYPE_CHECKING:
    import pandas as pd

DEEPEST = 50
"""Places that are looked at; what stands behind them counts as not found."""


def real_wording(departments: Sequence[str] = ()) -> QuerySet:
    """The requests that need the tools of these departments alone, over these tools; all 25 without a choice."""
    tools = tuple(operation.tool for operation in operations_of(departments))
    known = {tool.name for tool in tools}
    asked = [
        ToolQuery(task.id, task.request, tuple(dict.fromkeys(call.name for call in task.calls)))
        for task in enterprise_tasks()
    ]
    return QuerySet(
        "company", tools, tuple(query for query in asked if query.needed and known.issuperset(query.needed))
    )


def operations_of(departments: Sequence[str] = ()) -> list[Operation]:
    """The APIs of these departments for a registry, open to everybody; all 25 without a choice."""
    names = list(departments) or sorted(kept())
    tools = from_openapi(whole({name: kept()[name] for name in names})).toolbox
    return [Operation(bound.tool, "company", bound.origin, bound.risk) for bound in tools]


def single_calls(queries: QuerySet, limit: int | None = None) -> Pool:
    """The requests that one call serves, over these tools; at most ``limit``, evenly spread."""
    named, asked = {tool.name: tool for tool in queries.tools}, {query.id for query in queries.queries}
    able = [task for task in enterprise_tasks() if task.id in asked and len(task.calls) == 1]
    some = able if limit is None else able[:: max(1, len(able) // limit)][:limit]
    return Pool(
        queries.tools,
        tuple(Task(one.id, "call", one.messages, (named[one.calls[0].name],), one.calls) for one in some),
    )


def places(queries: QuerySet, retrievers: Sequence[Retriever]) -> pd.DataFrame:
    """One row a retriever and needed tool: its ``place`` (infinite when not found), and how many the request needs.

    ``told`` says whether the tuned retriever learned from the tool's department.
    """
    import pandas as pd

    unseen = unseen_departments()
    rows = []
    for retriever in retrievers:
        found = retriever.search([query.text for query in queries.queries], DEEPEST)
        for query, hits in zip(queries.queries, found, strict=True):
            order = {hit.name: place for place, hit in enumerate(hits, 1)}
            rows += [
                {"arm": retriever.name, "task": query.id, "tool": tool, "place": order.get(tool, math.inf),
                 "needed": len(query.needed), "told": tool.split("_")[0] not in unseen}
                for tool in query.needed
            ]  # fmt: skip
    return pd.DataFrame(rows)


def all_found(rows: pd.DataFrame, k: int) -> pd.DataFrame:
    """One row a retriever and request: whether every tool that it needs is among the first ``k``.

    ``told`` is the share of its tools whose department the tuned retriever learned from.
    """
    groups = rows.groupby(["arm", "task", "needed"], sort=False)
    worst = groups.agg(place=("place", "max"), told=("told", "mean")).reset_index()
    return worst.assign(all_found=(worst["place"] <= k).astype(float))


def nearest_scores(queries: QuerySet, retriever: Retriever) -> tuple[list[float], list[float]]:
    """For each request the best score over the pool, and over the pool without the tools that it needs."""
    found = retriever.search([query.text for query in queries.queries], DEEPEST)
    pairs = list(zip(queries.queries, found, strict=True))
    rest = [max((hit.score for hit in hits if hit.name not in query.needed), default=-1.0) for query, hits in pairs]
    return [hits[0].score if hits else -1.0 for _, hits in pairs], rest


def shared_words(request: str, tool: Tool) -> list[str]:
    """The words that a request shares with a tool's text: all that a search by words can see."""
    return sorted(content_words(request) & content_words(text_of(tool)))
