"""``workbook bench decoding``: what a constraint costs, and what it saves.

Two tables in one list of rows. *End to end*: seconds for a tool call, free and constrained, by engine and plan, over
the same prompts, interleaved in one run; every answer counts, right or wrong. *Masks* (strategy ``mask only``): the
time that a processor takes at each token of given texts, ours beside Outlines' own over the same engine, for
vocabularies up to 131 k. Compiling and the first call stand apart from the steady state.

Timings are of the machine they are made on: ``hardware`` says which, and nothing else may run beside them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import ToolCalls
from workbook.core.environment import hardware, versions
from workbook.core.errors import WorkbookError
from workbook.core.matching import calls_match
from workbook.core.stats import ratio
from workbook.grammar import PLANS, Costs, decoder
from workbook.grammar.compiling import workbench
from workbook.lab.bench_masks import mask_rows, microseconds
from workbook.suites.tasks import Task, load_tasks

if TYPE_CHECKING:
    from workbook.grammar import GrammarDecoder
    from workbook.models.base import Completion
    from workbook.models.local import TransformersModel

FORCING = ("llguidance", "xgrammar")
"""The engines that say what is forced."""
MAX_NEW_TOKENS = 160


@dataclass
class Arm:
    """One way to decode, and what was measured of it: seconds by batch of prompts, right answers in all.

    ``loop`` makes the decoding loop for the tasks of a batch, its grammars compiled; None is transformers' own.
    """

    engine: str
    strategy: str
    loop: Callable[[Sequence[Task]], GrammarDecoder | None]
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

    ``count`` prompts of the frozen set of calls, the first of them, and more where a batch holds more;
    ``vocabularies`` beside the model's own.
    """
    calls = [task for task in load_tasks("calls") if len(task.expected) == 1]
    rows = [row for batch in batches for row in end_to_end(model, calls[: max(count, batch)], batch, progress)]
    rows += mask_rows(model, calls[:count], vocabularies, progress)
    made = {"hardware": hardware(), "versions": versions(), "sha256": model.fingerprint}
    return {"bench": "decoding", **made, "rows": rows}


def end_to_end(
    model: TransformersModel, tasks: Sequence[Task], batch: int, progress: Callable[[str], None] = lambda line: None
) -> list[dict[str, Any]]:
    """A row for each engine and strategy at this batch size; only full batches are timed.

    ``ratio_to_free`` is paired by batch, so ``n`` counts batches; below six its ends are unknown.
    """
    arms = _arms(model)
    chunks = [list(tasks[start : start + batch]) for start in range(0, len(tasks) - batch + 1, batch)]
    if not chunks:
        raise WorkbookError(f"a batch of {batch} needs as many prompts, and there are {len(tasks)}", "Lower --batch.")
    _complete(model, _prompts(model, chunks[0]))  # torch's own first time is no arm's
    for arm in arms:
        _warm_up(arm, model, chunks[0])
    for number, chunk in enumerate(chunks):
        for arm in arms[number % len(arms) :] + arms[: number % len(arms)]:
            _measure(arm, model, chunk)
        progress(f"batch {batch}: {(number + 1) * batch} of {len(chunks) * batch} prompts")
    free = next(arm for arm in arms if arm.strategy == "free" and arm.engine == "none")
    return [_row(arm, free, model, batch) for arm in arms]


def required_call(task: Task) -> ToolCalls:
    """The constraint of all arms: exactly one call of one of the task's tools."""
    return ToolCalls(task.tools, required=True, parallel=False)


def _arms(model: TransformersModel) -> list[Arm]:
    free = [Arm("transformers", "free", lambda tasks: None), _ours(model, "none", "free")]
    return free + [_ours(model, engine, plan) for engine in FORCING for plan in PLANS if PLANS[plan].masked]


def _ours(model: TransformersModel, engine: str, plan: str) -> Arm:
    def loop(tasks: Sequence[Task]) -> GrammarDecoder:
        each = [required_call(task) for task in tasks] if PLANS[plan].masked else None
        return decoder(model, each, plan, engine if each else "auto")

    return Arm(engine, plan, loop)


def _prompts(model: TransformersModel, chunk: Sequence[Task]) -> list[str]:
    return [model.render(task.messages, task.tools) for task in chunk]


def _complete(model: TransformersModel, prompts: Sequence[str], loop: Any = None) -> list[Completion]:
    return model.complete(prompts, max_new_tokens=MAX_NEW_TOKENS, decoder=loop, batch_size=len(prompts))


def _warm_up(arm: Arm, model: TransformersModel, chunk: Sequence[Task]) -> None:
    """The first call is timed and counted apart: every arm makes the engine's tables and compiles its grammars."""
    workbench(model).cache.clear()
    workbench(model).engines.clear()
    prompts = _prompts(model, chunk)
    started = time.perf_counter()
    _complete(model, prompts, arm.loop(chunk))
    arm.first_call_ms = 1000 * (time.perf_counter() - started)


def _measure(arm: Arm, model: TransformersModel, chunk: Sequence[Task]) -> None:
    """Grammars are compiled and looked up before the clock starts: their time is a column of its own."""
    loop, prompts = arm.loop(chunk), _prompts(model, chunk)
    if loop is not None:
        loop.costs = arm.costs
    started = time.perf_counter()
    done = _complete(model, prompts, loop)
    arm.seconds.append(time.perf_counter() - started)
    replies = [model.parse(completion.text) for completion in done]
    arm.right += sum(
        calls_match(reply.calls, task.expected, task.tools) for reply, task in zip(replies, chunk, strict=True)
    )


def _row(arm: Arm, free: Arm, model: TransformersModel, batch: int) -> dict[str, Any]:
    times, prompts = ratio(arm.seconds, free.seconds), batch * len(arm.seconds)
    return {
        "model": model.name,
        "vocabulary": model.logit_width,
        "engine": arm.engine,
        "strategy": arm.strategy,
        "batch": batch,
        "n": times.n,
        "prompts": prompts,
        "seconds_per_call": sum(arm.seconds) / prompts,
        "ratio_to_free": times.estimate,
        "ratio_low": times.low if math.isfinite(times.low) else None,
        "ratio_high": times.high if math.isfinite(times.high) else None,
        **microseconds(arm.costs.mask_seconds),
        "mask_share": sum(arm.costs.mask_seconds) / sum(arm.seconds),
        "compile_ms": None,
        "first_call_ms": arm.first_call_ms,
        "forced_share": arm.costs.forced_share if arm.costs.tokens else None,
        "passes_per_call": arm.costs.passes / times.n if arm.costs.passes else None,
        "drafts_accepted": arm.costs.accepted / arm.costs.drafted if arm.costs.drafted else None,
        "right": arm.right / prompts,
    }
