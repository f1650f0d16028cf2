"""Scoring retrievers: each metric by hand, then whole sets with a small encoder."""

from __future__ import annotations

import json
import math

import pytest
from retrieval_toys import ToyEncoder, filled, operation

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.core.stats import wilson
from workbook.lab.retrieval import BEST, Remembered, evaluate_retrieval, retrievers, scores
from workbook.suites.tool_queries import QuerySet, ToolQuery
from workbook.tools.decomposition import best_retriever

NAMES = ("recall@1", "recall@5", "recall@10", "ndcg@10", "all_found@5")
DISCOUNTS = [1 / math.log2(place + 1) for place in range(1, 11)]


@pytest.mark.parametrize(("needed", "found", "wanted"), [
    ("a", "abc", [1, 1, 1, 1, 1]),
    ("a", "bcdea", [0, 1, 1, DISCOUNTS[4], 1]),
    ("a", "bcdefa", [0, 0, 1, DISCOUNTS[5], 0]),
    ("a", "bcdefghijka", [0, 0, 0, 0, 0]),
    ("a", "", [0, 0, 0, 0, 0]),
    ("ab", "ab", [0.5, 1, 1, 1, 1]),
    ("ab", "bxxxxa", [0.5, 0.5, 1, (1 + DISCOUNTS[5]) / (1 + DISCOUNTS[1]), 0]),
])  # fmt: skip
def test_the_metrics_of_a_query(needed, found, wanted):
    assert list(scores(tuple(needed), list(found)).values()) == pytest.approx(wanted)
    assert tuple(scores(tuple(needed), list(found))) == NAMES


def made():
    words = ("rain", "money", "train", "music", "paper", "sugar", "light", "water")
    tools = tuple(Tool(f"{word}_tool", f"All about {word}.") for word in words)
    queries = [ToolQuery(word, f"tell me of {word} today", (f"{word}_tool",)) for word in words]
    queries.append(ToolQuery("two", "rain today, and then find music", ("rain_tool", "music_tool")))
    queries.append(ToolQuery("lost", "zebra", ("sugar_tool",)))
    return QuerySet("made", tools, tuple(queries), ("x: strange",))


@pytest.fixture(scope="module")
def document():
    return evaluate_retrieval([made()], ToyEncoder(), suite="retrieval made")


def test_the_document_keeps_its_contract(document):
    assert set(json.loads(json.dumps(document))) >= {"suite", "model", "decoding", "n", "seconds", "metrics"}
    arms = ("bm25", "dense", "hybrid", "blended", "decomposed")
    assert set(document["metrics"]) == {*NAMES, *(f"{arm}.{name}" for arm in arms for name in NAMES)}
    for metric in document["metrics"].values():
        assert set(metric) == {"estimate", "low", "high", "n"}
        assert metric["low"] <= metric["estimate"] <= metric["high"]
        assert metric["n"] == 10
    assert all(document["metrics"][name] == document["metrics"][f"{BEST}.{name}"] for name in NAMES)


def test_the_numbers_are_those_of_the_pool(document):
    """Every word is found but for the query that shares none; its tool is found by chance at most."""
    metrics = {name: metric["estimate"] for name, metric in document["metrics"].items()}
    assert metrics["bm25.recall@5"] == 0.9
    assert metrics["bm25.recall@1"] == 0.85
    assert metrics["decomposed.all_found@5"] >= 0.9


def test_times_rows_and_the_threshold_are_told(document):
    assert set(document["seconds_per_query"]) == {"bm25", "dense", "hybrid", "blended", "decomposed"}
    assert all(0 < time["p50"] <= time["p99"] for time in document["seconds_per_query"].values())
    assert document["sets"] == [{"name": "made", "tools": 8, "queries": 10, "left_out": 1, "why": ["x: strange"]}]
    assert document["none_fits"]["keeps"]["n"] == 5
    assert document["several_needed"]["decomposed"] == wilson(1, 1).to_dict()


def test_several_sets_are_pooled_by_query():
    small = QuerySet("small", (Tool("a"), Tool("b")), (ToolQuery("1", "a", ("a",)),))
    document = evaluate_retrieval([made(), small], ToyEncoder())
    assert (document["n"], len(document["sets"])) == (11, 2)
    assert evaluate_retrieval([small], ToyEncoder())["several_needed"]["bm25"] is None


def test_a_judge_reranks_what_the_best_found():
    def shortest(query, texts):
        return [-len(text) for text in texts]

    small = QuerySet(
        "small", (Tool("a", "rain"), Tool("b", "rain and snow")), (ToolQuery("1", "rain and snow", ("b",)),)
    )
    metrics = evaluate_retrieval([small], ToyEncoder(), judge=shortest)["metrics"]
    assert metrics["decomposed.recall@1"]["estimate"] == 1
    assert metrics["reranked.recall@1"]["estimate"] == 0
    assert metrics["reranked.recall@5"]["estimate"] == 1
    assert metrics["recall@1"] == metrics["decomposed.recall@1"]


def test_nothing_to_score_is_an_error():
    with pytest.raises(WorkbookError, match="no query"):
        evaluate_retrieval([QuerySet("empty", (Tool("a"),), ())], ToyEncoder())


def test_a_part_is_asked_once(tmp_path):
    toy = ToyEncoder()
    registry = filled(tmp_path, operation("rain"), operation("music"))
    registry.encoder = toy
    arms = retrievers(registry, Remembered)
    wanted = [arm.search(["rain", "music", "rain"], 2) for arm in retrievers(registry)]
    toy.seen.clear()
    assert [arm.search(["rain", "music", "rain"], 2) for arm in arms] == wanted
    assert toy.seen == ["rain", "music"]


def test_the_best_of_the_comparison_is_the_one_that_is_used(tmp_path):
    registry = filled(tmp_path, operation("rain_today"), operation("play_music"), operation("stop"))
    used, compared = best_retriever(registry), retrievers(registry)[-1]
    query = ["does it rain today, and then play music"]
    assert (used.name, used.search(query)) == (BEST, compared.search(query))
