"""A sweep over mixes: how much general data beside the rows for tools, and what each run can do and has kept.

One run is a ``Plan``: ``pocket-base`` is tuned for seconds on three APIs (``finetune.office_apis``) with a share of
general rows, and sits an ``Exam`` without tools in the prompt. Its row of the results is written as it ends, with every
item's mark, so that a sweep goes on where it was stopped. Leaves out which runs there are (``mixes_plans``), and the
estimates (``mixes_estimates``).
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from workbook.core.chat import Message, assistant
from workbook.core.environment import hardware
from workbook.core.files import write_whole
from workbook.core.settings import data_dir
from workbook.finetune import general
from workbook.finetune.mixing import general_rows, mixed, replay_rows
from workbook.finetune.office_apis import office_rows, office_tasks, office_words
from workbook.finetune.rows import Row
from workbook.finetune.short import Short, tuned
from workbook.lab.evaluate import asks, declines, exact, states, talks
from workbook.lab.mixes_plans import BATCH, Exam, Plan, counts
from workbook.models.base import Reply
from workbook.models.likelihood import answer_likelihood
from workbook.models.loading import load_local
from workbook.models.local import TransformersModel
from workbook.suites.tasks import Task, load_tasks, set_lines

BASE = "pocket-base"
ANSWER = 56
"""Tokens of an answer at most; the longest right call has about 45."""
MARKS = ("call", "ask", "decline", "facts", "talk")
"""What an exam marks with 1 or 0 for each item; ``nats`` beside them is a mean per token for each held-out talk."""
CHARACTERS = 70
"""A short row has at most so many, both turns together."""


def sweep(plans: Sequence[Plan], exam: Exam, path: Path | None = None) -> Iterator[Mapping[str, Any]]:
    """One row of results a plan, in order; with ``path`` rows are kept there, and a plan that has one is not run again.

    A row is of one checkpoint and one exam: those of another are left alone.
    """
    base = load_local(BASE).fingerprint
    done = {_key(row): row for row in read_results(path)} if path else {}
    for plan in plans:
        key = (plan.key, json.dumps(asdict(exam)), base)
        if key not in done:
            done[key] = run(plan, exam)
            if path:
                _keep(path, done[key])
        yield done[key]


def run(plan: Plan, exam: Exam) -> dict[str, Any]:
    """Tune the base as planned and let it sit the exam."""
    started = time.process_time()
    base = load_local(BASE)
    made = base.fingerprint
    base.network.set_attn_implementation("eager")  # twice as fast as the default where rows are so short
    model = tuned(base, training_rows(plan, exam), _short(plan)) if plan.epochs else base
    trained = time.process_time()
    marks = sit(model, exam, plan.schemas)
    seconds = {"train_seconds": round(trained - started, 1), "exam_seconds": round(time.process_time() - trained, 1)}
    return {"plan": asdict(plan), "exam": asdict(exam), **marks, **seconds, "sha256": made, "hardware": hardware()}


def training_rows(plan: Plan, exam: Exam) -> list[Row]:
    """The rows for tools and the general ones, mixed."""
    tools, needed = counts(plan)
    return mixed(office_rows(tools, plan.seed, plan.schemas), _general(plan, needed, exam), plan.share, plan.seed)


def sit(model: TransformersModel, exam: Exam, schemas: bool = False) -> dict[str, Any]:
    """The marks of every item: text of 1 and 0 for each of :data:`MARKS`, and the list ``nats``."""
    marks: dict[str, Any] = dict.fromkeys(MARKS, "")
    for name, tasks in _items(exam).items():
        for task, reply in zip(tasks, _replies(model, tasks, schemas and name == "office"), strict=True):
            kind = task.kind if name == "office" else name
            marks[kind] += str(int(JUDGES[kind](reply, task)))
    heard = [answer_likelihood(model, messages[:-1], (), messages[-1]) for messages in _heard(exam.heard)]
    return {**marks, "nats": [round(-one.per_token, 3) for one in heard]}


def read_results(path: Path, exam: Exam | None = None) -> list[dict[str, Any]]:
    """The rows of a file of results (``.gz``: packed), or those of one exam; none where there is no file yet."""
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in set_lines(path)]
    return [row for row in rows if exam in (None, Exam(**row["exam"]))]


def reference_path() -> Path:
    """Where the reference sweep is kept: in a folder of its own, for the ledger reads every file beside it."""
    return data_dir() / "results" / "mixes" / "runs.jsonl.gz"


def _keep(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to the file. It is small and written whole: a kill cannot leave half a row."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two sweeps may share a file
        lines = "".join(json.dumps(one) + "\n" for one in [*read_results(path), row]).encode()
        write_whole(path, gzip.compress(lines, mtime=0) if path.suffix == ".gz" else lines)
    finally:
        os.close(folder)


def _short(plan: Plan) -> Short:
    words = office_words() if plan.words else ()
    return Short(plan.rank, plan.rate, plan.epochs, BATCH, plan.seed, plan.all_tokens, words)


def _general(plan: Plan, count: int, exam: Exam) -> list[Row]:
    if not count:
        return []
    if plan.source == "talk":
        return general_rows(count, plan.seed, general.talk)
    if plan.source == "leaked":
        leaked = leaked_rows(exam)[:count]
        return [*leaked, *_real(plan.pool, plan.seed)[: count - len(leaked)]]
    return _replay(plan.pool) if plan.source == "replay" else _real(plan.pool, plan.seed)


def leaked_rows(exam: Exam) -> list[Row]:
    """The exam's own questions about facts with their answers, every second one of them, once each."""
    tasks = _items(exam)["facts"][::2]
    return [{"messages": [task.messages[0].to_dict(), assistant(f"{task.accept[0]}.").to_dict()]} for task in tasks]


@cache
def _real(pool: int, seed: int) -> list[Row]:
    return short_rows(general_rows(pool, seed))


@cache
def _replay(pool: int) -> list[Row]:
    return short_rows(replay_rows(load_local(BASE), pool))


def short_rows(rows: Sequence[Row]) -> list[Row]:
    """Talk, facts, sums and copying: reading and writing JSON is long, and would take most of the time."""
    return [row for row in rows if sum(len(turn["content"]) for turn in row["messages"]) <= CHARACTERS]


def _items(exam: Exam) -> dict[str, list[Task]]:
    """Facts are spread over all kinds: the set lists these one after another."""
    facts = load_tasks("facts")
    step = max(1, len(facts) // max(1, exam.facts))
    return {
        "office": office_tasks(exam.each, exam.draw),
        "talk": load_tasks("talk")[: exam.talk],
        "facts": facts[::step][: exam.facts],
    }


@cache
def _heard(count: int) -> list[tuple[Message, ...]]:
    rng = Random("heard talk")
    return [general.talk(rng, "held_out").messages for _ in range(count)]


def _replies(model: TransformersModel, tasks: Sequence[Task], schemas: bool) -> list[Reply]:
    prompts = [model.render(task.messages, task.tools if schemas else ()) for task in tasks]
    done = model.complete(prompts, max_new_tokens=ANSWER, batch_size=64)
    return [model.parse(one.text) for one in done]


def _declines(reply: Reply, task: Task) -> bool:
    """It says that no tool fits: words about something else are no restraint."""
    return declines(reply, task) and "tool" in reply.content


JUDGES: Mapping[str, Callable[[Reply, Task], bool]] = {
    "call": exact,
    "ask": asks,
    "decline": _declines,
    "facts": states,
    "talk": talks,
}


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Of the values, so that a row from before a field was thought of is known again by what it stands for."""
    return Plan(**row["plan"]).key, json.dumps(asdict(Exam(**row["exam"]))), row["sha256"]
