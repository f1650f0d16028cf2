"""A model as a policy: what it is shown, what is read, and that a cut text is never run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from agent_toys import QUESTION, Toys

import workbook.grammar
from workbook.agent import Agent, ModelPolicy, canned
from workbook.agent.policy import CUT, as_policy
from workbook.core.chat import Tool
from workbook.core.constraints import ToolCalls
from workbook.core.errors import UsageError
from workbook.models import hermes
from workbook.models.base import Completion

CALL = '<tool_call>\n{"name": "get_user", "arguments": {"id": 7}}\n</tool_call>'


class Written:
    """A model that writes one text, and notes how it was asked."""

    name, fingerprint = "written", "none"
    render, parse = staticmethod(hermes.render), staticmethod(hermes.parse)

    def __init__(self, text: str, reason: Any = "stop") -> None:
        self.text, self.reason = text, reason
        self.prompts: list[str] = []
        self.sampling: dict[str, Any] = {}

    def complete(self, prompts: Sequence[str], **sampling: Any) -> list[Completion]:
        self.prompts += prompts
        self.sampling = sampling
        return [Completion(self.text, (1, 2, 3), self.reason, 40, 0.1) for _ in prompts]


def test_a_model_is_shown_the_tools_and_read_in_its_format() -> None:
    model = Written(f"Let me see.\n{CALL}")
    turn = asyncio.run(ModelPolicy(model, max_new_tokens=9).propose(QUESTION, [Tool("get_user")]))
    assert '"get_user"' in model.prompts[0]
    assert (turn.reply.content, turn.reply.calls[0].arguments, turn.reply.problems) == ("Let me see.", {"id": 7}, ())
    assert (turn.prompt_tokens, turn.tokens, turn.cut, model.sampling) == (40, 3, False, {"max_new_tokens": 9})


@pytest.mark.parametrize("text", [CALL, f"{CALL}\n<tool_call>\n{{"])
def test_a_cut_text_runs_nothing(text: str) -> None:
    toys = Toys()
    trace = Agent(Written(text, "length"), toys.box).run_sync(QUESTION)
    assert (toys.ran, trace.ending) == ([], "forced")
    assert CUT in trace.steps[0].problems
    assert trace.steps[0].cut


def test_a_cut_answer_is_an_answer_and_says_so() -> None:
    trace = Agent(Written("The user is", "length"), Toys().box).run_sync(QUESTION)
    assert (trace.ending, trace.answer, trace.steps[0].cut) == ("answered", "The user is", True)


def test_a_policy_stays_what_it_is_and_takes_no_grammar() -> None:
    policy = canned("x")
    assert as_policy(policy) is policy
    with pytest.raises(UsageError, match="no grammar can bind"):
        as_policy(policy, "grammar")


@pytest.mark.parametrize(
    ("constraint", "tools", "bound"), [("grammar", 1, True), ("grammar", 0, False), ("free", 1, False)]
)
def test_the_grammar_binds_calls_where_there_are_tools(
    constraint: Any, tools: int, bound: bool, monkeypatch: Any
) -> None:
    asked: list[Any] = []
    plain = workbook.grammar.generate

    def generate(model: Any, prompts: Any, constraint: Any) -> Any:
        asked.append(constraint)
        return plain(model, prompts)

    monkeypatch.setattr(workbook.grammar, "generate", generate)
    offered = (Tool("get_user"),) * tools
    asyncio.run(ModelPolicy(Written("hi"), constraint).propose(QUESTION, offered))
    assert asked == [ToolCalls(offered, required=False, parallel=True) if bound else None]
