"""The shop's database: what runs unchecked, what the check refuses, and that no value is read as SQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from workbook.agent.execution import call_problems
from workbook.core.chat import ToolCall
from workbook.lab.shop import Shop
from workbook.suites.shop import Deed, stock

GOODS = stock()
CODE = GOODS.orders[0].code
TIMES = Counter(customer.name for customer in GOODS.customers)
SHARED = next(name for name, times in TIMES.items() if times == 2)
ALONE = next(customer for customer in GOODS.customers if TIMES[customer.name] == 1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop(GOODS)
    yield opened
    opened.close()


def run(shop: Shop, tool: str, **arguments: Any) -> str:
    return asyncio.run(shop.toolbox()[tool].run(arguments))


def test_a_deed_names_the_record_that_it_touched(shop: Shop) -> None:
    assert '"state"' in run(shop, "get_order", order=CODE)
    run(shop, "cancel_order", order=CODE)
    run(shop, "send_voucher", customer=ALONE.name, amount=20)
    run(shop, "send_voucher", customer=str(ALONE.number), amount=5)
    number = str(ALONE.number)
    assert shop.log == [
        Deed("get_order", CODE),
        Deed("cancel_order", CODE),
        Deed("send_voucher", number, 20),
        Deed("send_voucher", number, 5),
    ]
    states = shop.database.execute("SELECT state, COUNT(*) FROM orders WHERE state = 'cancelled'").fetchone()
    assert states == ("cancelled", 1)


def test_unchecked_nothing_is_an_error(shop: Shop) -> None:
    assert run(shop, "cancel_order", order="ZZ0000") == '{"status": "ok"}'
    assert run(shop, "send_voucher", customer=SHARED, amount=20) == '{"status": "ok"}'
    first = next(customer.number for customer in GOODS.customers if customer.name == SHARED)
    assert shop.log == [Deed("cancel_order", None), Deed("send_voucher", str(first), 20)]


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        ("cancel_order", {"order": CODE}, None),
        ("cancel_order", {"order": "ZZ0000"}, "no order ZZ0000; ask the user"),
        ("cancel_order", {"order": "x' OR '1'='1"}, "no order x' OR"),
        ("cancel_order", {"order": CODE.lower()}, "no order"),
        ("cancel_order", {}, "'order' is a required property"),
        ("send_voucher", {"customer": ALONE.name, "amount": 5}, None),
        ("send_voucher", {"customer": "Nobody Here", "amount": 5}, "no customer Nobody Here; ask the user"),
        ("send_voucher", {"customer": SHARED, "amount": 5}, "2 customers are called"),
    ],
)
def test_the_check_asks_the_database(shop: Shop, tool: str, arguments: dict[str, Any], complaint: str | None) -> None:
    found = call_problems(ToolCall(tool, arguments), shop.toolbox(checked=True))
    assert (found == []) if complaint is None else complaint in found[0]
    if "required" not in (complaint or ""):
        assert call_problems(ToolCall(tool, arguments), shop.toolbox()) == []


def test_values_are_never_read_as_sql(shop: Shop) -> None:
    for value in ("'; DROP TABLE orders; --", "' OR 1 = 1 --", "%", "_" * len(CODE)):
        run(shop, "cancel_order", order=value)
        run(shop, "send_voucher", customer=value, amount=1)
    assert {deed.record for deed in shop.log} == {None}
    assert shop.database.execute("SELECT COUNT(*) FROM orders WHERE state <> 'cancelled'").fetchone() == (200,)


def test_the_enum_is_what_the_database_holds_now(shop: Shop) -> None:
    shown = shop.toolbox().shown
    shop.database.execute("INSERT INTO orders VALUES ('QQ1111', 1, 'paid')")
    get, _, voucher = shop.narrowed(shown)
    assert len(get.properties["order"]["enum"]) == 201
    assert "QQ1111" in get.properties["order"]["enum"]
    assert sorted(TIMES) == voucher.properties["customer"]["enum"]
    assert "enum" not in voucher.properties["amount"]
    assert "enum" not in shown[0].properties["order"]


def test_another_thread_may_drive_it(shop: Shop) -> None:
    thread = Thread(target=run, args=(shop, "cancel_order"), kwargs={"order": CODE})
    thread.start()
    thread.join()
    assert shop.log == [Deed("cancel_order", CODE)]
