"""Questions to the shop: what they say, and what is meant."""

from __future__ import annotations

import pytest

from workbook.core.errors import UsageError
from workbook.suites.shop import KINDS, Question, questions, slips, stock

GOODS = stock()
NAMES = [customer.name for customer in GOODS.customers]
CODES = {order.code for order in GOODS.orders}


def of(kind: str) -> list[Question]:
    return questions(GOODS, 60, kinds=(kind,))


def test_the_same_seed_gives_the_same_shop_and_the_same_questions() -> None:
    assert stock(1) == stock(1) != stock(2)
    assert questions(GOODS, 5, seed=1) == questions(stock(), 5, seed=1) != questions(GOODS, 5, seed=2)


@pytest.mark.parametrize("kind", list(KINDS))
def test_sixty_of_each_kind_are_there_and_all_differ(kind: str) -> None:
    made = of(kind)
    assert len({one.text for one in made}) == len({one.id for one in made}) == 60
    assert {one.kind for one in made} == {kind}


def test_a_complete_question_says_all_that_is_meant_and_it_exists() -> None:
    for one in of("complete"):
        if one.meant.tool == "send_voucher":
            name = GOODS.customers[int(one.meant.record or 0) - 1].name
            assert name in one.text
            assert str(one.meant.amount) in one.text.replace("?", " ").split()
            assert NAMES.count(name) == 1
        else:
            assert one.meant.record in CODES
            assert str(one.meant.record) in one.text


def test_a_missing_id_is_in_no_word_of_the_question() -> None:
    for one in of("missing"):
        assert not any(name in one.text for name in NAMES)
        assert not any(code in one.text for code in CODES)


def test_an_ambiguous_name_is_that_of_two_customers_and_either_may_be_meant() -> None:
    first = 0
    for one in of("ambiguous"):
        numbers = [str(customer.number) for customer in GOODS.customers if customer.name in one.text]
        assert len(numbers) == 2
        assert one.meant.record in numbers
        first += one.meant.record == numbers[0]
    assert 15 < first < 45


def test_a_wrong_id_is_of_no_record_and_half_of_them_are_slips() -> None:
    made = of("wrong id")
    for one in made:
        assert not any(name in one.text for name in NAMES)
        assert not any(code in one.text for code in CODES)
    assert 15 < sum(one.meant.record is not None for one in made) < 45
    slipped = next(one for one in made if one.meant.record in CODES)
    assert any(slip in slipped.text for slip in slips(str(slipped.meant.record)))


def test_slips_change_one_digit_and_no_letter() -> None:
    assert len(slips("KD4821")) == 36
    assert {"KD4820", "KD9821"} < set(slips("KD4821"))
    assert "KD4821" not in slips("KD4821")


@pytest.mark.parametrize(("count", "kinds"), [(0, ()), (1, ("no such kind",))])
def test_what_cannot_be_drawn_is_refused(count: int, kinds: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        questions(GOODS, count, kinds=kinds)
