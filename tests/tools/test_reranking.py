"""Reranking: the judge's order, within what was found."""

import pytest
from retrieval_toys import filled, operation

from workbook.core.errors import WorkbookError
from workbook.tools.embedding import original
from workbook.tools.reranking import Reranked, cross_encoder
from workbook.tools.retrieval import Bm25


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return filled(
        tmp_path_factory.mktemp("made"),
        operation("refund_order", "Gives back the money of an order."),
        operation("cancel_order", "Takes an order back before it is sent."),
        operation("order_lunch", "Orders lunch."),
        operation("wipe_orders", "Deletes each order.", ["admin"]),
    )


def longest(query, texts):
    """A judge that likes long texts, whatever is asked."""
    return [len(text) for text in texts]


def names(hits):
    return [hit.name for hit in hits]


def test_the_judge_decides_the_order(registry):
    (hits,) = Reranked(Bm25(registry), registry, longest).search(["refund the order"], 3)
    assert names(hits) == ["cancel_order", "refund_order", "order_lunch"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_it_looks_deeper_than_it_shows(registry):
    asked = ["refund the order"]
    assert names(Bm25(registry).search(asked, 1)[0]) == ["refund_order"]
    assert names(Reranked(Bm25(registry), registry, longest).search(asked, 1)[0]) == ["cancel_order"]


def test_what_is_out_of_reach_is_not_even_judged(registry):
    read = []

    def judge(query, texts):
        read.extend(texts)
        return longest(query, texts)

    Reranked(Bm25(registry), registry, judge).search(["delete each order"], 5)
    assert read
    assert not any("Deletes" in text for text in read)
    assert "wipe_orders" in names(Reranked(Bm25(registry), registry, judge).search(["delete order"], 5, ["admin"])[0])


def test_nothing_found_is_not_judged(registry):
    def never(query, texts):
        raise AssertionError

    assert Reranked(Bm25(registry), registry, never).search(["zzz"]) == [[]]


def test_equal_scores_stand_in_the_order_of_their_ids(registry):
    (hits,) = Reranked(Bm25(registry), registry, lambda query, texts: [0.0] * len(texts)).search(["order"], 3)
    assert names(hits) == sorted(names(hits))


def small_encoder(folder, labels):
    """A cross-encoder of the right shape with random weights."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(str(original()))
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(tokenizer), num_labels=labels, **size)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_a_cross_encoder_reads_pairs(registry, tmp_path):
    judge = cross_encoder(small_encoder(tmp_path, 1))
    first, second = judge("refund", ["money back", "lunch"])
    assert first != second
    assert judge("refund", ["lunch"]) == [pytest.approx(second, abs=1e-5)]
    assert len(Reranked(Bm25(registry), registry, judge).search(["order"], 2)[0]) == 2


def test_what_is_no_cross_encoder_is_refused(tmp_path):
    with pytest.raises(WorkbookError, match="is no cross-encoder"):
        cross_encoder(str(tmp_path))
    with pytest.raises(WorkbookError, match="3 scores a pair"):
        cross_encoder(small_encoder(tmp_path / "three", 3))
