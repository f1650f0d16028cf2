"""The ledger loses nothing, and its table shows what it should."""

import json
import math
import multiprocessing

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.stats import Interval
from workbook.lab import ledger as books
from workbook.lab.claims import load_claims

SHIPPED = "a" * 64


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path, ledger):
    """No reference results, one shipped checkpoint."""
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(books, "shipped_fingerprints", lambda: {SHIPPED})


def row(id="q1.prompting_95", estimate=0.9, profile="ci", sha256=SHIPPED, **more):
    return {
        "id": id, "estimate": estimate, "low": estimate - 0.01, "high": estimate + 0.01, "n": 50, "verdict": "?",
        "model": "pocket", "hardware": "h", "profile": profile, "sha256": sha256, "seed": 0, "date": "2026-01-01",
        **more,
    }  # fmt: skip


def found(id="q1.prompting_95", **how):
    return [entry for entry in books.claims_table(**how) if entry["id"] == id]


def test_every_claim_has_a_row_measured_or_not():
    table = books.claims_table()
    assert [entry["id"] for entry in table] == list(load_claims())
    measured = [entry for entry in table if entry["kind"] == "measured"]
    keys = "id claim notebook metric estimate low high n verdict model hardware profile".split()
    assert all(set(keys) <= entry.keys() for entry in table)
    assert all(entry[key] is None for entry in measured for key in keys[4:])


def test_documented_claims_show_their_figure():
    [entry] = found("q4.beats_gpt4")
    assert (entry["estimate"], entry["verdict"]) == (0.0402, "depends")
    assert "GPT-4" in entry["model"]


def test_the_largest_profile_wins_and_the_latest_of_equals():
    for estimate, profile in ((0.1, "ci"), (0.2, "full"), (0.3, "full"), (0.4, "study")):
        books.append_row(row(estimate=estimate, profile=profile))
    [entry] = found()
    assert (entry["estimate"], entry["profile"]) == (0.3, "full")
    assert [entry["estimate"] for entry in found(all=True)] == [0.1, 0.2, 0.3, 0.4]


def test_another_checkpoint_is_shown_with_all_only():
    books.append_row(row(sha256="b" * 64))
    assert found()[0]["estimate"] is None
    assert found(all=True)[0]["estimate"] == 0.9


def test_the_point_of_a_sweep_is_shown_with_all_only():
    books.append_row(row(estimate=0.1, worker="0", grid=None))
    books.append_row(row(estimate=0.2, worker="1", grid={"n_tasks": 20}))
    assert (found()[0]["estimate"], found()[0]["worker"]) == (0.1, "0")
    assert [entry["grid"] for entry in found(all=True)] == [None, {"n_tasks": 20}]


def test_a_measurement_without_a_model_counts():
    books.append_row(row(sha256=None))
    assert found()[0]["estimate"] == 0.9


def test_the_verdict_is_that_of_todays_rule():
    books.append_row(row(estimate=0.5))
    rung = {"estimate": 0.3, "low": 0.2, "high": 0.4, "n": 9}
    books.append_row(row(id="c1.drift_breaks", estimate=-0.3, ladder=[rung]))
    assert found()[0]["verdict"] == "fails"
    assert found("c1.drift_breaks")[0]["verdict"] == "depends"


def test_reference_results_are_read_before_the_live_ones(tmp_path):
    books.append_row(row(estimate=0.1), tmp_path / "data" / "results" / "reference.jsonl")
    books.append_row(row(estimate=0.2))
    assert [entry["estimate"] for entry in found(all=True)] == [0.1, 0.2]


def test_infinity_travels_as_null(ledger):
    books.append_row(row(estimate=1.0, low=-math.inf, high=math.inf))
    assert '"high": null' in ledger.read_text()
    assert books.row_interval(found()[0]) == Interval(1.0, -math.inf, math.inf, 50)


def test_a_torn_line_does_not_swallow_the_next(ledger):
    books.append_row(row(estimate=0.1))
    with ledger.open("a") as file:
        file.write('{"id": "q1.pr')
    books.append_row(row(estimate=0.2))
    assert json.loads(ledger.read_text().splitlines()[-1])["estimate"] == 0.2
    with pytest.raises(WorkbookError, match="line 2 is not a measurement"):
        books.claims_table()


def test_a_place_that_cannot_be_written_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKBOOK_LEDGER", str(tmp_path / "file" / "ledger.jsonl"))
    with pytest.raises(WorkbookError, match="WORKBOOK_LEDGER"):
        books.append_row(row())


def _append_many(path, name):
    for number in range(50):
        books.append_row(row(model=name, n=number, note="x" * 3000), path)


def test_many_processes_write_at_once(tmp_path):
    path = tmp_path / "shared.jsonl"
    workers = [multiprocessing.get_context("fork").Process(target=_append_many, args=(path, f"m{i}")) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rows = books.read_rows(path)
    assert len(rows) == 200
    assert all([r["n"] for r in rows if r["model"] == f"m{i}"] == list(range(50)) for i in range(4))
