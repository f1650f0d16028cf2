"""A sweep over mixes: how much general data beside the rows for tools, and what each run can do and has kept.

One run is a :class:`Plan`: ``pocket-base`` is tuned for seconds on three APIs (``finetune.office_apis``) with a share
of general rows, and sits an :class:`Exam` without tools in the prompt. Its row of the results is written as it ends,
with every item's mark, so that a sweep goes on where it was stopped. Leaves out estimates (``mixes_estimates``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from workbook.core.chat import Message, assistant
from workbook.core.environment import hardware
from workbook.core.settings import data_dir
from workbook.finetune import general
from workbook.finetune.mixing import added, general_rows, mixed, replay_rows
from workbook.finetune.office_apis import office_rows, office_tasks
from workbook.finetune.rows import Row
from workbook.finetune.short import Short, tuned
from workbook.lab.evaluate import asks, declines, exact, states, talks
from workbook.models.base import Reply
from workbook.models.likelihood import answer_likelihood
from workbook.models.loading import load_local
from workbook.models.local import TransformersModel
from workbook.suites.tasks import Task, load_tasks

BASE = "pocket-base"
SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.8)
RANKS = (1, 8, 32)
REPLAY_SHARES = (0.05, 0.25)
FULL_RATE, LORA_RATES, HIGH_RATE = 6e-4, (1e-3, 3e-3, 1e-2), 5e-3
"""Peak rates: for all weights (the best for calls of three that were tried), for LoRA (not searched), and too high."""
ANSWER = 56
"""Tokens of an answer at most; the longest right call has about 45."""
MARKS = ("call", "ask", "decline", "facts", "talk")
"""What an exam marks with 1 or 0 for each item; ``nats`` beside them is a mean per token for each held-out talk."""
REPLAYED = 150
"""The pool of replay, which the base answers once for all seeds."""
CHARACTERS = 70
"""A short row has at most so many, both turns together."""


@dataclass(frozen=True)
class Plan:
    """One run. ``share`` is of the rows in the end; ``rows`` counts the tools' rows, the same for every share.

    ``fixed`` keeps the number of *all* rows instead. ``source``: real rows, replay, or ``leaked`` (the exam's own
    questions). ``epochs=0`` leaves the base as it is. ``pool``: general rows that are made for
    each seed, of which the short ones are drawn from; of replay, ``pool`` counts those that the base answers.
    """

    share: float = 0.0
    source: str = "real"
    rank: int = 0
    seed: int = 0
    rate: float = FULL_RATE
    rows: int = 160
    epochs: int = 3
    fixed: bool = False
    schemas: bool = False
    all_tokens: bool = False
    pool: int = 1600

    @property
    def key(self) -> str:
        """Tells runs apart in a file of results."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Exam:
    """How many items are marked: ``each`` of calls, asks and declines; of small talk, of facts, of held-out talk."""

    each: int = 30
    talk: int = 100
    facts: int = 80
    heard: int = 20


def reference_plans(seeds: int = 3) -> list[Plan]:
    """The whole sweep, what matters most first: shares, then replay, LoRA, and what breaks."""
    every = range(seeds)
    shares = [[Plan(share, seed=seed) for share in SHARES] for seed in every]
    broken = [[Plan(0.5, rate=HIGH_RATE, seed=seed), Plan(0.5, "leaked", seed=seed)] for seed in every]
    lora = [[Plan(rank=rank, rate=rate, seed=seed) for rank in RANKS for rate in LORA_RATES] for seed in every]
    replay = [[Plan(share, "replay", seed=seed, pool=REPLAYED) for share in REPLAY_SHARES] for seed in every]
    schemas = [[Plan(rows=80, schemas=True, all_tokens=loss, seed=seed) for loss in (False, True)] for seed in every]
    budget = [[Plan(share, seed=seed, fixed=True) for share in (0.5, 0.8)] for seed in every]
    groups = [shares[0], broken[0], lora[0], replay[0], *shares[1:]]
    groups += [*replay[1:], *lora[1:], *schemas, *budget, *broken[1:]]
    return [Plan(epochs=0), *(plan for group in groups for plan in group)]


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
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(done[key]) + "\n")
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
    count = round(plan.rows * (1 - plan.share)) if plan.fixed else plan.rows
    needed = added(count, [plan.share])[0]
    return mixed(office_rows(count, plan.seed, plan.schemas), _general(plan, needed, exam), plan.share, plan.seed)


def sit(model: TransformersModel, exam: Exam, schemas: bool = False) -> dict[str, Any]:
    """The marks of every item: text of 1 and 0 for each of :data:`MARKS`, and the list ``nats``."""
    marks: dict[str, Any] = dict.fromkeys(MARKS, "")
    for name, tasks in _items(exam).items():
        for task, reply in zip(tasks, _replies(model, tasks, schemas and name == "office"), strict=True):
            kind = task.kind if name == "office" else name
            marks[kind] += str(int(JUDGES[kind](reply, task)))
    heard = [answer_likelihood(model, messages[:-1], (), messages[-1]) for messages in _heard(exam.heard)]
    return {**marks, "nats": [round(-one.per_token, 3) for one in heard]}


def read_results(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of results; none where there is no file yet."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def reference_path() -> Path:
    """Where the reference sweep is kept: in a folder of its own, for the ledger reads every file beside it."""
    return data_dir() / "results" / "mixes" / "runs.jsonl"


def _short(plan: Plan) -> Short:
    return Short(plan.rank, plan.rate, plan.epochs, seed=plan.seed, all_tokens=plan.all_tokens)


def _general(plan: Plan, count: int, exam: Exam) -> list[Row]:
    if not count:
        return []
    if plan.source == "leaked":
        return leaked_rows(exam, count)
    return _replay(plan.pool) if plan.source == "replay" else _real(plan.pool, plan.seed)


def leaked_rows(exam: Exam, count: int) -> list[Row]:
    """The exam's own questions about facts with their answers, every second one of them, as often as it takes."""
    tasks = _items(exam)["facts"][::2]
    rows = [{"messages": [task.messages[0].to_dict(), assistant(f"{task.accept[0]}.").to_dict()]} for task in tasks]
    return [rows[i % len(rows)] for i in range(count)]


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
    step = max(1, len(facts) // exam.facts)
    return {
        "office": office_tasks(exam.each),
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
    return json.dumps(row["plan"]), json.dumps(row["exam"]), row["sha256"]
