"""The benchmark of retrieval on small sizes: its rows, what it says of its vectors, and the exact search beside it."""

from __future__ import annotations

import numpy as np
import pytest
from retrieval_toys import ToyEncoder, filled, operation

from workbook.lab import bench_retrieval as bench
from workbook.tools.retrieval import Bm25, Dense


@pytest.fixture(scope="module")
def document():
    """Two retrievers of the five: each starts a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "retrievers", lambda registry: [Bm25(registry), Dense(registry)])
        return bench.bench_retrieval([30], 12, ToyEncoder)


def test_a_row_for_each_retriever(document):
    assert document["bench"] == "retrieval"
    assert [row["retriever"] for row in document["rows"]] == ["bm25", "dense"]
    assert {"lancedb", "sentence-transformers"} <= set(document["versions"])
    for row in document["rows"]:
        assert (row["operations"], row["queries"], row["vectors"], row["index"]) == (30, 12, "encoded", "none")
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert min(row["cold_ms"], row["import_s"], row["build_s"]) > 0
        assert 20 < row["memory_mib"] < 3000


def test_without_an_index_nothing_is_lost(document):
    lost = {row["retriever"]: row["index_recall@5"] for row in document["rows"]}
    assert lost == {"dense": 1.0, "bm25": None}


def test_queries_in_other_words_find_most(document):
    (words,) = [row for row in document["rows"] if row["retriever"] == "bm25"]
    assert words["recall@5"] > 0.5


def test_vectors_beyond_the_encoded_are_said_to_be_moved(monkeypatch):
    monkeypatch.setattr(bench, "ENCODED", 3)
    moved = bench.Moved(ToyEncoder())
    vectors = moved.encode(["a", "b", "c", "d", "e"])
    assert (vectors[:3] == ToyEncoder().encode(["a", "b", "c"])).all()
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert ((vectors[3:] @ vectors[:3].T).max(axis=1) > 0.8).all()
    assert (vectors[3] != vectors[4]).any()
    served = bench.Served("dense", [["a"]], 1.0, [1.0], 1.0)
    row = bench._measured(4, served, [bench.Asked("a", "a")], [{"a", "b"}])
    assert row["vectors"] == "3 encoded, the others moved at random"
    assert row["recall@5"] is None, "by meaning, where most vectors mean nothing"
    assert row["index_recall@5"] == 0.5


def test_the_exact_five_are_those_of_comparing_all(tmp_path):
    registry = filled(tmp_path, *(operation(f"op_{n}", f"word{n} word{n % 3}") for n in range(40)))
    queries = ["word1 op", "word7", "op 3"]
    exact = bench._exact(registry, registry.encoder.encode(queries))
    scores = registry.encoder.encode(queries) @ np.array(registry.table.to_arrow()["vector"].to_pylist()).T
    for ids, own, hits in zip(exact, scores, Dense(registry).search(queries, 5), strict=True):
        assert len(ids) == 5
        assert sorted(hit.score for hit in hits) == pytest.approx(sorted(own)[-5:], abs=1e-4)


def test_an_index_takes_over_beyond_a_size(tmp_path, monkeypatch):
    from workbook.tools import registry as registry_module

    monkeypatch.setattr(registry_module, "EXACT_UP_TO", 500)
    registry = filled(tmp_path, *(operation(f"op_{n}", f"word{n}", ["p"] if n % 2 else []) for n in range(600)))
    assert {column for index in registry.table.list_indices() for column in index.columns} == {
        "text", "permissions", "vector",
    }  # fmt: skip
    free, all_of_them = (Dense(registry).search(["op 7. word7"], 3, held)[0] for held in ((), ["p"]))
    assert all_of_them[0].name == "op_7"
    assert len(free) == 3
    assert not {int(hit.name[3:]) % 2 for hit in free} - {0}


def test_operations_and_queries_are_distinct():
    made = list(bench.specs(200))
    assert len({(spec.verb.name, spec.thing) for spec in made}) == 200
    questions = bench.asked([(spec, str(n)) for n, spec in enumerate(made)], 300)
    assert len({one.text for one in questions}) == 300
