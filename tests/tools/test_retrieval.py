"""Retrievers on a few operations: what they find, in which order, and what they must not show."""

from __future__ import annotations

import pytest
from retrieval_toys import filled, operation

from workbook.tools.decomposition import Decomposed, best_retriever, parts_of, woven
from workbook.tools.none_fits import Calibration, Choosy, calibrate, threshold_of
from workbook.tools.retrieval import Bm25, Dense, Fused, Hit, blend, blended, fuse, hybrid


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return filled(
        tmp_path_factory.mktemp("made"),
        operation("refund_order", "Gives a customer the money of an order back."),
        operation("list_orders", "Lists the orders of a customer."),
        operation("weather_today", "Says whether it rains."),
        operation("close_account", "Closes the account of a customer for ever.", ["account:close"]),
        operation("wipe_accounts", "Closes each account.", ["account:close", "admin"]),
    )


RETRIEVERS = {"bm25": Bm25, "dense": Dense, "hybrid": hybrid, "blended": blended, "decomposed": best_retriever}


@pytest.fixture(params=RETRIEVERS)
def retriever(request, registry):
    return RETRIEVERS[request.param](registry)


def names(hits):
    return [hit.name for hit in hits]


def test_the_right_one_comes_first(retriever):
    first, second = retriever.search(["does it rain? weather today", "refund the order"], 2)
    assert (names(first)[0], names(second)[0]) == ("weather_today", "refund_order")
    assert len(first) <= 2


def test_what_a_caller_may_not_use_is_not_there(retriever):
    asked = ["closes the account"]
    for held, shown in (
        ([], set()),
        (["other", "it's"], set()),
        (["admin"], set()),
        (["account:close"], {"close_account"}),
        (["admin", "account:close"], {"close_account", "wipe_accounts"}),
    ):
        (hits,) = retriever.search(asked, 5, held)
        assert {"close_account", "wipe_accounts"} & set(names(hits)) == shown


def test_the_filter_comes_before_the_ranking(retriever):
    """A tool out of reach takes no place: the first that may be used is found though only one is asked for."""
    (hits,) = retriever.search(["closes the account of a customer order"], 1)
    assert len(hits) == 1


@pytest.mark.parametrize("query", [
    "", "   ", "the", '"refund order"', "it's; DROP TABLE x --", "a AND (b OR", "-order +x:*", "返金", "x" * 5000,
])  # fmt: skip
def test_any_text_is_a_query(retriever, query):
    (hits,) = retriever.search([query], 3)
    assert len(hits) <= 3


def test_quotation_marks_do_not_make_a_phrase(registry):
    assert names(Bm25(registry).search(['"order, please refund it"'], 1)[0]) == ["refund_order"]


def test_no_query_has_no_answer(retriever):
    assert retriever.search([], 3) == []


def test_the_score_of_dense_search_is_the_cosine(registry):
    (hits,) = Dense(registry).search(["weather today. Says whether it rains."], 5)
    assert hits[0].score == pytest.approx(1, abs=1e-3)
    assert all(-1 <= hit.score <= 1 + 1e-6 for hit in hits)


def test_more_are_asked_for_than_there_are(registry):
    assert len(Dense(registry).search(["order"], 99)[0]) == 3


def hit(id, score=1.0):
    return Hit(id, id, score)


def test_fusion_counts_places_and_not_scores():
    first, second = [hit("a", 900), hit("b", 5), hit("c", 1)], [hit("b", 0.2), hit("c", 0.1)]
    fused = fuse([first, second])
    assert names(fused) == ["b", "c", "a"]
    assert [one.score for one in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 63 + 1 / 62, 1 / 61])
    assert names(fuse([[hit("z")], [hit("a")]])) == ["a", "z"], "equal sums stand in the order of their ids"
    assert fuse([[], []]) == []


def test_blending_tells_a_clear_winner_from_the_first_of_equals():
    words = [hit("a", 9.0), hit("b", 8.9), hit("c", 1.0)]
    meaning = [hit("b", 0.9), hit("c", 0.2), hit("a", 0.1)]
    assert names(blend([words, meaning])) == ["b", "a", "c"]
    assert names(fuse([words, meaning]))[0] == "b"
    clear = [hit("a", 9.0), hit("b", 1.1), hit("c", 1.0)]
    close = [hit("b", 0.50), hit("a", 0.49), hit("c", 0.1)]
    assert blend([clear, close])[0].score == pytest.approx((1 + 0.39 / 0.4) / 2)
    assert [one.score for one in blend([[hit("x", 3.0)], []])] == [0.5]
    assert blend([[], []]) == []


class Fixed:
    """A retriever with an answer for each text: this is all that a new one needs."""

    name = "fixed"

    def __init__(self, answers):
        self.answers = answers

    def search(self, queries, k=5, permissions=()):
        return [[hit(name, score) for name, score in self.answers.get(query, [])][:k] for query in queries]


def test_a_retriever_of_ones_own_joins_in():
    fused = Fused([Fixed({"q": [("a", 1), ("b", 1)]}), Fixed({"q": [("b", 1)]})])
    assert [names(hits) for hits in fused.search(["q", "other"], 1)] == [["b"], []]


@pytest.mark.parametrize(("query", "parts"), [
    ("What is the weather in Rome? Also, list my open orders.", ["What is the weather in Rome", "list my open orders"]),
    ("Refund order seven and then close the account", ["Refund order seven", "close the account"]),
    ("Book a table for two and find a good film", ["Book a table for two", "find a good film"]),
    ("Compare bread and butter prices", []),
    ("Refund order 7. Thanks!", []),
    ("I am in Rome this week. Can you say whether it rains?", []),
    ('"First, I\'d like to refund an order. Second, tell me the weather."',
     ["I'd like to refund an order", "tell me the weather"]),
    ("Refund the order", []),
    ("", []),
])  # fmt: skip
def test_a_request_falls_apart_at_its_joints(query, parts):
    assert parts_of(query) == parts


def test_each_part_gets_its_best_tool_a_place():
    whole = [hit(name) for name in "abcdef"]
    assert names(woven(whole, [[hit("x")], [hit("b")], [], [hit("y"), hit("z")]])) == list("abcxydef")
    assert names(woven([], [[hit("x")]])) == ["x"]


def test_both_tools_are_found_where_one_drowned():
    query = "Say whether it rains in Rome, and then refund the order of a customer"
    first, second = parts_of(query)
    crowd = [(f"other{n}", 1) for n in range(9)]
    fixed = Fixed({query: crowd, first: [("rain", 1)], second: [("refund", 1)]})
    (found,) = Decomposed(fixed).search([query], 5)
    assert {"rain", "refund"} <= set(names(found))
    assert names(found)[:2] == ["other0", "other1"]  # the whole's best keep their places


def test_below_the_threshold_nothing_fits(registry):
    choosy = Choosy(hybrid(registry), Dense(registry), 0.5)
    fits, fits_not = choosy.search(["refund order", "zebra quagga okapi"], 1)
    assert names(fits) == ["refund_order"]
    assert fits_not == []


@pytest.mark.parametrize(("kept", "threshold"), [(1.0, 0.1), (0.75, 0.2), (0.5, 0.3), (0.26, 0.3), (0.25, 0.4)])
def test_the_threshold_keeps_its_share(kept, threshold):
    assert threshold_of([0.3, 0.1, 0.4, 0.2], kept) == threshold


def test_a_threshold_is_judged_on_requests_that_it_was_not_set_on():
    with_tool, without = [0.5, 0.4, 0.6, 0.7], [0.9, 0.1, 0.9, 0.55]
    assert calibrate(with_tool, without, kept=1.0) == Calibration(0.5, keeps=0.5, declines=0.5)


def test_a_threshold_needs_requests():
    for scores in ([], [0.5]):
        with pytest.raises(Exception, match="threshold"):
            calibrate(scores, scores)
