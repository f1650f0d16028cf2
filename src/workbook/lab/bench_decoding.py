"""``workbook bench decoding``: what a constraint costs, and what it saves.

Two tables in one list of rows. *End to end*: seconds for a tool call, free and constrained, by engine and plan, over
the same prompts, interleaved in one run; every answer counts, right or wrong. *Masks* (strategy ``mask only``): the
time that a processor takes at each token of given texts, ours beside Outlines' own over the same engine, for
vocabularies up to 131 k. Compiling and the first call stand apart from the steady state.

Timings are of the machine they are made on: ``hardware`` says which, and nothing else may run beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import ToolCalls
from workbook.core.environment import hardware, versions
from workbook.core.matching import calls_match
from workbook.core.stats import ratio
from workbook.grammar import PLANS, Costs, decoder
from workbook.grammar.compiling import workbench
from workbook.lab.bench_masks import mask_rows, microseconds
from workbook.suites.tasks import Task, load_tasks

if TYPE_CHECKING:
    from workbook.models.base import Completion
    from workbook.models.local import TransformersModel

FORCING = ("llguidance", "xgrammar")
"""The engines that say what is forced."""
MAX_NEW_TOKENS = 160


@dataclass
class Arm:
    """One way to decode, and what was measured of it: seconds and right answers by chunk of prompts."""

    engine: str
    strategy: str
    run: Callable[[Sequence[Task], Sequence[str]], list[Completion]]
    costs: Costs = field(default_factory=Costs)
    seconds: list[float] = field(default_factory=list)
    right: int = 0
    first_call_ms: float | None = None


def bench_decoding(
    model: TransformersModel,
    count: int = 64,
    batches: Sequence[int] = (1, 8, 32),
    vocabularies: Sequence[str] = ("32k", "131k"),
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """The document of the command: ``{"bench", "hardware", "versions", "rows"}``.

    ``count`` prompts of the frozen set of calls, the first of them; ``vocabularies`` beside the model's own.
    """
    tasks = [task for task in load_tasks("calls") if len(task.expected) == 1][:count]
    rows = [row for batch in batches for row in end_to_end(model, tasks, batch, progress)]
    rows += mask_rows(model, tasks, vocabularies, progress)
    made = {"hardware": hardware(), "versions": versions(), "sha256": model.fingerprint}
    return {"bench": "decoding", **made, "rows": rows}


def end_to_end(
    model: TransformersModel, tasks: Sequence[Task], batch: int, progress: Callable[[str], None] = lambda line: None
) -> list[dict[str, Any]]:
    """A row for each engine and strategy at this batch size; ``ratio_to_free`` is paired by chunk of prompts."""
    arms = _arms(model)
    chunks = [list(tasks[start : start + batch]) for start in range(0, len(tasks), batch)]
    for arm in arms:
        _warm_up(arm, model, chunks[0])
    for number, chunk in enumerate(chunks):
        prompts = [model.render(task.messages, task.tools) for task in chunk]
        for arm in arms[number % len(arms) :] + arms[: number % len(arms)]:
            _measure(arm, model, chunk, prompts)
        progress(f"batch {batch}: {(number + 1) * batch} of {len(tasks)} prompts")
    free = next(arm for arm in arms if arm.strategy == "free" and arm.engine == "none")
    return [_row(arm, free, model, batch, len(tasks)) for arm in arms]


def required_call(task: Task) -> ToolCalls:
    """The constraint of all arms: exactly one call of one of the task's tools."""
    return ToolCalls(task.tools, required=True, parallel=False)


def _arms(model: TransformersModel) -> list[Arm]:
    free = [
        Arm("transformers", "free", lambda tasks, prompts: _complete(model, prompts)),
        _ours(model, "none", "free"),
    ]
    return free + [_ours(model, engine, plan) for engine in FORCING for plan in PLANS if PLANS[plan].masked]


def _ours(model: TransformersModel, engine: str, plan: str) -> Arm:
    def run(tasks: Sequence[Task], prompts: Sequence[str]) -> list[Completion]:
        each = [required_call(task) for task in tasks] if PLANS[plan].masked else None
        loop = decoder(model, each, plan, engine if each else "auto")
        loop.costs = arm.costs
        return _complete(model, prompts, loop)

    arm = Arm(engine, plan, run)
    return arm


def _complete(model: TransformersModel, prompts: Sequence[str], loop: Any = None) -> list[Completion]:
    return model.complete(prompts, max_new_tokens=MAX_NEW_TOKENS, decoder=loop, batch_size=len(prompts))


def _warm_up(arm: Arm, model: TransformersModel, chunk: Sequence[Task]) -> None:
    """The first call, from an empty cache of grammars, is timed and counted apart."""
    workbench(model).cache.clear()
    prompts = [model.render(task.messages, task.tools) for task in chunk]
    started = time.perf_counter()
    arm.run(chunk, prompts)
    arm.first_call_ms = 1000 * (time.perf_counter() - started)
    arm.costs = Costs()


def _measure(arm: Arm, model: TransformersModel, chunk: Sequence[Task], prompts: Sequence[str]) -> None:
    """Grammars are compiled before the clock starts: their time is a column of its own."""
    if arm.engine in FORCING:
        decoder(model, [required_call(task) for task in chunk], arm.strategy, arm.engine)
    started = time.perf_counter()
    done = arm.run(chunk, prompts)
    arm.seconds.append(time.perf_counter() - started)
    replies = [model.parse(completion.text) for completion in done]
    arm.right += sum(
        calls_match(reply.calls, task.expected, task.tools) for reply, task in zip(replies, chunk, strict=True)
    )


def _row(arm: Arm, free: Arm, model: TransformersModel, batch: int, count: int) -> dict[str, Any]:
    times = ratio(arm.seconds, free.seconds)
    return {
        "model": model.name,
        "vocabulary": model.logit_width,
        "engine": arm.engine,
        "strategy": arm.strategy,
        "batch": batch,
        "n": count,
        "seconds_per_call": sum(arm.seconds) / count,
        "ratio_to_free": times.estimate,
        "ratio_low": times.low,
        "ratio_high": times.high,
        **microseconds(arm.costs.mask_seconds),
        "mask_share": sum(arm.costs.mask_seconds) / sum(arm.seconds),
        "compile_ms": None,
        "first_call_ms": arm.first_call_ms,
        "forced_share": arm.costs.forced_share if arm.costs.tokens else None,
        "passes_per_call": arm.costs.passes * batch / count if arm.costs.passes else None,
        "drafts_accepted": arm.costs.accepted / arm.costs.drafted if arm.costs.drafted else None,
        "right": arm.right / count,
    }
