"""``workbook gateway``: tokens from the command line work with the company in the same file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import httpx2
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.gateway.state import open_company
from workbook.gateway.tokens import client_of


def call(*arguments):
    return CliRunner().invoke(app, ["gateway", *map(str, arguments)])


def test_a_token_is_shown_once_and_works(tmp_path):
    state = tmp_path / "company.sqlite"
    shown = call("token", "desk", "--scope", "people.*", "--state", state, "--json")
    assert shown.exit_code == 0
    document = json.loads(shown.stdout)
    assert "people.read" in client_of(open_company(state), document["token"]).scopes
    assert call("token", "desk", "--revoke", "--state", state).stdout == "1 taken back\n"
    assert client_of(open_company(state), document["token"]) is None


def test_a_scope_that_does_not_exist_is_refused(tmp_path):
    refused = call("token", "desk", "--scope", "people.reed", "--state", tmp_path / "c.sqlite")
    assert refused.exit_code != 0
    assert "people.read" in str(refused.exception)


def test_faults_that_do_not_exist_are_refused_before_anything_starts(tmp_path):
    refused = call("serve", "--faults", "eror=1", "--state", tmp_path / "c.sqlite")
    assert refused.exit_code != 0
    assert "eror" in str(refused.exception)
    assert not (tmp_path / "c.sqlite").exists()


def test_it_serves_until_interrupted(tmp_path):
    state = tmp_path / "company.sqlite"
    token = call("token", "desk", "--state", state).stdout.strip()
    command = [
        sys.executable,
        "-c",
        "from workbook.cli.main import main; main()",
        "gateway",
        "serve",
        "--port",
        "0",
        "--state",
        str(state),
    ]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        address = running.stderr.readline().split(" at ")[1].split(",")[0]
        headers = {"Authorization": f"Bearer {token}"}
        made = httpx2.post(f"{address}/helpdesk/tickets", json={"title": "x", "caller": "E1001"}, headers=headers)
        assert made.status_code == 201
    finally:
        running.send_signal(signal.SIGINT)
        rest = running.communicate(timeout=20)[1]
    assert token not in rest
    query = "SELECT title FROM helpdesk_ticket WHERE id = ?"
    assert open_company(state).execute(query, (made.json()["id"],)).fetchone() == ("x",)
