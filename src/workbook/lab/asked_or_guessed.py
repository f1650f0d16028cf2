"""Ask or guess: does tuning by preferences beat supervised tuning on the same pairs, as When2Call (2504.18851) says?

Both methods start from one model and see the same requests as often, by LoRA of one rank. Where a plan names several
rates, each method takes the one that does best on requests drawn apart. Frozen requests judge: a question where an
argument is missing (``asks``), the whole call where none is (``calls``), and half of each (``right``). The claim holds
where the interval of DPO minus SFT in ``right`` lies above zero, and fails where it lies below. Supervised tuning takes
rows of like length together, DPO takes pairs at random. Leaves out the training (``finetune.sft``, ``dpo``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbook.core.chat import Message, Tool
from workbook.core.environment import hardware, versions
from workbook.core.settings import data_dir, unknown
from workbook.core.stats import Interval, paired_difference, proportion
from workbook.finetune.dpo import fine_tune_by_preference
from workbook.finetune.preferences import asked_or_guessed, chosen_rows
from workbook.finetune.rows import Row
from workbook.finetune.sft import fine_tune
from workbook.lab.evaluate import asks, complete_in_order, exact
from workbook.models import load_model
from workbook.suites.tasks import Task, load_tasks

if TYPE_CHECKING:
    from workbook.models.base import LanguageModel

METHODS = ("sft", "dpo")
METRICS: Mapping[str, tuple[str, ...]] = {"asks": ("ask",), "calls": ("call",), "right": ("ask", "call")}
"""Each metric: the kinds of tasks that it is over."""
LORA = 8
DRAWN_APART = 10_000
"""Added to a seed for the requests by which rates are chosen."""


@dataclass(frozen=True)
class Plan:
    """The base, how many pairs are learned from, with how many seeds, and how many tasks of each kind judge."""

    base: str = "pocket"
    pairs: int = 200
    tools: int = 4
    batch: int = 16
    seeds: int = 2
    tasks: int = 200
    development: int = 60
    sft_rates: tuple[float, ...] = (5e-4, 2e-3)
    dpo_rates: tuple[float, ...] = (2e-4, 1e-3)

    def rates(self, method: str) -> tuple[float, ...]:
        """Peak rates among which requests drawn apart decide; of one, nothing is to be decided."""
        return self.sft_rates if method == "sft" else self.dpo_rates


def measure(plan: Plan, progress: Callable[[str], None] = print) -> dict[str, Any]:
    """The whole experiment: ``{"plan", "rates", "metrics", "differences", ...}``; minutes to an hour on a CPU."""
    trials = run(plan, progress)
    return {
        "hardware": hardware(),
        "versions": versions(),
        "sha256": load_model(plan.base).fingerprint,
        "plan": asdict(plan),
        "development": summary(trials[trials.split == "development"], ("method", "rate")),
        "metrics": summary(trials[trials.split == "frozen"], ("method",)),
        "differences": differences(trials),
    }


def reference(base: str = "pocket") -> dict[str, Any]:
    """The shipped result for ``base``, as :func:`measure` gave it; a base without one names the nearest."""
    path = data_dir() / "results" / "asked_or_guessed_cpu.json"
    shipped = json.loads(path.read_text(encoding="utf-8"))
    if base not in shipped:
        raise unknown("base", base, shipped)
    return dict(shipped[base])


def run(plan: Plan, progress: Callable[[str], None] = print) -> pd.DataFrame:
    """One row a trial: ``split, method, seed, rate, task, kind, right``."""
    frozen, apart = frozen_tasks(plan.tasks), development_tasks(plan)
    judged = [_judged(load_model(plan.base), frozen, split="frozen", method="base", seed=0, rate=0.0)]
    for method in METHODS:
        best, model, tried = _rate(method, plan, apart, progress)
        judged += tried
        for seed in range(plan.seeds):
            model = tuned(method, plan, seed, best, progress) if seed else model
            judged.append(_judged(model, frozen, split="frozen", method=method, seed=seed, rate=best))
    return pd.concat(judged, ignore_index=True)


def tuned(method: str, plan: Plan, seed: int, rate: float, progress: Callable[[str], None]) -> LanguageModel:
    """The base after ``method`` on the pairs of ``seed``: on both answers, or on what was chosen alone."""
    pairs = asked_or_guessed(plan.pairs, seed, plan.tools)
    how: dict[str, Any] = {
        "lora": LORA,
        "epochs": 1,
        "batch": plan.batch,
        "rate": rate,
        "seed": seed,
        "progress": progress,
    }
    with TemporaryDirectory() as folder:
        if method == "dpo":
            fine_tune_by_preference(plan.base, pairs, Path(folder), **how)
        else:
            fine_tune(plan.base, chosen_rows(pairs), Path(folder), **how)
        return load_model(folder)


def frozen_tasks(count: int) -> list[Task]:
    """The first ``count`` tasks of each kind of the frozen set ``calls``."""
    tasks = load_tasks("calls")
    return [task for kind in ("ask", "call") for task in [one for one in tasks if one.kind == kind][:count]]


def development_tasks(plan: Plan) -> list[Task]:
    """Requests of the training split that no seed learns from, half of each kind; for choosing rates."""
    pairs = asked_or_guessed(plan.development, DRAWN_APART, plan.tools)
    return [_task(pair, number) for number, pair in enumerate(pairs)]


def summary(trials: pd.DataFrame, by: Sequence[str]) -> list[dict[str, Any]]:
    """Every metric with its interval over tasks, each task's mean over seeds being one value."""
    found = []
    for names, part in trials.groupby(list(by), sort=False):
        told = dict(zip(by, names, strict=True))
        found += [{**told, "metric": name, **share(part, name).to_dict()} for name in METRICS]
    return found


def differences(trials: pd.DataFrame, one: str = "dpo", other: str = "sft") -> list[dict[str, Any]]:
    """``one`` minus ``other`` in every metric, on the same frozen tasks."""
    frozen = trials[trials.split == "frozen"]
    first, second = (frozen[frozen.method == method] for method in (one, other))
    found = {name: paired_difference(_values(first, name), _values(second, name)) for name in METRICS}
    return [{"metric": name, **interval.to_dict()} for name, interval in found.items()]


def share(trials: pd.DataFrame, metric: str) -> Interval:
    """How often the reply was right, over the kinds of ``metric``."""
    return proportion(_values(trials, metric))


def _values(trials: pd.DataFrame, metric: str) -> dict[str, list[float]]:
    part = trials[trials.kind.isin(METRICS[metric])]
    return {str(task): list(map(float, group)) for task, group in part.groupby("task").right}


def _rate(
    method: str, plan: Plan, apart: Sequence[Task], progress: Callable[[str], None]
) -> tuple[float, LanguageModel, list[pd.DataFrame]]:
    """The rate that is right most often on the development tasks, its model, and all that was tried."""
    models = {rate: tuned(method, plan, 0, rate, progress) for rate in plan.rates(method)}
    if len(models) == 1:
        return *models.popitem(), []
    tried = {
        rate: _judged(model, apart, split="development", method=method, seed=0, rate=rate)
        for rate, model in models.items()
    }
    best = max(tried, key=lambda rate: tried[rate].right.mean())
    progress(f"{method}: {', '.join(f'{rate:g} {one.right.mean():.3f}' for rate, one in tried.items())} right")
    return best, models[best], list(tried.values())


def _judged(model: LanguageModel, tasks: Sequence[Task], **told: Any) -> pd.DataFrame:
    done = complete_in_order(model, tasks, "free", 16, 120, progress=False)
    replies = [model.parse(one.text) for one in done]
    right = [(asks if task.kind == "ask" else exact)(reply, task) for reply, task in zip(replies, tasks, strict=True)]
    rows = zip(tasks, right, strict=True)
    return pd.DataFrame([{**told, "task": task.id, "kind": task.kind, "right": ok} for task, ok in rows])


def _task(pair: Row, number: int) -> Task:
    """A pair as a task; where a question is chosen, it must name what the guess filled in."""
    chosen = Message.from_dict(pair["chosen"][0])
    turns = tuple(map(Message.from_dict, pair["prompt"]))
    tools = tuple(map(Tool.from_dict, pair["tools"]))
    if chosen.tool_calls:
        return Task(f"call_{number}", "call", turns, tools, chosen.tool_calls)
    return Task(f"ask_{number}", "ask", turns, tools, (), (chosen.content.removeprefix("What ").split(" should")[0],))
