"""What ``record`` displays and keeps, and what it refuses."""

import json
import re

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import profile
from workbook.core.stats import Interval, wilson
from workbook.lab.ledger import kept
from workbook.lab.record import MIME, cite, record, recorded


@pytest.fixture
def model(scripted):
    return scripted(lambda prompt, seed: "")


def test_a_result_is_displayed_and_kept(ledger, shown, model):
    assert record("q1.prompting_95", wilson(30, 60), model=model, profile="ci", seed=7) is None
    bundle = shown[0]._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/html", "text/plain"}
    row = json.loads(ledger.read_text())
    assert row == bundle[MIME]
    assert (row["id"], row["estimate"], row["n"], row["verdict"]) == ("q1.prompting_95", 0.5, 60, "fails")
    assert (row["model"], row["sha256"], row["profile"], row["seed"]) == ("scripted", "f" * 64, "ci", 7)
    assert row["versions"]["python"]
    assert recorded()["q1.prompting_95"][2] == "fails"


def test_a_result_holds_the_day_and_no_time_of_day_and_no_host(ledger, shown, model):
    import socket

    record("q1.prompting_95", wilson(30, 60), model=model, profile=profile("ci"))
    bundle = shown[0]._repr_mimebundle_()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", bundle[MIME]["date"])
    written = json.dumps(bundle)
    assert not re.search(r"\d\d:\d\d", written)
    assert socket.gethostname() not in written


def test_a_small_run_tells_what_a_larger_one_gave(ledger, shown, model):
    larger = kept("q1.prompting_95")
    record("q1.prompting_95", wilson(3, 6), model=model, profile="ci")
    told = f"Shipped, from profile {larger['profile']} (pocket; {larger['hardware']}): "
    assert f"{told}{100 * larger['estimate']:.0f} %" in repr(shown[0])
    assert f"n = {larger['n']}: {larger['verdict']}." in repr(shown[0])
    record("q1.prompting_95", wilson(3, 6), model=model, profile=larger["profile"])
    assert "Shipped" not in repr(shown[1])


def test_always_shows_the_bound_on_failures(ledger, shown, model):
    record("q1.grammar_100", wilson(100, 100), model=model, profile="ci")
    assert "No failure in 100 independent tries: a failure rate of up to 3.7 % remains possible." in repr(shown[0])
    record("q1.grammar_100", wilson(99, 100), model=model, profile="ci")
    assert "No failure" not in repr(shown[1])
    assert "fails" in repr(shown[1])


def test_too_few_tries_to_confirm_are_said_to_be_so(ledger, shown, model):
    record("q1.injection", wilson(16, 16), model=model, profile="ci")
    assert "So few can refute the claim and not confirm it: that takes 73." in repr(shown[0])
    record("q1.injection", wilson(73, 73), model=model, profile="ci")
    assert "So few" not in repr(shown[1])
    assert "holds" in repr(shown[1])


def test_a_ladder_is_kept_and_judged(ledger, shown, model):
    up, down = Interval(0.3, 0.2, 0.4, 50), Interval(-0.3, -0.4, -0.2, 50)
    record("q3.feedback", up, model=model, profile="ci", ladder=[down, up])
    row = json.loads(ledger.read_text())
    assert row["verdict"] == "depends"
    assert [rung["estimate"] for rung in row["ladder"]] == [-0.3, 0.3]
    assert "earliest first: −30.0 points [−40.0, −20.0] fails; +30.0 points [+20.0, +40.0] holds." in repr(shown[0])


def test_infinite_ends_are_json(ledger, shown, model):
    record("q1.fewer_tokens", Interval(0.9, 0.5, float("inf"), 5), model=model, profile="ci")
    assert json.loads(ledger.read_text())["high"] is None
    assert "∞" in repr(shown[0])


def test_a_ratio_without_a_right_answer_is_not_estimable(ledger, shown, model):
    record("q1.fewer_tokens", Interval(float("nan"), 0.0, float("inf"), 5), model=model, profile="ci")
    row = json.loads(ledger.read_text())
    assert (row["estimate"], row["verdict"]) == (None, "not distinguishable")
    assert ": not estimable, n = 5" in repr(shown[0])


def test_a_name_stands_where_no_language_model_took_part(ledger, shown):
    record("c5.slower_50", wilson(30, 60), model="random weights", profile="ci")
    assert json.loads(ledger.read_text())["sha256"] is None


@pytest.mark.parametrize(
    ("claim", "size", "reason"),
    [
        ("q1.prompting_59", "ci", "Did you mean 'q1.prompting_95'"),
        ("q2.under_the_hood", "ci", "documented, not measured"),
        ("q1.prompting_95", "cy", "Did you mean 'ci'"),
    ],
)
def test_what_cannot_be_recorded_leaves_no_trace(ledger, shown, claim, size, reason):
    with pytest.raises(WorkbookError, match=reason):
        record(claim, wilson(1, 2), model="m", profile=size)
    assert not ledger.exists()
    assert shown == []


def test_the_card_is_plain_html_without_script(ledger, shown, model):
    record("q1.prompting_95", wilson(30, 60), model=model, profile="ci", note="<script>alert(1)</script>")
    html = shown[0]._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<style" not in html
    assert 'role="img" aria-label="50 %' in html
    assert "✗ fails" in html


def test_a_documented_claim_is_cited(ledger, shown):
    cite("q4.beats_gpt4")
    bundle = shown[0]._repr_mimebundle_()
    assert (bundle[MIME]["kind"], bundle[MIME]["estimate"]) == ("documented", 0.0402)
    assert "58.20" in bundle["text/html"]
    assert "+4.0 points" in bundle["text/html"]
    assert not ledger.exists()
    with pytest.raises(WorkbookError, match="01_grammars_vs_prompting"):
        cite("q1.prompting_95")
