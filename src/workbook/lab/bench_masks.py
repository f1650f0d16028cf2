"""What a mask costs at one token: our processor beside Outlines' own, over the same engine and vocabulary.

Texts are given, not generated: the right calls of our tasks, token by token, with logits of zeros. So engines and
vocabularies are compared on the same work, and a model with random weights is as good as a real one. Both sides get
the same JSON Schema. What is done once for a vocabulary (tables, kernels that are compiled when first called), then
compiling, the first mask and the masks after it are timed apart.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.constraints import JsonSchema
from workbook.core.errors import WorkbookError
from workbook.grammar import ENGINES, processor
from workbook.grammar.compiling import workbench
from workbook.grammar.schemas import call_schema
from workbook.lab.stand_ins import stand_in
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    import torch

    from workbook.models.local import TransformersModel

SLOW_TO_COMPILE = 50_000
"""outlines_core walks every token from every state: beyond this vocabulary a schema takes minutes, and is left out."""

LAMP = {"type": "object", "properties": {"lamp": {"type": "string"}, "minutes": {"type": "integer"}}}
WARM_UP = Task(
    "warm_up",
    "call",
    (),
    (Tool("turn_on", "Turn on a lamp.", LAMP),),
    (ToolCall("turn_on", {"lamp": "x", "minutes": 5}),),
)
"""No task of the frozen sets."""


@dataclass
class Times:
    """Of one engine and one maker of processors, in seconds: the first text ever, then of each text its parts."""

    once: float | None = None
    compiling: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    steady: list[float] = field(default_factory=list)


def mask_rows(
    model: TransformersModel, tasks: Sequence[Task], vocabularies: Sequence[str], progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each vocabulary, engine and maker; the model's own vocabulary first."""
    rows: list[dict[str, Any]] = []
    for name in ("", *vocabularies):
        subject = stand_in(name, model.device.type) if name else model
        rows += list(_rows(subject, tasks, progress))
    return rows


def microseconds(seconds: Sequence[float]) -> dict[str, float | None]:
    """``mask_us_p50`` and ``mask_us_p99``; None without a mask."""
    import numpy as np

    if not seconds:
        return {"mask_us_p50": None, "mask_us_p99": None}
    p50, p99 = np.percentile(np.array(seconds) * 1e6, [50, 99])
    return {"mask_us_p50": float(p50), "mask_us_p99": float(p99)}


def _rows(model: TransformersModel, tasks: Sequence[Task], progress: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    for engine in ENGINES:
        if engine == "outlines_core" and model.logit_width > SLOW_TO_COMPILE:
            continue
        makers = {"workbook": _ours(model, engine), "outlines": _theirs(model, engine)}
        times = {maker: Times(_once(make, model)) for maker, make in makers.items()}
        for task in tasks:
            for maker, make in makers.items():
                _replay(make, model, task, times[maker])
        progress(f"masks of {model.logit_width} tokens, {engine}")
        yield from (_row(model, engine, maker, found, len(tasks)) for maker, found in times.items())


Maker = Callable[[dict[str, Any]], Any]


def _ours(model: TransformersModel, engine: str) -> Maker:
    """Our processor; the engine's tables are made anew with the first schema, then kept."""
    workbench(model).engines.pop(engine, None)

    def make(schema: dict[str, Any]) -> Any:
        workbench(model).cache.clear()
        return processor(model, JsonSchema(schema), engine)

    return make


def _theirs(model: TransformersModel, engine: str) -> Maker:
    """Outlines' backend, made with the first schema and kept as ours is: then only the grammar is new each time."""
    from outlines.backends import _get_backend

    kept: list[Any] = []

    def make(schema: dict[str, Any]) -> Any:
        kept[:] = kept or [_get_backend(engine, model.outlines)]
        return kept[0].get_json_schema_logits_processor(json.dumps(schema))

    return make


def _schema(task: Task) -> dict[str, Any]:
    tool = next(tool for tool in task.tools if tool.name == task.expected[0].name)
    return call_schema(tool)


def _once(make: Maker, model: TransformersModel) -> float | None:
    """The seconds of a first text that later ones do not take; None where the maker refuses it.

    Not a text that is measured after it: xgrammar keeps what it has compiled, and is twice as fast at it again.
    """
    first, second = Times(), Times()
    _replay(make, model, WARM_UP, first)
    _replay(make, model, WARM_UP, second)
    if not (first.compiling and second.compiling):
        return None
    took = [times.compiling[0] + times.first[0] for times in (first, second)]
    return max(0.0, took[0] - took[1])


def _replay(make: Maker, model: TransformersModel, task: Task, times: Times) -> None:
    """Compile, then follow the right call token by token; what the maker refuses, schema or call, is left out."""
    import torch

    text = json.dumps(task.expected[0].to_dict(), ensure_ascii=False)
    tokens = model.tokenizer.encode(text, add_special_tokens=False)
    ids = torch.tensor([[*model.encode("x"), *tokens]], device=model.device)
    prompt = ids.shape[1] - len(tokens)
    started = time.perf_counter()
    try:
        guard = make(_schema(task))
        compiling = time.perf_counter() - started
        first, *steady = [_timed(guard, ids[:, :shown], model) for shown in range(prompt, ids.shape[1] + 1)]
    except (WorkbookError, ValueError, RuntimeError, TypeError):
        return
    times.compiling.append(compiling)
    times.first.append(first)
    times.steady.extend(steady)


def _timed(guard: Any, ids: torch.Tensor, model: TransformersModel) -> float:
    import torch

    logits = torch.zeros(1, model.logit_width, device=model.device)
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    guard(ids, logits)
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _row(model: TransformersModel, engine: str, maker: str, times: Times, count: int) -> dict[str, Any]:
    import numpy as np

    return {
        "model": model.name,
        "vocabulary": model.logit_width,
        "engine": engine,
        "strategy": "mask only",
        "processor": maker,
        "batch": 1,
        "n": len(times.compiling),
        "refused": count - len(times.compiling),
        **microseconds(times.steady),
        "compile_ms": 1000 * float(np.median(times.compiling)) if times.compiling else None,
        "once_ms": 1000 * times.once if times.once is not None else None,
        "first_call_ms": 1000 * float(np.median(times.first)) if times.first else None,
        **dict.fromkeys(("seconds_per_call", "ratio_to_free", "forced_share", "right")),
    }
