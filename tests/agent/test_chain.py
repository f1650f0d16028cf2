"""The chain: what is found is all that can be called, stages can be replaced, and each tells what it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agent_toys import Toys, call
from retrieval_toys import ToyEncoder

from workbook.agent import Approval, always, canned
from workbook.agent.chain import STAGES, Chain, Event
from workbook.core.chat import Tool, system, user
from workbook.core.errors import UsageError
from workbook.tools import Toolbox
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Bm25
from workbook.tools.toolbox import Terms

ASK = (system("Today is Monday."), user("Get the user 7, please."))


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest.fixture
def chain(toys: Toys, tmp_path: Path) -> Chain:
    registry = Registry(str(tmp_path / "registry"), ToyEncoder())
    needs = {"delete_user": ("admin",)}
    rows = [replace(Operation.of(tool, "toys"), terms=Terms(needs.get(tool.name, ()))) for tool in toys.box]
    registry.put("toys", rows)
    registry.index()

    def bind(operations: Any) -> Toolbox:
        return Toolbox(toys.box[one.tool.name] for one in operations)

    policy = canned(call("get_user", id=7), "It is Ann.")
    return Chain(registry, Bm25(registry), bind, policy, k=3, approve=Approval(always(True)))


def test_a_request_goes_through_every_stage_in_order_and_live(chain: Chain, toys: Toys) -> None:
    live: list[Event] = []
    run = chain.run_sync(ASK, live.append)
    assert run.trace.answer == "It is Ann."
    assert toys.ran == ["get_user"]
    assert [event.stage for event in live] == ["registry", "retrieval", "prompt", "model", "execution", "prompt",
                                               "model", "answer"]  # fmt: skip
    assert tuple(live) == run.events
    assert "6 operations, 5 within" in live[0].said
    assert "get_user" in live[1].said
    assert set(run.seconds) == set(STAGES)


def test_the_query_is_what_the_user_said(chain: Chain) -> None:
    assert chain.run_sync(ASK).hits == tuple(chain.retriever.search([ASK[1].content], 3)[0])


def test_without_a_request_there_is_nothing_to_find(chain: Chain) -> None:
    with pytest.raises(UsageError, match="no request"):
        chain.run_sync([system("Today is Monday."), user(" ")])


def test_what_was_not_found_cannot_be_called(chain: Chain, toys: Toys) -> None:
    run = replace(chain, k=1, model=canned(call("send"), "No.")).run_sync(ASK)
    assert run.trace.tools == ("get_user",)
    assert [record.cause for record in run.trace.calls] == ["wrong tool"]
    assert toys.ran == []


def test_what_the_caller_may_not_use_is_neither_found_nor_shown(chain: Chain) -> None:
    ask = (user("Delete the user 7."),)
    assert "delete_user" not in chain.run_sync(ask).trace.tools
    assert "delete_user" in replace(chain, permissions=("admin",)).run_sync(ask).trace.tools


def test_a_person_is_asked_before_harm(chain: Chain, toys: Toys) -> None:
    policy = canned(call("delete_user"), "Not done.")
    allowed = replace(chain, permissions=("admin",), model=policy)
    run = replace(allowed, approve=Approval(always(False))).run_sync((user("Delete the user 7."),))
    assert [event.said for event in run.events if event.stage == "approval"] == [
        "delete_user is declared destructive: no"
    ]
    assert toys.ran == []
    allowed.run_sync((user("Delete the user 7."),))
    assert toys.ran == ["delete_user"]


def test_show_changes_the_prompt_and_not_the_check(chain: Chain) -> None:
    seen: list[Tool] = []

    def bare(tool: Tool) -> Tool:
        seen.append(tool)
        return Tool(tool.name)

    policy = canned(call("get_user", id="seven"), "Hm.")
    run = replace(chain, show=bare, model=policy).run_sync(ASK)
    assert seen
    assert [record.status for record in run.trace.calls] == ["invalid"]


def test_a_failure_is_an_event_too(chain: Chain) -> None:
    run = replace(chain, model=canned(call("no_user", id=1), "No.")).run_sync((user("No user? Who is the user?"),))
    assert any(event.stage == "execution" and "no such user" in event.said for event in run.events)


def test_without_a_find_there_are_no_tools(chain: Chain) -> None:
    run = replace(chain, model=canned("I have nothing for that.")).run_sync((user("Qwertz?"),))
    assert (run.hits, run.trace.tools, run.trace.ending) == ((), (), "answered")
    assert "nothing fits" in run.events[1].said


def test_the_grammar_of_a_model_is_a_stage(chain: Chain) -> None:
    from workbook.models import load_model

    run = replace(chain, model=load_model("pocket")).run_sync(ASK)
    said = [event.said for event in run.events if event.stage == "constraint"]
    assert "tools and no others" in said[0]
