"""The same outputs under four metrics, from generous to strict, each beside what a random API would score by it.

By kind: the name sounds like an API of the right kind, whether there is one or not; here the kind is the HTTP method
that such an operation has. By domain: there is such an API, and it is of that kind, as Gorilla's released scorer has
it. By API: the right one. By call: with the right arguments as well. Leaves out the runs (``lab.obscure``), and which
metric is right: that depends on what is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbook.core.chat import Tool

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("by kind", "by domain", "by API", "by call")
RANDOM = "random API"
DOMAINS = {
    "GET": "get find search list track check verify compare calculate estimate predict recommend review measure "
    "summarize inspect test scan download export print play convert translate",
    "DELETE": "delete cancel",
    "PUT": "update rename move renew merge approve reject lock unlock start restart stop archive assign",
    "POST": "create add send book schedule order buy sell pay refund share upload copy rate register import notify "
    "draw",
}
"""Verbs of our APIs' names, by the method that fits them."""
_DOMAIN_OF = {verb: domain for domain, verbs in DOMAINS.items() for verb in verbs.split()}


def domain(name: str) -> str | None:
    """The kind of an API by its name, whether it exists or not; None where the name begins with no verb of ours."""
    return _DOMAIN_OF.get(name.split("_")[0])


def flattered(rows: pd.DataFrame, pool: Sequence[Tool]) -> pd.DataFrame:
    """The rows of ``lab.obscure.run`` with one column more a metric; ``pool`` is all that exists."""
    names = {tool.name for tool in pool}
    pairs = list(zip(rows["called"], rows["right"], strict=True))
    kinds = [float(bool(called) and domain(called) == domain(right)) for called, right in pairs]
    exists = [kind * (called in names) for kind, (called, _) in zip(kinds, pairs, strict=True)]
    strict = {"by API": rows["api_right"], "by call": rows["call_right"]}
    return rows.assign(**{"by kind": kinds, "by domain": exists, **strict})


def by_chance(rows: pd.DataFrame, pool: Sequence[Tool]) -> pd.DataFrame:
    """What an API drawn from the pool would score on the same tasks, on average: one row a task.

    By call it is given the right arguments wherever it has drawn the right API, which is generous.
    """
    tasks = rows.drop_duplicates("task")
    kinds = [domain(tool.name) for tool in pool]
    shares = [kinds.count(domain(right)) / len(pool) for right in tasks["right"]]
    hit = 1 / len(pool)
    scores = {"by kind": shares, "by domain": shares, "by API": hit, "by call": hit}
    return tasks[["task", "unit", "knows", "right"]].assign(arm=RANDOM, **scores).reset_index(drop=True)
