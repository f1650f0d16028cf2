"""A run as OpenTelemetry spans, by the semantic conventions for generative AI (as of version 1.41, in development).

One ``invoke_agent`` span, in it a ``chat`` span a turn and an ``execute_tool`` span a call. A trace keeps durations
and no times of day, so spans are laid out backwards from the end. What was said stays out unless it is asked for, and
a name that a model has made up never becomes a span's. Leaves out where spans go: give a tracer of your provider.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from workbook.agent.trace import CallRecord, Step, Trace

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span, Tracer

NANO = 10**9
UNKNOWN_TOOL = "unknown"
PROVIDER = "workbook"
"""Who serves the model, where nothing says more."""


def emit(trace: Trace, tracer: Tracer, agent: str = "agent", ended: int | None = None, contents: bool = False) -> None:
    """Write the run as spans that end at ``ended`` (nanoseconds since 1970; now, without).

    With ``contents`` the arguments and results of calls are written too, as far as the trace holds them: secrets that
    its agent knew are blotted out there already.
    """
    from opentelemetry import trace as otel

    end = ended if ended is not None else time.time_ns()
    start = end - _nanoseconds(trace.seconds)
    told: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": agent,
        **_model(trace),
        **_usage(trace.steps),
    }
    run = tracer.start_span(f"invoke_agent {agent}", start_time=start, attributes=told)
    inside, clock = otel.set_span_in_context(run), start
    for step in trace.steps:
        clock = _turn(tracer, inside, trace, step, clock)
        clock = _calls(tracer, inside, trace, step, clock, contents)
    if trace.ending in ("failed", "cancelled"):
        _failed(run, trace.ending)
    run.end(max(end, clock))


def spans_of(trace: Trace, agent: str = "agent", contents: bool = False) -> tuple[ReadableSpan, ...]:
    """The spans that :func:`emit` writes, to look at; nothing leaves this process."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    emit(trace, provider.get_tracer("workbook"), agent, contents=contents)
    provider.shutdown()
    return memory.get_finished_spans()


def _turn(tracer: Tracer, inside: Context, trace: Trace, step: Step, start: int) -> int:
    """The model's turn; when it ended."""
    finish = "length" if step.cut else "tool_calls" if step.calls else "stop"
    told: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.finish_reasons": [finish],
        **_model(trace),
        **_usage((step,)),
    }
    span = tracer.start_span(f"chat {trace.policy}", inside, start_time=start, attributes=told)
    if step.problems:
        _failed(span, "unreadable")
    end = start + _nanoseconds(step.seconds)
    span.end(end)
    return end


def _calls(tracer: Tracer, inside: Context, trace: Trace, step: Step, start: int, contents: bool) -> int:
    """The calls of a turn, which run side by side; when the last one ended."""
    ends = [start]
    for record in step.calls:
        name = record.call.name if record.call.name in trace.tools else UNKNOWN_TOOL
        told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.type": "function"}
        told |= _contents(record) if contents else {}
        span = tracer.start_span(f"execute_tool {name}", inside, start_time=start, attributes=told)
        if record.cause:
            _failed(span, record.cause)
        ends.append(start + _nanoseconds(record.seconds))
        span.end(ends[-1])
    return max(ends)


def _contents(record: CallRecord) -> dict[str, Any]:
    result = {} if record.result is None else {"gen_ai.tool.call.result": record.result.content}
    return {"gen_ai.tool.call.arguments": json.dumps(dict(record.call.arguments)), **result}


def _model(trace: Trace) -> dict[str, str]:
    return {"gen_ai.provider.name": PROVIDER, "gen_ai.request.model": trace.policy}


def _usage(steps: tuple[Step, ...]) -> dict[str, int]:
    read, written = sum(step.prompt_tokens for step in steps), sum(step.tokens for step in steps)
    return {"gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written}


def _failed(span: Span, kind: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANO)
