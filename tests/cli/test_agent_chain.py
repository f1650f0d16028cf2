"""The chain behind ``workbook agent`` against a gateway that runs: what it changes there, and what it never shows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import workbook.models
from workbook.agent import canned
from workbook.agent.chain import Event
from workbook.cli import agent_chain
from workbook.cli.agent_chain import TOKEN, TOLD, show
from workbook.cli.console import err
from workbook.cli.main import app
from workbook.core.chat import ToolCall
from workbook.gateway import ServedCompany

LEAVE = ToolCall("people_approve_leave_request", {"leave_request_id": "LR-2009"})
BADGE = ToolCall("access_badge_revoke", {"badge_no": "BG-5149"})


@pytest.fixture(scope="module")
def company() -> Iterator[ServedCompany]:
    with ServedCompany() as running:
        yield running


@pytest.fixture
def ask(company: ServedCompany, monkeypatch: Any) -> Callable[..., Any]:
    """One question to the chain over the company's gateway, for a policy and a caller's scopes."""

    def run(question: str, policy: Any, *options: str, scopes: tuple[str, ...] = ("*",)) -> Any:
        monkeypatch.setenv(TOKEN, company.token("me", *scopes))
        monkeypatch.setattr(workbook.models, "load_model", lambda name: policy)
        return CliRunner().invoke(app, ["agent", question, "--gateway", company.address, "--json", *options])

    return run


def value(company: ServedCompany, query: str) -> Any:
    return company.connection.execute(query).fetchone()[0]


def test_a_gateway_that_runs_is_changed_once_under_a_key_and_the_token_is_shown_nowhere(
    ask: Any, company: ServedCompany, tmp_path: Path
) -> None:
    trace = tmp_path / "run.jsonl"
    shown = ask("LR-2009 is fine by me, Karim can go.", canned(LEAVE, "Done."), "--trace", str(trace))
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["calls"][0]["status"] == "ran"
    assert value(company, "SELECT status FROM people_leave_request WHERE id = 'LR-2009'") == "approved"
    assert value(company, "SELECT count(*) FROM gateway_answers WHERE client = 'me'") == 1
    assert os.environ[TOKEN] not in shown.stdout + shown.stderr + trace.read_text()


def test_what_is_destructive_does_not_run_where_nobody_can_be_asked(ask: Any, company: ServedCompany) -> None:
    shown = ask("Revoke the badge BG-5149.", canned(BADGE, "It was not done."))
    assert json.loads(shown.stdout)["calls"][0]["status"] == "denied"
    assert "declared destructive: no" in " ".join(shown.stderr.split())
    assert value(company, "SELECT status FROM access_badge WHERE id = 'BG-5149'") != "revoked"


def test_the_gateway_refuses_what_the_token_may_not_whatever_the_filter_lets_through(ask: Any) -> None:
    shown = ask("LR-2009 is fine by me, Karim can go.", canned(LEAVE, "It was refused."), scopes=("people.read",))
    [call] = json.loads(shown.stdout)["calls"]
    assert call["status"] == "failed"
    assert "403" in call["result"]


def test_a_line_of_the_live_trace_is_one_line_without_markup(monkeypatch: Any) -> None:
    with err.capture() as captured:
        show(Event("execution", 0.5, "[red]one\ntwo[/red] " + "x" * 2 * TOLD))
    line = captured.get()
    assert line.count("\n") == 1
    assert line.startswith("execution")
    assert "[red]one two[/red]" in line
    assert len(line) < TOLD + 40


def test_permissions_are_those_that_the_patterns_stand_for() -> None:
    class Asked:
        def demands(self) -> set[str]:
            return {"people.read", "people.write", "fleet.read"}

    held: Any = agent_chain._held
    assert held(Asked(), ["people.*"]) == ["people.read", "people.write"]
    assert held(Asked(), ["*"]) == ["fleet.read", "people.read", "people.write"]
