"""Starting and stopping, and the tools that a document makes of the company."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest

from workbook.agent import Agent, Approval, always, canned
from workbook.core.chat import ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.gateway.serving import HOST, ServedCompany, bind
from workbook.tools import ToolError
from workbook.tools.openapi import from_openapi


def test_it_stops_when_left():
    with ServedCompany() as company:
        metrics = f"{company.address}/metrics"
        assert httpx2.get(metrics).status_code == 200
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(metrics, timeout=1)


def test_it_listens_on_this_machine_only_and_says_when_a_port_is_taken():
    with bind(0) as taken:
        taken.listen()
        assert taken.getsockname()[0] == HOST == "127.0.0.1"
        with pytest.raises(WorkbookError, match="cannot be used"):
            bind(taken.getsockname()[1])
    with pytest.raises(WorkbookError, match="cannot be used"):
        bind(70_000)


def test_its_operations_are_tools_that_run():
    with ServedCompany() as company:
        credentials = {"token": company.token()}
        tools = from_openapi(f"{company.address}/people/openapi.json", credentials=credentials).toolbox
        found = json.loads(asyncio.run(tools["search_employees"].run({"name": "Jana", "limit": 5})))
        assert found["total"] == len(found["items"]) > 0
        with pytest.raises(ToolError, match="there is no leave request LR-1"):
            asyncio.run(tools["cancel_leave_request"].run({"leave_request_id": "LR-1"}))


@pytest.mark.parametrize("allowed", [False, True])
def test_what_is_declared_destructive_waits_for_a_person(company, allowed):
    """A POST looks like any other write; only the document says that a badge is gone for good."""
    credentials = {"token": company.token("approver")}
    tools = from_openapi(f"{company.address}/access/openapi.json", credentials=credentials).toolbox
    badge = company.connection.execute("SELECT id FROM access_badge WHERE status = 'active' LIMIT 1").fetchone()[0]
    policy = canned(ToolCall("badge_revoke", {"badge_no": badge}), "Done.")
    trace = Agent(policy, tools, approve=Approval(always(allowed))).run_sync((user("Close the pass."),))
    status = company.connection.execute("SELECT status FROM access_badge WHERE id = ?", (badge,)).fetchone()[0]
    assert trace.ending == "answered"
    assert status == ("revoked" if allowed else "active")
