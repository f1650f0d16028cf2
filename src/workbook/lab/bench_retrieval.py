"""``workbook bench retrieval``: what a search costs and what an index loses, up to half a million operations.

Every size is a registry of made-up operations, written and indexed as an import does. It is then searched in a process
of its own that holds nothing else, so that its memory is what a server would need: Python, torch and the encoder
included. The first 5,000 texts are encoded; the vectors beyond are those moved at random, which the row says, and
which is why recall by meaning is not given there. Leaves out real requests (``lab.retrieval``).

Timings are of the machine they are made on: ``hardware`` says which, and nothing else may run beside them.
"""

from __future__ import annotations

import itertools
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.core.environment import hardware, versions
from workbook.finetune.toolmaker import Spec, make_spec
from workbook.lab.retrieval import retrievers
from workbook.tools.embedding import Encoder, MiniLm
from workbook.tools.operations import Operation
from workbook.tools.registry import BITS, EXACT_UP_TO, Registry

if TYPE_CHECKING:
    from workbook.tools.embedding import Vectors

SIZES = (100, 500, 5_000, 50_000, 500_000)
ENCODED = 5_000
"""Texts whose vectors are the encoder's own."""
QUERIES = 1_000
A_DOCUMENT = 1_000
"""Operations that are written at once."""
MOVED = 0.035
"""Standard deviation of what is added to each of a vector's numbers; the cosine to the original is then about 0.83."""
OPENERS = ("{}.", "Could you {}?", "Please {}.", "I want to {}.", "I need you to {}, thanks.", "{} for a customer")
BY_WORDS, BY_MEANING = "bm25", "dense"


@dataclass(frozen=True)
class Asked:
    """A query, and the id of the operation that it was made from."""

    text: str
    id: str


@dataclass(frozen=True)
class Served:
    """What one retriever did in a process of its own: ids found for each query, milliseconds, and peak memory."""

    name: str
    found: list[list[str]]
    cold_ms: float
    warm_ms: list[float]
    memory_mib: float


def bench_retrieval(
    sizes: Sequence[int] = SIZES,
    queries: int = QUERIES,
    make_encoder: Callable[[], Encoder] = MiniLm,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """The document of the command: ``{"bench", "hardware", "versions", "rows"}``, one row a size and retriever.

    ``make_encoder`` is called in other processes too, so it has a name at the top of a module.
    """
    rows: list[dict[str, Any]] = []
    for size in sizes:
        progress(f"{size:,} operations: writing")
        rows += _rows_of(size, queries, make_encoder, progress)
    return {"bench": "retrieval", "hardware": hardware(), "versions": versions(), "rows": rows}


class Moved:
    """An encoder of which only the first texts are encoded; the others get one of those vectors, moved at random."""

    def __init__(self, encoder: Encoder, seed: int = 0) -> None:
        import numpy as np

        self._encoder, self.name, self.dimensions = encoder, encoder.name, encoder.dimensions
        self._known = np.zeros((0, encoder.dimensions), np.float32)
        self._chance = np.random.default_rng(seed)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        import numpy as np

        own = self._encoder.encode(texts[: max(0, ENCODED - len(self._known))])
        self._known = np.concatenate([self._known, own])
        count = len(texts) - len(own)
        near = self._known[self._chance.integers(0, len(self._known), count)].astype(float)
        near += self._chance.normal(0, MOVED, near.shape)
        return np.concatenate([own, near / np.linalg.norm(near, axis=1, keepdims=True)]).astype(np.float32)


def serve(uri: str, make_encoder: Callable[[], Encoder], name: str, queries: Sequence[str]) -> Served:
    """Ask one retriever one query after the other; the first is the cold one, which opens the table."""
    encoder = make_encoder()
    encoder.encode(["warm up"])
    registry = Registry(uri, encoder)
    (retriever,) = (one for one in retrievers(registry) if one.name == name)
    found, milliseconds = [], []
    for query in [queries[0], *queries]:
        start = time.perf_counter()
        (hits,) = retriever.search([query], 5)
        milliseconds.append(1000 * (time.perf_counter() - start))
        found.append([hit.id for hit in hits])
    return Served(name, found[1:], milliseconds[0], milliseconds[1:], _peak_mib())


def _peak_mib() -> float:
    """The most memory that this process has had; the kernel's own count begins with that of whoever started it."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def specs(count: int, seed: int = 0) -> Iterator[Spec]:
    """That many made-up operations, no two of the same action on the same thing."""
    chance = Random(seed)
    seen: set[tuple[str, str]] = set()
    while len(seen) < count:
        spec = make_spec(chance, "held_out")
        key = (spec.verb.name, spec.thing)
        if key not in seen:
            seen.add(key)
            yield spec


def asked(made: Sequence[tuple[Spec, str]], count: int, seed: int = 1) -> list[Asked]:
    """Distinct queries in the words that people use for an action, each for one of these operations."""
    chance = Random(seed)
    texts: dict[str, str] = {}
    for spec, id in itertools.islice(itertools.cycle(made), 100 * count):
        way = chance.choice(spec.verb.ways).format(n=spec.noun)
        texts.setdefault(chance.choice(OPENERS).format(way), id)
        if len(texts) == count:
            break
    return [Asked(text, id) for text, id in texts.items()]


def _rows_of(
    size: int, queries: int, make_encoder: Callable[[], Encoder], progress: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        encoder = make_encoder()
        encoder.encode(["warm up"])  # loading the model is no part of an import
        registry = Registry(folder, Moved(encoder))
        sample, seconds = _written(registry, size, max(1, size // queries))
        start = time.perf_counter()
        registry.index()
        costs = {"import_s": seconds, "build_s": time.perf_counter() - start}
        questions = asked(sample, queries)
        texts = [one.text for one in questions]
        exact = _exact(registry, encoder.encode(texts))
        for name in [one.name for one in retrievers(registry)]:
            progress(f"{size:,} operations: {name}")
            served = _apart(folder, make_encoder, name, texts)
            yield {"operations": size, "retriever": name, **_measured(size, served, questions, exact), **costs}


def _written(registry: Registry, size: int, every: int) -> tuple[list[tuple[Spec, str]], float]:
    """Write that many operations; gives each ``every``-th with its id, to ask for, and the seconds of writing."""
    sample: list[tuple[Spec, str]] = []
    pending, seconds = specs(size), 0.0
    for number in range(0, size, A_DOCUMENT):
        source = f"document-{number // A_DOCUMENT}"
        batch = list(itertools.islice(pending, A_DOCUMENT))
        operations = [Operation(spec.tool, source) for spec in batch]
        # Two actions on a thing may share a name; within a document the first keeps it.
        named = {
            operation.id: (spec, operation) for spec, operation in reversed([*zip(batch, operations, strict=True)])
        }
        start = time.perf_counter()
        registry.put(source, [operation for _, operation in named.values()])
        seconds += time.perf_counter() - start
        sample += [(spec, id) for id, (spec, _) in list(named.items())[::every]]
    return sample, seconds


def _apart(uri: str, make_encoder: Callable[[], Encoder], name: str, queries: Sequence[str]) -> Served:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(serve, uri, make_encoder, name, queries).result()


def _exact(registry: Registry, queries: Vectors) -> list[set[str]]:
    """The ids of the five nearest rows of each query, every row compared."""
    import numpy as np

    best = np.full((len(queries), 5), -np.inf, np.float32)
    ids = np.full((len(queries), 5), "", object)
    for batch in registry.table.search().select(["id", "vector"]).limit(None).to_batches(8192):
        vectors = batch["vector"].flatten().to_numpy().reshape(-1, registry.encoder.dimensions)
        scores = np.concatenate([best, queries @ vectors.T], axis=1)
        named = np.concatenate([ids, np.tile(np.array(batch["id"].to_pylist(), object), (len(queries), 1))], axis=1)
        top = np.argpartition(-scores, 4, axis=1)[:, :5]
        best, ids = np.take_along_axis(scores, top, axis=1), np.take_along_axis(named, top, axis=1)
    return [set(row) - {""} for row in ids]


def _measured(size: int, served: Served, questions: Sequence[Asked], exact: Sequence[set[str]]) -> dict[str, Any]:
    import numpy as np

    right = [one.id in found for one, found in zip(questions, served.found, strict=True)]
    agree = [len(near & set(found)) / len(near) for near, found in zip(exact, served.found, strict=True)]
    p50, p99 = np.quantile(served.warm_ms, [0.5, 0.99])
    all_encoded = size <= ENCODED
    return {
        "queries": len(questions),
        "vectors": "encoded" if all_encoded else f"{ENCODED:,} encoded, the others moved at random",
        "recall@5": float(np.mean(right)) if all_encoded or served.name == BY_WORDS else None,
        "index": "none" if size <= EXACT_UP_TO else f"IVF, {BITS} bits a number",
        "index_recall@5": float(np.mean(agree)) if served.name == BY_MEANING else None,
        "cold_ms": served.cold_ms, "p50_ms": float(p50), "p99_ms": float(p99), "memory_mib": served.memory_mib,
    }  # fmt: skip
