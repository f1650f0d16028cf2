"""Spans of a run: names and attributes by the conventions, times that fit, and nothing that was said."""

from __future__ import annotations

import json

import pytest
from agent_toys import QUESTION, Toys, call

from workbook.agent import Agent, Trace, canned
from workbook.agent.spans import emit, spans_of
from workbook.models.base import Reply

END = 1_800_000_000_000_000_000


@pytest.fixture
def exported():
    """A tracer, and what it has exported."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    yield provider.get_tracer("workbook"), memory.get_finished_spans
    provider.shutdown()


def trace(*turns, **how) -> Trace:
    return Agent(canned(*turns), Toys().box, **how).run_sync(QUESTION)


TURNS = (Reply("", (call("get_user", id=7), call("invented_hunter2"))), call("no_user", id=1), "Ann.")


def test_a_run_is_a_tree_of_spans_by_the_conventions(exported):
    tracer, finished = exported
    made = trace(*TURNS)
    emit(made, tracer, "desk", END)
    spans = finished()
    (run,) = [span for span in spans if span.parent is None]
    assert run.name == "invoke_agent desk"
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert run.attributes["gen_ai.agent.name"] == "desk"
    inside = sorted((span for span in spans if span.parent), key=lambda span: span.start_time)
    assert {span.parent.span_id for span in inside} == {run.context.span_id}
    assert [span.name for span in inside if span.name.startswith("execute")] == [
        "execute_tool get_user", "execute_tool unknown", "execute_tool no_user",
    ]  # fmt: skip
    assert sum(span.name == f"chat {made.policy}" for span in inside) == 3
    wrong = {span.name: span.attributes["error.type"] for span in spans if "error.type" in span.attributes}
    assert wrong == {"execute_tool unknown": "wrong tool", "execute_tool no_user": "semantic"}
    assert all(span.status.is_ok is (span.name not in wrong) for span in spans)


def test_times_fit_into_each_other(exported):
    tracer, finished = exported
    made = trace(*TURNS)
    emit(made, tracer, ended=END)
    spans = finished()
    run = next(span for span in spans if span.parent is None)
    assert run.end_time == END
    assert run.end_time - run.start_time == pytest.approx(made.seconds * 1e9, abs=10)
    assert all(run.start_time <= span.start_time <= span.end_time <= run.end_time for span in spans)


def test_nothing_that_was_said_leaves_unless_asked_for(exported):
    tracer, finished = exported
    made = trace(*TURNS, secrets={"ann@example.org"})
    emit(made, tracer)
    told = " ".join(span.to_json() for span in finished())
    assert not [word for word in ("Ann", "Who is", "hunter2", "no such user") if word in told]
    emit(made, tracer, contents=True)
    whole = [span.attributes for span in finished()]
    results = [one["gen_ai.tool.call.result"] for one in whole if "gen_ai.tool.call.result" in one]
    arguments = [one["gen_ai.tool.call.arguments"] for one in whole if "gen_ai.tool.call.arguments" in one]
    assert json.loads(arguments[0]) == {"id": 7}
    assert "Ann" in results[0]
    assert "ann@example.org" not in " ".join(results)


def test_usage_is_the_sum_of_the_turns(exported):
    tracer, finished = exported
    made = trace(*TURNS)
    emit(made, tracer)
    spans = finished()
    run = next(span for span in spans if span.parent is None)
    for side in ("input", "output"):
        name = f"gen_ai.usage.{side}_tokens"
        assert run.attributes[name] == sum(s.attributes[name] for s in spans if s.name.startswith("chat"))
    assert run.attributes["gen_ai.usage.input_tokens"] == sum(step.prompt_tokens for step in made.steps)


def test_a_run_that_failed_says_so(exported):
    class Broken:
        name, scripted = "broken", True

        async def propose(self, messages, tools):
            raise RuntimeError("hunter2")

    tracer, finished = exported
    emit(Agent(Broken(), Toys().box).run_sync(QUESTION), tracer)
    (run,) = finished()
    assert run.attributes["error.type"] == "failed"
    assert not run.status.is_ok
    assert "hunter2" not in run.to_json()


def test_spans_to_look_at_are_those_that_are_written():
    told = [span.name for span in spans_of(trace(*TURNS), "desk")]
    assert told[-1] == "invoke_agent desk"
    assert "execute_tool get_user" in told
