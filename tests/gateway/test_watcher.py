"""A watch over a gateway's metrics: it learns, is quiet while all is well, and rings when something is not."""

from __future__ import annotations

from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.gateway.faults import Faults
from workbook.gateway.watcher import Watcher


def test_it_learns_what_is_usual_and_names_what_is_not(served, client):
    company = served(faults=Faults())
    caller, watcher = client(company), Watcher(company.address, 40)

    def calls(count):
        for _ in range(count):
            caller.get("/fleet/vehicles")

    calls(25)
    assert watcher.look() == ["25 calls, none failed; learning what is usual: 25 of 40 calls"]
    calls(25)
    assert watcher.look() == ["25 calls, none failed", "usual: 50 calls, none failed"]
    calls(30)
    assert watcher.look() == ["30 calls, none failed"]
    assert watcher.alarms == []
    served(faults=Faults(error=1.0))
    calls(30)
    told = watcher.look()
    assert told[0] == "30 calls, failed: server 30"
    assert any(line.startswith("ALARM") and line.endswith(": server") for line in told)


def test_the_command_looks_so_often_and_says_by_its_status_that_all_is_well(served, client):
    company = served(faults=Faults())
    shown = CliRunner().invoke(app, ["gateway", "watch", company.address, "--every", "0.1", "--looks", "2"])
    assert shown.exit_code == 0
    assert shown.stdout.count("learning what is usual") == 2


def test_without_a_gateway_it_says_how_to_start_one():
    shown = CliRunner().invoke(app, ["gateway", "watch", "http://127.0.0.1:1"])
    assert shown.exit_code != 0
    assert "gateway serve" in str(shown.exception)
