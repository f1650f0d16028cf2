"""What came of a run at the counter, by the shop's own log; and who gets to read an error."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.agent import Trace, canned
from workbook.core.chat import ToolCall, user
from workbook.lab.counter import Clerk, inventions, measures, outcome, serve
from workbook.lab.shop_clerk import hasty
from workbook.lab.side_by_side import SideBySide
from workbook.suites.shop import KINDS, Deed, Question, questions, stock

GOODS = stock()
ASKED = questions(GOODS, 12)
MEANT, OTHER = Deed("cancel_order", "KD4821"), Deed("cancel_order", "TR7007")
NONE = Deed("cancel_order", None)


def question(kind: str, text: str = "Cancel order KD4821.") -> Question:
    return Question("q", kind, text, MEANT, ("order",))


@pytest.mark.parametrize(
    ("kind", "log", "answer", "want"),
    [
        ("complete", [MEANT], "Done.", "right"),
        ("complete", [MEANT, MEANT], "Done.", "right"),
        ("complete", [OTHER], "Done.", "wrong record"),
        ("complete", [MEANT, OTHER], "Done.", "wrong record"),
        ("complete", [Deed("get_order", "KD4821")], "Done.", "wrong record"),
        ("complete", [NONE], "Done.", "no record"),
        ("complete", [], "What order should I use?", "asked needlessly"),
        ("complete", [], "I like orders.", "idle"),
        ("missing", [], "What order should I use?", "right"),
        ("missing", [], "What amount should I use?", "idle"),
        ("missing", [MEANT], "Done.", "lucky"),
        ("complete", [NONE, MEANT], "Done.", "right"),
        ("ambiguous", [OTHER], "Which order was it?", "wrong record"),
        ("wrong id", [NONE], "Done.", "no record"),
        ("wrong id", [NONE], "Nothing is known of it.", "told"),
        ("wrong id", [NONE], "There is no order KD4821.", "told"),
        ("wrong id", [NONE], "I couldn’t find it.", "told"),
        ("wrong id", [NONE], "Which order was it?", "told"),
    ],
)
def test_the_outcome_is_read_off_the_log(kind: str, log: list[Deed], answer: str, want: str) -> None:
    row = outcome(question(kind), log, Trace("p", True, (user("hello"),), answer=answer))
    assert row["outcome"] == want
    assert row["silent"] == float(want in ("wrong record", "no record"))
    assert row["asked"] == float(kind != "wrong id" and not log and "order should" in answer)


def test_a_record_of_nobody_cannot_be_met_by_luck() -> None:
    gone = Question("q", "wrong id", "", NONE, ("order",))
    trace = Trace("p", True, (user("hello"),))
    assert [outcome(gone, [deed], trace)["outcome"] for deed in (NONE, OTHER)] == ["no record", "wrong record"]


def first(kind: str) -> Question:
    return next(one for one in ASKED if one.kind == kind and one.meant.tool == "cancel_order")


def calls(clerk: Clerk, one: Question) -> Any:
    return serve({"a": clerk}, GOODS, [one]).iloc[0]


def test_an_error_ends_the_run_or_goes_back() -> None:
    one = first("complete")
    wrong, right = (ToolCall("cancel_order", {"order": code}) for code in ("ZZ0000", one.meant.record))
    policy = canned(wrong, right, "Done.")
    assert calls(Clerk(canned(wrong, "Done.")), one).outcome == "no record"
    stopped = calls(Clerk(policy, checked=True), one)
    assert (stopped.outcome, stopped.turns, stopped.trace.ending) == ("told", 1, "stopped")
    mended = calls(Clerk(policy, checked=True, feedback=True), one)
    assert (mended.outcome, mended.turns, mended.made_up) == ("right", 3, 1)
    assert "ask the user for the order" in mended.trace.calls[0].result.content


def test_an_error_does_not_make_an_invention_true() -> None:
    one = first("missing")
    guess = ToolCall("cancel_order", {"order": "ZZ0000"})
    row = calls(Clerk(canned(guess, guess, "Done."), checked=True, feedback=True), one)
    assert [(record.status, made) for record, made in inventions(row.trace)] == [("invalid", {"order": "ZZ0000"})] * 2


def test_an_error_that_only_the_model_reads_is_told_when_the_answer_says_so() -> None:
    one = first("wrong id")
    guess = ToolCall("cancel_order", {"order": "ZZ0000"})
    answers = {"Done.": "no record", "There is no such order.": "told", "Which order is it?": "right"}
    for answer, want in answers.items():
        assert calls(Clerk(canned(guess, answer), checked=True, feedback=True), one).outcome == want
    assert calls(Clerk(canned(guess, "Done."), checked=True), one).outcome == "told"


def test_only_the_values_that_nobody_said_are_inventions() -> None:
    one = next(q for q in ASKED if q.kind == "complete" and q.meant.tool == "send_voucher")
    sent = ToolCall("send_voucher", {"customer": "Nobody Atall", "amount": one.meant.amount})
    [(_, made)] = inventions(calls(Clerk(canned(sent, "Done.")), one).trace)
    assert made == {"customer": "Nobody Atall"}


def test_a_value_that_is_left_out_ends_the_run_with_that_reason() -> None:
    trace = calls(Clerk(canned(ToolCall("cancel_order", {}), "Done.")), first("missing")).trace
    assert trace.ending == "stopped"
    assert "required property" in trace.reason


def test_a_value_that_was_said_or_given_by_a_tool_is_not_made_up() -> None:
    one = first("complete")
    read = ToolCall("get_order", {"order": one.meant.record})
    state = next(order.state for order in GOODS.orders if order.code == one.meant.record)
    row = calls(Clerk(canned(read, ToolCall("get_order", {"order": state}), "Done.")), one)
    assert row.made_up == 0


def test_one_row_for_each_clerk_and_question_each_in_a_shop_of_its_own(scripted: Any) -> None:
    model = scripted(lambda prompt, seed: "What order should I use?")
    rows = serve({"asks": Clerk(SideBySide(model)), "hasty": Clerk(hasty())}, GOODS, ASKED)
    assert len(rows) == 2 * len(ASKED)
    assert rows[rows.arm == "asks"].needless.sum() == sum(one.kind == "complete" for one in ASKED)
    assert rows.groupby("task").arm.nunique().eq(2).all()


def test_measures_are_written_with_their_intervals() -> None:
    rows = serve({"naive": Clerk(hasty()), "feedback": Clerk(hasty(), True, True)}, GOODS, ASKED)
    table = measures(rows, draws=100)
    assert list(table.columns) == ["made up", "wrong record", "asked", "asked needlessly", "right", "turns", "tokens"]
    assert table.loc[("missing", "feedback"), "asked"].startswith("100 % [")
    assert table.loc[("missing", "naive"), "right"].startswith("0 % [")
    assert len(table) == 2 * len(KINDS)
