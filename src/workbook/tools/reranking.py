"""Reranking: a slower judge reads the request and each of the first hits together, and puts these in its own order.

It cannot find what the retriever before it did not. Covers the wrapper and cross-encoders through sentence-transformers
(Nogueira and Cho 2019, arXiv 1901.04085). None is shipped: any folder or hub id that holds one will do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from workbook.core.errors import WorkbookError
from workbook.tools.operations import text_of
from workbook.tools.registry import Registry
from workbook.tools.retrieval import DEPTH, Hit, Retriever

Judge = Callable[[str, Sequence[str]], Sequence[float]]
"""How well each text fits the request; higher is better, the scale is the judge's own."""
TOKENS = 256
"""Tokens of a request and a text together that are read."""


class Reranked:
    """The first hits of a retriever in the order of a judge; the permission filter is the retriever's."""

    def __init__(self, retriever: Retriever, registry: Registry, judge: Judge, name: str = "reranked") -> None:
        self._retriever, self._registry, self._judge, self.name = retriever, registry, judge, name

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The best ``k`` of the first 50, or of the first ``k`` where that is more; the score is the judge's."""
        found = self._retriever.search(queries, max(k, DEPTH), permissions)
        return [self._judged(query, hits)[:k] for query, hits in zip(queries, found, strict=True)]

    def _judged(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        if not hits:
            return []
        texts = [text_of(operation.tool) for operation in self._registry.get([hit.id for hit in hits])]
        scores = self._judge(query, texts)
        judged = [Hit(hit.id, hit.name, float(score)) for hit, score in zip(hits, scores, strict=True)]
        return sorted(judged, key=lambda hit: (-hit.score, hit.id))


def cross_encoder(model: str) -> Judge:
    """A judge by folder or hub id, safetensors only; raises :class:`WorkbookError` where none can be loaded."""
    from sentence_transformers import CrossEncoder

    try:
        loaded = CrossEncoder(model, device="cpu", max_length=TOKENS, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError, KeyError) as error:
        remedy = "Give a folder, or a hub id with network, that holds a sequence classifier as safetensors."
        raise WorkbookError(f"{model} is no cross-encoder: {str(error).splitlines()[0][:160]}", remedy) from error
    if loaded.num_labels != 1:
        raise WorkbookError(f"{model} gives {loaded.num_labels} scores a pair, and a reranker one", "Give another.")

    def judge(query: str, texts: Sequence[str]) -> list[float]:
        scores = loaded.predict([(query, text) for text in texts], show_progress_bar=False)
        return [float(score) for score in scores]

    return judge
