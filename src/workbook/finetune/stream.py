"""From makers to packed batches: mixtures, curriculum, encoding, packing, and worker processes.

Examples that share their tools are packed as a tree: the tools once, then each conversation as a branch that sees
the tools and itself. That is the same as training on each apart, with less than half of the tokens. Trees are packed
whole, several to a row; short and long ones go to rows of different lengths. The stream is deterministic for a seed
and a number of workers.
"""

from __future__ import annotations

import multiprocessing as mp
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.finetune import conversations, general
from workbook.finetune.checks import Funnel, evaluation_fingerprints
from workbook.finetune.conversations import Example
from workbook.finetune.plain_tools import plain_spec
from workbook.finetune.tokenizer import CALL, CONTEXT, END, PAD, START, load_tokenizer
from workbook.finetune.toolmaker import make_spec
from workbook.finetune.words import Split

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerFast

Make = Callable[[Random, float], list[Example]]

PROMPT_WEIGHT = 0.02  # a little loss on what is read: it teaches copying, not the schemas
# On the first word of a call, and on all words of an answer in words: they are few, and they decide between calling,
# asking (for what?) and declining.
DECISION_WEIGHT = 5.0
# Close to each other: most trees stand alone in their row, and what is left of it is wasted.
ROW_LENGTHS = (512, 768, 1024, 1280, 1536, 2048, CONTEXT)
GENERAL_SHARE = 0.45  # of the draws of the tools stage; one example each, beside families of four to nine
PLAIN_SHARE = 0.4  # of the families

# (tools at most, share) at the start of training and at its end
COUNTS_EARLY = ((1, 0.60), (2, 0.30), (4, 0.10), (8, 0.0), (16, 0.0), (90, 0.0))
COUNTS_LATE = ((1, 0.16), (2, 0.20), (4, 0.44), (8, 0.13), (16, 0.066), (90, 0.004))


class Batch(NamedTuple):
    """Arrays of shape (rows, row length): token ids, the weight of each as a target, and what it sees.

    A token sees what came before it in its own document: in branch 0, the part that all share, and in its own branch.
    """

    ids: np.ndarray
    weights: np.ndarray
    documents: np.ndarray
    branches: np.ndarray
    positions: np.ndarray


def _count(rng: Random, progress: float) -> int:
    """How many tools an example has: few at first, up to a full context later."""
    mix = min(1.0, progress / 0.3)
    weights = [(1 - mix) * a[1] + mix * b[1] for a, b in zip(COUNTS_EARLY, COUNTS_LATE, strict=True)]
    top = rng.choices([c for c, _ in COUNTS_LATE], weights)[0]
    low = {1: 1, 2: 2, 4: 3, 8: 5, 16: 9, 90: 50}[top]
    return rng.randint(low, top)


def make_base(rng: Random, progress: float, split: Split = "train") -> list[Example]:
    """One example of the general stage, which is the same at every ``progress``."""
    return [general.make(rng, split)]


def make_tools(
    rng: Random, progress: float, split: Split = "train", mix: Mapping[str, float] = conversations.MIX
) -> list[Example]:
    """A family of examples of the tools stage, or one without tools."""
    if rng.random() < GENERAL_SHARE:
        return [general.make(rng, split)]
    maker = plain_spec if rng.random() < PLAIN_SHARE else make_spec
    return conversations.family(rng, split, _count(rng, progress), mix, maker)


def make_guessing(rng: Random, progress: float, split: Split = "train") -> list[Example]:
    """The same, except that the assistant never asks for what is missing."""
    return make_tools(rng, progress, split, conversations.WITHOUT_ASKS)


# "asking" and "guessing" are twins: one base, one budget, one mixture but for the questions
STAGES: Mapping[str, Make] = {
    "base": make_base,
    "tools": make_tools,
    "asking": make_tools,
    "guessing": make_guessing,
}


def render(example: Example, tokenizer: PreTrainedTokenizerFast, prompt_only: bool = False) -> str:
    """The conversation as text, through the chat template; ``prompt_only`` leaves out the last turn."""
    messages = [m.to_dict() for m in (example.messages[:-1] if prompt_only else example.messages)]
    tools = [tool.to_dict() for tool in example.tools] or None
    text = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=prompt_only)
    return str(text)


def encode(example: Example, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[float]]:
    """Token ids and loss weights: 1 on the assistant's calls, more on its decisions and words, little on the rest.

    Of a repair only the last turn is learned: the first call is wrong on purpose.
    """
    ids: list[int] = tokenizer.backend_tokenizer.encode(render(example, tokenizer), add_special_tokens=False).ids
    weights = [PROMPT_WEIGHT] * len(ids)
    call = tokenizer.get_vocab()[CALL]
    spans = _assistant_spans(ids, tokenizer)
    for first, last in spans[-1:] if example.kind == "repair" else spans:
        rest = 1.0 if ids[first] == call else DECISION_WEIGHT
        weights[first : last + 1] = [DECISION_WEIGHT] + [rest] * (last - first)
    return ids, weights


@dataclass(frozen=True)
class Tree:
    """A document: what its examples share (branch 0), then the rest of each as a branch of its own."""

    ids: list[int]
    weights: list[float]
    branches: list[int]
    positions: list[int]


def plant(examples: list[Example], tokenizer: PreTrainedTokenizerFast) -> Tree:
    """Encode examples with the same tools as one tree; what does not fit into the context is left out."""
    encoded = [encode(example, tokenizer) for example in examples]
    columns = zip(*(ids for ids, _ in encoded), strict=False)
    shared = len(list(takewhile(lambda column: len(set(column)) == 1, columns)))
    if len(encoded) == 1:
        ids, weights = encoded[0]
        return Tree(ids, weights, [0] * len(ids), list(range(len(ids))))
    ids, weights = encoded[0]
    tree = Tree(ids[:shared], weights[:shared], [0] * shared, list(range(shared)))
    for branch, (ids, weights) in enumerate(encoded, start=1):
        own = len(ids) - shared
        if len(tree.ids) + own > CONTEXT:
            continue
        tree.ids.extend(ids[shared:])
        # The first token of a branch follows another branch in the row: nothing that it could be predicted from.
        tree.weights.extend([0.0, *weights[shared + 1 :]])
        tree.branches.extend([branch] * own)
        tree.positions.extend(range(shared, len(ids)))
    return tree


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
    """Collects trees into batches of ``batch_tokens`` tokens, one row length at a time."""

    def __init__(self, batch_tokens: int, pad: int) -> None:
        self._pad = pad
        self._rows: dict[int, list[list[Tree]]] = {n: [] for n in ROW_LENGTHS}
        self._capacity = {n: max(1, batch_tokens // n) for n in ROW_LENGTHS}

    def add(self, tree: Tree) -> Batch | None:
        """Place one tree; gives a full batch when there is no room for it any more."""
        length = next((n for n in ROW_LENGTHS if len(tree.ids) <= n), None)
        if length is None:
            return None
        rows = self._rows[length]
        row = next((r for r in rows if sum(len(t.ids) for t in r) + len(tree.ids) <= length), None)
        if row is not None:
            row.append(tree)
            return None
        full = len(rows) == self._capacity[length]
        batch = self._emit(length) if full else None
        self._rows[length].append([tree])
        return batch

    def _emit(self, length: int) -> Batch:
        import numpy as np

        rows, self._rows[length] = self._rows[length], []
        shape = (len(rows), length)
        ids = np.full(shape, self._pad, dtype=np.int32)
        weights = np.zeros(shape, dtype=np.float32)
        documents, branches, positions = (np.zeros(shape, dtype=np.int32) for _ in range(3))
        for i, row in enumerate(rows):
            start = 0
            for document, tree in enumerate(row, start=1):
                span = slice(start, start + len(tree.ids))
                ids[i, span], weights[i, span] = tree.ids, tree.weights
                documents[i, span], branches[i, span], positions[i, span] = document, tree.branches, tree.positions
                start = span.stop
        return Batch(ids, weights, documents, branches, positions)


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
    """The endless stream of one worker, ``batch_tokens`` tokens a batch; the same for the same configuration."""
    tokenizer = load_tokenizer(config.tokenizer)
    packer = Packer(config.batch_tokens, tokenizer.get_vocab()[PAD])
    rng = Random(f"{config.seed}/{config.stage}/{config.start_tokens}/{config.worker}")
    make, made = STAGES[config.stage], 0
    while True:
        progress = min(1.0, (config.start_tokens + made * config.workers) / config.tokens)
        kept = [example for example in make(rng, progress) if funnel.keep(example)]
        batch = packer.add(plant(kept, tokenizer)) if kept else None
        if batch is not None:
            made += batch.ids.size
            yield batch


def _work(config: StreamConfig, queue: Any) -> None:
    funnel = Funnel(evaluation_fingerprints(config.tasks))
    for batch in batches(config, funnel):
        queue.put((batch, dict(funnel.counts)))


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
                batch, self._latest[i] = queue.get(timeout=600)
                yield batch

    def close(self) -> None:
        """End the worker processes."""
        for process in self._processes:
            process.terminate()
            process.join()
