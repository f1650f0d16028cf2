"""The load test: that it proves what it says, and would see a loss and a double effect."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.errors import UsageError
from workbook.gateway.faults import Faults
from workbook.lab.bench_gateway import FAULTS, Log, bench_gateway, count_marks, make_deeds
from workbook.suites.enterprise import filled


@pytest.mark.slow
def test_under_faults_nothing_is_lost_and_nothing_done_twice():
    faults = Faults(latency=0.1, error=0.2, busy=0.1, malformed=0.2, dropped=0.2, latency_seconds=0.02)
    (row,) = bench_gateway(40, 1.5, faults)["rows"]
    assert row["requests"] == 60
    assert row["writes"] == row["acknowledged"] == row["in_database"]
    assert (row["lost"], row["duplicated"], row["given_up"]) == (0, 0, 0)
    assert row["attempts"] > row["requests"]
    assert row["replays"] > 0, "a key has saved an effect from being done twice"
    assert "503" in row["failures"]


@pytest.fixture
def file(tmp_path):
    """A company with two tickets of one mark and one of another."""
    from workbook.gateway.state import open_company

    path = tmp_path / "company.sqlite"
    connection = open_company(path)
    for id, title in (("INC-1", "load 1"), ("INC-2", "load 1"), ("INC-3", "load 2")):
        connection.execute(
            "INSERT INTO helpdesk_ticket (id, title, caller, status) VALUES (?, ?, 'E1042', 'new')", (id, title)
        )
    connection.close()
    return path


def test_a_loss_and_a_double_effect_would_be_seen(file):
    deeds = [deed for deed in make_deeds(40, Random(0)) if deed.mark]
    marks = {"load 1": "INC-2", "load 2": "INC-3", "load 9": "INC-9"}
    deeds = [type(deed)(deed.call, mark, 0) for deed, mark in zip(deeds, marks, strict=False)]
    counted = count_marks(file, deeds, Log(acknowledged=marks))
    assert counted == {"writes": 3, "acknowledged": 3, "in_database": 3, "lost": 1, "duplicated": 1}


def test_an_acknowledgement_of_another_row_is_a_loss(file):
    deeds = [deed for deed in make_deeds(20, Random(0)) if deed.mark][:1]
    deeds = [type(deeds[0])(deeds[0].call, "load 2", 0)]
    assert count_marks(file, deeds, Log(acknowledged={"load 2": "INC-1"}))["lost"] == 1


def test_marks_are_all_different_and_reads_have_none():
    deeds = make_deeds(300, Random(1))
    marks = Counter(deed.mark for deed in deeds if deed.mark)
    assert max(marks.values()) == 1
    assert 90 < sum(not deed.mark for deed in deeds) < 150
    assert all(filled(deed.call, []) == deed.call for deed in deeds)


@pytest.mark.parametrize("load", [(0, 1), (10, 0)])
def test_no_load_is_refused(load):
    with pytest.raises(UsageError, match="no load"):
        bench_gateway(*load)


@pytest.mark.parametrize(("lost", "status"), [(0, 0), (1, 1)])
def test_the_exit_status_tells_a_loss(monkeypatch, lost, status):
    row = {"lost": lost, "duplicated": 0, "given_up": 0}
    asked = []

    def bench(rate, seconds, faults, progress):
        asked.append((rate, seconds, faults))
        return {"bench": "gateway", "hardware": "none", "versions": {}, "rows": [row]}

    monkeypatch.setattr("workbook.lab.bench_gateway.bench_gateway", bench)
    shown = CliRunner().invoke(app, ["bench", "gateway", "--rate", "5", "--seconds", "2", "--json"])
    assert (shown.exit_code, json.loads(shown.stdout)["rows"]) == (status, [row])
    assert asked == [(5, 2, FAULTS)]
    assert CliRunner().invoke(app, ["bench", "gateway", "--faults", ""]).exit_code == status
    assert asked[1] == (200, 60, Faults())
