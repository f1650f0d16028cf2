"""The hasty clerk: how often it slips and guesses, and what it makes of an error."""

from __future__ import annotations

from typing import Any

from workbook.core.chat import ToolCall, ToolResult, assistant, tool_message, user
from workbook.lab.counter import Clerk, serve
from workbook.lab.shop_clerk import GUESSES, hasty
from workbook.suites.shop import questions, stock

GOODS = stock()
ASKED = questions(GOODS, 24)


def after(request: str, call: ToolCall, result: str) -> Any:
    """What it says when that came back."""
    talk = [user(request), assistant("", call), tool_message(ToolResult(call.name, result))]
    return hasty().script(talk, ())


def test_the_check_stops_it_and_the_error_sets_it_right() -> None:
    arms = {"naive": Clerk(hasty()), "check": Clerk(hasty(), True), "feedback": Clerk(hasty(), True, True)}
    means = serve(arms, GOODS, ASKED).groupby("arm")[["right", "silent"]].mean()
    assert 0 < means.right["naive"] == means.right["check"] < means.right["feedback"] == 1
    assert means.silent["naive"] > 0 == means.silent["check"]


def test_it_slips_in_some_requests_and_guesses_where_nothing_is_named() -> None:
    rows = serve({"naive": Clerk(hasty())}, GOODS, ASKED)
    assert 0 < rows[rows.kind == "complete"].made_up.mean() < 0.5
    missing = rows[rows.kind == "missing"]
    assert missing.made_up.eq(1).all()
    guessed = {value for trace in missing.trace for record in trace.calls for value in record.call.arguments.values()}
    assert set(GUESSES.values()) < guessed


def test_after_an_error_it_looks_again_and_asks_where_that_does_not_help() -> None:
    request, wrong, right = (
        "Cancel the order KD4821.",
        *(ToolCall("cancel_order", {"order": c}) for c in ("KD4812", "KD4821")),
    )
    assert after(request, wrong, '{"error": "no order KD4812"}').calls == (right,)
    assert after(request, right, '{"error": "no order KD4821"}').content == "Which order is it?"
    assert after(request, right, '{"status": "ok"}').content == "Done."
    voucher = ToolCall("send_voucher", {"customer": "Anna Meyer", "amount": 20})
    shared = '{"error": "2 customers are called Anna Meyer; ask the user for the customer number"}'
    asked = after("Send a voucher with amount 20 to Anna Meyer.", voucher, shared).content
    assert asked == "Which customer number is it?"
