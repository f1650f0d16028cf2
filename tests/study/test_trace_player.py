"""The trace player: every moment once and in order, and what had been done by each."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from agent_toys import QUESTION, Toys, call

from workbook.agent import Agent, Approval, Dedup, canned, recorded
from workbook.agent.trace import Trace
from workbook.study.trace_player import COLUMNS, LAST, MOST, by_then, draw, moments, play

WIDGET = "application/vnd.jupyter.widget-view+json"


def ran(*moves, **how):
    return Agent(canned(*moves), Toys().box, **how).run_sync(list(QUESTION))


def kinds(trace: Trace) -> list[str]:
    return [moment.kind for moment in moments(trace)]


def test_moments_come_in_the_order_in_which_they_happened():
    trace = ran(call("get_user", id=7), call("no_user", id=8), "Ann.")
    assert kinds(trace) == ["user", "model", "ran", "result", "model", "failed", "result", "model", "answered"]
    assert [moment.turn for moment in moments(trace)] == [0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert moments(trace)[-1].text == "Ann."


def test_a_call_counts_from_its_end_on():
    at = moments(ran(call("get_user", id=7), call("get_user", id=7), "Ann."))
    assert [len(moment.calls) for moment in at] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert by_then(at[3]).startswith("By then: 1 call;")
    assert by_then(at[-1]).startswith("By then: 2 calls, 1 made before;")
    tokens = [moment.tokens for moment in at]
    assert tokens[0] == 0
    assert tokens == sorted(tokens)


def test_guards_and_people_have_moments_of_their_own():
    guarded = ran(call("get_user", id=7), call("get_user", id=7), "Ann.", guards=[Dedup()])
    assert "guard" in kinds(guarded)
    asked = ran(call("delete_user", id=7), "Done.", approve=Approval(recorded([False])))
    assert "person" in kinds(asked)
    assert "denied" in kinds(asked)


def test_the_picture_names_the_place_and_what_stands_there():
    at = moments(ran(call("get_user", id=7), "Ann."))
    drawn = draw(at, 3)
    assert drawn.words.startswith("4 of 6, turn 1: result: ")
    assert "ann@example.org" in drawn.svg
    assert draw(at, 0).words.startswith("1 of 6, before the first turn: user: Who is user 7?")


def test_long_texts_and_long_runs_stay_on_their_page():
    many = [call("get_user", id=number) for number in range(7)]
    trace = ran(*many, "word " * 900)
    at = moments(trace)
    drawn = draw(at, len(at) - 1)
    page = ET.fromstring(drawn.svg)
    texts = [part.text or "" for part in page.iter() if part.tag.endswith("text")]
    assert any("lines more" in text for text in texts)
    assert sum("word word" in text for text in texts) == MOST
    assert sum("→" in text for text in texts) == LAST
    assert max(map(len, texts)) <= COLUMNS + 1
    assert float(page.get("height", 0)) < 600


def test_without_a_reader_it_is_the_picture_of_the_whole_run(monkeypatch):
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    trace = ran(call("get_user", id=7), "Ann.")
    assert WIDGET not in play(trace)._repr_mimebundle_()
    assert play(trace)._repr_mimebundle_()["image/svg+xml"] == trace._repr_svg_()
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.setenv("WORKBOOK_PROFILE", "study")
    assert WIDGET in play(trace)._repr_mimebundle_()


@pytest.mark.parametrize("bad", ["<svg onload=x>", "a & b"])
def test_what_a_tool_says_is_shown_and_not_obeyed(bad):
    drawn = draw(moments(ran(call("get_user", id=7), bad)), 4)
    assert bad not in drawn.svg
    ET.fromstring(drawn.svg)
