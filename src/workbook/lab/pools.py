"""Pools of five to a thousand tools, and what a model does with the few of them that it is shown.

Every task needs one tool of its pool; the others are those of other tasks. Each way to choose (all, at random, by
words, by meaning, both, tuned, the oracle) is run on the same pools. Leaves out requests in real wording (``places``):
those of the frozen sets name their tool in its own words, which is what a small model can do.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Tool, user
from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval, bootstrap
from workbook.lab.reading import read_reply
from workbook.lab.scoring import call_right, name_right
from workbook.lab.trials import Output
from workbook.suites.tasks import Task
from workbook.tools.embedding import Encoder
from workbook.tools.lookups import WithLookups
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Blended, Bm25, Dense, Fused, Retriever

if TYPE_CHECKING:
    import pandas as pd

    from workbook.models.local import TransformersModel
    from workbook.tools.embedding import Vectors

ALL, RANDOM, ORACLE = "all", "random", "oracle"
DEPTH = 20
"""Places of a ranking that are kept."""
LONGEST = 96
"""Tokens of an answer."""
JUDGES = {"call_right": call_right, "name_right": name_right}

Rankings = Mapping[str, Mapping[str, Sequence[Tool]]]
"""For each way to choose, and each task by id: tools, best first."""


@dataclass(frozen=True)
class Pool:
    """Tools with names of their own, among them the right one of each of its tasks."""

    tools: tuple[Tool, ...]
    tasks: tuple[Task, ...]

    def right(self, task: Task) -> Tool:
        """The tool that the task needs."""
        return next(tool for tool in self.tools if tool.name == task.expected[0].name)


def pools(tasks: Sequence[Task], others: Sequence[Tool], size: int, seed: int = 0) -> list[Pool]:
    """The tasks in pools of that size, as few as hold them all; filled with ``others``, the same ones first.

    Raises ``WorkbookError`` where there are too few ``others``.
    """
    made = []
    for start in range(0, len(tasks), size):
        mine = tasks[start : start + size]
        named = {tool.name: tool for task in mine for tool in task.tools if tool.name == task.expected[0].name}
        for tool in others:
            if len(named) == size:
                break
            named.setdefault(tool.name, tool)
        if len(named) != size:
            raise WorkbookError(
                f"{len(named)} tools do not make pools of {size}", "Give other tools, or a smaller size."
            )
        shuffled = Random(f"{seed} {start}").sample(list(named.values()), size)
        made.append(Pool(tuple(shuffled), tuple(mine)))
    return made


def spare_tools(tasks: Sequence[Task], seed: int = 0) -> list[Tool]:
    """The tools of these tasks, each name once, in an order that the seed decides."""
    named = {tool.name: tool for task in tasks for tool in task.tools}
    return Random(seed).sample(list(named.values()), len(named))


def rankings(pool: Pool, encoder: Encoder, seed: int = 0) -> Rankings:
    """The first places of every way to choose, for every task of the pool; ``all`` is the pool as it lies."""
    found: dict[str, Mapping[str, Sequence[Tool]]] = {
        ALL: {task.id: pool.tools for task in pool.tasks},
        RANDOM: _drawn(pool, seed),
        ORACLE: _told(pool),
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for retriever in _untuned(_filled(folder, [Operation(tool, "pool") for tool in pool.tools], encoder)):
            found[retriever.name] = ranked(pool, retriever)
    return found


class Known:
    """An encoder that is asked each text once, since the same tools lie in many pools."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.name, self.dimensions = encoder, encoder.name, encoder.dimensions
        self._vectors: dict[str, Any] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in their order."""
        import numpy as np

        fresh = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= zip(fresh, self._encoder.encode(fresh), strict=True)
        return np.array([self._vectors[text] for text in texts], np.float32).reshape(len(texts), self.dimensions)


def retrievers(operations: Sequence[Operation], folder: str, plain: Encoder, tuned: Encoder) -> list[Retriever]:
    """BM25, dense, both fused, both blended; the tuned encoder, blended with BM25, and that with look-ups.

    They search registries under ``folder``.
    """
    first, second = _filled(f"{folder}/plain", operations, plain), _filled(f"{folder}/tuned", operations, tuned)
    words, meaning, fused = _untuned(first)
    learned = Dense(second, "tuned")
    both = Blended([words, learned], "tuned blend")
    return [words, meaning, fused, Blended([words, meaning], "blend"), learned, both,
            WithLookups(both, first, "with look-ups")]  # fmt: skip


def answered(
    model: TransformersModel, pools: Sequence[Pool], chosen: Sequence[Rankings], ways: Sequence[str], k: int = 5
) -> pd.DataFrame:
    """One row a way and task: ``found`` (the right tool is shown), ``prompt_tokens``, ``fits``, ``call_right``.

    ``name_right``: the right tool was called, whatever its arguments.
    A prompt that exceeds the model's context is not answered, which is a failure. Decoding is greedy, so a prompt that
    comes twice is answered once.
    """
    import pandas as pd

    rows = [row for pool, ranked in zip(pools, chosen, strict=True) for row in _asked(model, pool, ranked, ways, k)]
    fresh = list(dict.fromkeys(row["prompt"] for row in rows if row["fits"]))
    replies = dict(zip(fresh, model.complete(fresh, max_new_tokens=LONGEST), strict=True)) if fresh else {}
    for row in rows:
        done = replies.get(row.pop("prompt"))
        task, shown = row.pop("of"), row.pop("shown")
        output = _output(model, done.text, shown) if done else None
        row |= {name: judge(output, task) if output else 0.0 for name, judge in JUDGES.items()}
    return pd.DataFrame(rows)


def crossover(rows: pd.DataFrame, way: str, seed: int = 0, draws: int = 1000) -> Interval:
    """The smallest pool from which on ``way`` is right more often than showing all; infinite where there is none.

    Tasks are drawn anew for the interval, the same ones at every size.
    """
    sizes = sorted(rows["size"].unique())
    gaps = [_gaps(rows[rows["size"] == size], way) for size in sizes]
    by_task = [[gap[task] for gap in gaps] for task in gaps[0]]

    def first(drawn: Any) -> float:
        wins = drawn.reshape(-1, len(sizes)).mean(0) > 0
        ahead = [size for place, size in enumerate(sizes) if wins[place:].all()]
        return float(min(ahead, default=math.inf))

    return bootstrap(by_task, first, seed=seed, draws=draws)


def listed_tokens(model: TransformersModel, tools: Sequence[Tool]) -> int:
    """Tokens that listing these tools adds to a prompt."""
    talk = [user("")]
    return len(model.encode(model.render(talk, tools))) - len(model.encode(model.render(talk)))


def prefill_seconds(model: TransformersModel, tools: Sequence[Tool], task: Task, repeats: int = 3) -> float:
    """Seconds to read the prompt with these tools and choose one token: the quickest of some tries."""
    prompt = model.render(task.messages, tools)
    return min(model.complete([prompt], max_new_tokens=1)[0].seconds for _ in range(repeats))


def ranked(pool: Pool, retriever: Retriever) -> dict[str, list[Tool]]:
    """For each task of the pool, by id, the tools that the retriever finds."""
    named = {tool.name: tool for tool in pool.tools}
    found = retriever.search([task.messages[-1].content for task in pool.tasks], DEPTH)
    return {task.id: [named[hit.name] for hit in hits] for task, hits in zip(pool.tasks, found, strict=True)}


def right_first(pool: Pool, others: Mapping[str, Sequence[Tool]]) -> dict[str, list[Tool]]:
    """An oracle: for each task the right tool, and behind it these others."""
    rights = {task.id: pool.right(task) for task in pool.tasks}
    return {id: [right, *(tool for tool in others[id] if tool != right)] for id, right in rights.items()}


def _untuned(registry: Registry) -> tuple[Bm25, Dense, Fused]:
    words, meaning = Bm25(registry), Dense(registry)
    return words, meaning, Fused([words, meaning])


def _filled(folder: str, operations: Sequence[Operation], encoder: Encoder) -> Registry:
    registry = Registry(folder, encoder)
    # Not indexed: a thousand rows are searched as they lie, with the same result, and packing them takes seconds.
    registry.put("pool", operations)
    return registry


def _drawn(pool: Pool, seed: int) -> dict[str, list[Tool]]:
    most = min(DEPTH, len(pool.tools))
    return {task.id: Random(f"{seed} {task.id}").sample(pool.tools, most) for task in pool.tasks}


def _told(pool: Pool) -> dict[str, list[Tool]]:
    """The right tool first, and what a random draw gives behind it."""
    return right_first(pool, _drawn(pool, 1))


def _asked(
    model: TransformersModel, pool: Pool, ranked: Rankings, ways: Sequence[str], k: int
) -> Iterator[dict[str, Any]]:
    for way in ways:
        for task in pool.tasks:
            shown = ranked[way][task.id] if way == ALL else ranked[way][task.id][:k]
            prompt = model.render(task.messages, shown)
            tokens = len(model.encode(prompt))
            yield {
                "arm": way, "size": len(pool.tools), "k": k, "task": task.id, "prompt": prompt, "shown": shown,
                "found": float(pool.right(task) in shown), "prompt_tokens": tokens, "of": task,
                "fits": float(tokens + LONGEST <= (model.context or math.inf)),
            }  # fmt: skip


def _output(model: TransformersModel, text: str, shown: Sequence[Tool]) -> Output:
    read = read_reply(model, text)
    return Output(text, read.calls, read.parses, read.problems, offered=tuple(shown))


def _gaps(rows: pd.DataFrame, way: str) -> dict[str, float]:
    """For each task, whether ``way`` is right minus whether showing all is."""
    own, base = (dict(zip(part["task"], part["call_right"], strict=True)) for part in
                 (rows[rows["arm"] == way], rows[rows["arm"] == ALL]))  # fmt: skip
    return {task: own[task] - base[task] for task in base}
