"""From makers to packed batches: mixtures, curriculum, encoding, packing, and worker processes.

A batch is a pair of arrays of shape (rows, row length): token ids, and the weight of each token as a
target. Examples are packed whole, several to a row; short and long ones go to rows of different
lengths. The stream is deterministic for a seed and a number of workers.
"""

from __future__ import annotations

import multiprocessing as mp
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.finetune import conversations, general
from workbook.finetune.checks import Funnel, evaluation_fingerprints
from workbook.finetune.conversations import Example
from workbook.finetune.tokenizer import CONTEXT, END, PAD, START, load_tokenizer
from workbook.finetune.words import Split

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerFast

    Batch = tuple[np.ndarray, np.ndarray]

Make = Callable[[Random, float], Example]

PROMPT_WEIGHT = 0.02  # a little loss on what is read: it teaches copying, not the schemas
ROW_LENGTHS = (512, 1024, CONTEXT)

# kind: share of the examples of the tools stage; "general" has no tools in sight
TOOL_MIX: Mapping[str, float] = {
    "call": 0.40,
    "parallel": 0.05,
    "ask": 0.17,
    "decline": 0.11,
    "chat": 0.05,
    "answer": 0.05,
    "repair": 0.05,
    "general": 0.12,
}
# (tools at most, share) at the start of training and at its end
COUNTS_EARLY = ((1, 0.60), (2, 0.30), (4, 0.10), (8, 0.0), (16, 0.0), (90, 0.0))
COUNTS_LATE = ((1, 0.14), (2, 0.16), (4, 0.48), (8, 0.15), (16, 0.068), (90, 0.002))


def _count(rng: Random, progress: float) -> int:
    """How many tools an example has: few at first, up to a full context later."""
    mix = min(1.0, progress / 0.4)
    weights = [(1 - mix) * a[1] + mix * b[1] for a, b in zip(COUNTS_EARLY, COUNTS_LATE, strict=True)]
    top = rng.choices([c for c, _ in COUNTS_LATE], weights)[0]
    low = {1: 1, 2: 2, 4: 3, 8: 5, 16: 9, 90: 50}[top]
    return rng.randint(low, top)


def make_base(rng: Random, progress: float, split: Split = "train") -> Example:
    """An example of the general stage."""
    return general.make(rng, split)


def make_tools(rng: Random, progress: float, split: Split = "train") -> Example:
    """An example of the tools stage."""
    kind = rng.choices(list(TOOL_MIX), list(TOOL_MIX.values()))[0]
    if kind == "general":
        return general.make(rng, split)
    return conversations.MAKERS[kind](rng, split, _count(rng, progress))


STAGES: Mapping[str, Make] = {"base": make_base, "tools": make_tools}


def render(example: Example, tokenizer: PreTrainedTokenizerFast, prompt_only: bool = False) -> str:
    """The conversation as text, through the chat template; ``prompt_only`` leaves out the last turn."""
    messages = [m.to_dict() for m in (example.messages[:-1] if prompt_only else example.messages)]
    tools = [tool.to_dict() for tool in example.tools] or None
    text = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=prompt_only)
    return str(text)


def encode(example: Example, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[float]]:
    """Token ids and loss weights: 1 on the assistant's words, little on the rest.

    Of a repair only the last turn is learned: the first call is wrong on purpose.
    """
    ids: list[int] = tokenizer.backend_tokenizer.encode(render(example, tokenizer), add_special_tokens=False).ids
    weights = [PROMPT_WEIGHT] * len(ids)
    spans = _assistant_spans(ids, tokenizer)
    for first, last in spans[-1:] if example.kind == "repair" else spans:
        weights[first : last + 1] = [1.0] * (last + 1 - first)
    return ids, weights


def _assistant_spans(ids: list[int], tokenizer: PreTrainedTokenizerFast) -> list[tuple[int, int]]:
    """First and last position of each assistant turn, its end marker included."""
    vocabulary = tokenizer.get_vocab()
    start, end = vocabulary[START], vocabulary[END]
    header = tokenizer.backend_tokenizer.encode("assistant\n", add_special_tokens=False).ids
    spans = []
    for i, token in enumerate(ids):
        begin = i + 1 + len(header)
        if token == start and ids[i + 1 : begin] == header:
            spans.append((begin, ids.index(end, begin)))
    return spans


class Packer:
    """Collects encoded examples into batches of ``batch_tokens`` tokens, one row length at a time."""

    def __init__(self, batch_tokens: int, pad: int) -> None:
        self._pad = pad
        self._rows: dict[int, list[tuple[list[int], list[float]]]] = {n: [] for n in ROW_LENGTHS}
        self._capacity = {n: max(1, batch_tokens // n) for n in ROW_LENGTHS}

    def add(self, ids: list[int], weights: list[float]) -> Batch | None:
        """Place one example; gives a full batch when there is no room for it any more."""
        length = next((n for n in ROW_LENGTHS if len(ids) <= n), None)
        if length is None:
            return None
        rows = self._rows[length]
        row = next((r for r in rows if len(r[0]) + len(ids) <= length), None)
        if row is not None:
            row[0].extend(ids)
            row[1].extend(weights)
            return None
        full = len(rows) == self._capacity[length]
        batch = self._emit(length) if full else None
        self._rows[length].append((list(ids), list(weights)))
        return batch

    def _emit(self, length: int) -> Batch:
        import numpy as np

        rows, self._rows[length] = self._rows[length], []
        ids = np.full((len(rows), length), self._pad, dtype=np.int32)
        weights = np.zeros((len(rows), length), dtype=np.float32)
        for i, (row_ids, row_weights) in enumerate(rows):
            ids[i, : len(row_ids)] = row_ids
            weights[i, : len(row_weights)] = row_weights
        return ids, weights


@dataclass(frozen=True)
class StreamConfig:
    """Where a stream starts and what it feeds; ``tokens`` is the length of the whole stage."""

    stage: str
    tokenizer: Path
    tasks: Path
    seed: int
    tokens: int
    batch_tokens: int
    start_tokens: int = 0
    workers: int = 1
    worker: int = 0


def batches(config: StreamConfig, funnel: Funnel) -> Iterator[Batch]:
    """The endless stream of one worker."""
    tokenizer = load_tokenizer(config.tokenizer)
    packer = Packer(config.batch_tokens, tokenizer.get_vocab()[PAD])
    rng = Random(f"{config.seed}/{config.stage}/{config.start_tokens}/{config.worker}")
    make, made = STAGES[config.stage], 0
    while True:
        progress = min(1.0, (config.start_tokens + made * config.workers) / config.tokens)
        example = make(rng, progress)
        if not funnel.keep(example):
            continue
        batch = packer.add(*encode(example, tokenizer))
        if batch is not None:
            made += batch[0].size
            yield batch


def _work(config: StreamConfig, queue: Any) -> None:
    funnel = Funnel(evaluation_fingerprints(config.tasks))
    for batch in batches(config, funnel):
        queue.put((*batch, dict(funnel.counts)))


class Stream:
    """Batches from ``config.workers`` processes, taken in turn; ``counts`` is the funnel so far."""

    def __init__(self, config: StreamConfig) -> None:
        context = mp.get_context("spawn")
        self._queues = [context.Queue(maxsize=32) for _ in range(config.workers)]
        self._latest: list[dict[str, int]] = [{} for _ in self._queues]
        self._processes = [
            context.Process(target=_work, args=(replace(config, worker=i), q), daemon=True)
            for i, q in enumerate(self._queues)
        ]
        for process in self._processes:
            process.start()

    @property
    def counts(self) -> Counter[str]:
        """Examples kept and rejected by cause, over all workers."""
        return sum((Counter(latest) for latest in self._latest), Counter())

    def __iter__(self) -> Iterator[Batch]:
        while True:
            for i, queue in enumerate(self._queues):
                ids, weights, self._latest[i] = queue.get(timeout=600)
                yield ids, weights

    def close(self) -> None:
        """End the worker processes."""
        for process in self._processes:
            process.terminate()
            process.join()
