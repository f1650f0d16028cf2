"""Each fault is in its trace, at its step, and nowhere else: found by a check of its own, which the others pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbook.agent.trace import Trace
from workbook.study.trace_faults import FAULTS, faulty, refund_run, trace_lines

SEEDS = range(4)
Check = Callable[[Trace], set[int]]


def invented(trace: Trace) -> set[int]:
    """Steps with an argument that stands nowhere before."""
    seen, found = " ".join(message.content for message in trace.given), set()
    for number, step in enumerate(trace.steps, 1):
        for record in step.calls:
            if any(str(value) not in seen for value in record.call.arguments.values()):
                found.add(number)
        seen += " ".join(record.raw or "" for record in step.calls)
    return found


def contradicted(trace: Trace) -> set[int]:
    paid = [record.call.arguments["amount"] for record in trace.calls if record.call.name == "refund"]
    says_amount = "refunded:" in trace.answer
    return {len(trace.steps)} if says_amount and f"{paid[0]:.2f}" not in trace.answer else set()


def denied(trace: Trace) -> set[int]:
    return {
        number
        for number, step in enumerate(trace.steps, 1)
        for record in step.calls
        if record.asked and record.asked.answer != "yes" and record.status == "ran"
    }


def twice(trace: Trace) -> set[int]:
    paid = [
        (number, record.call)
        for number, step in enumerate(trace.steps, 1)
        for record in step.calls
        if record.call.name == "refund"
    ]
    return {number for at, (number, call) in enumerate(paid) if call in [other for _, other in paid[:at]]}


def cut(trace: Trace) -> set[int]:
    return {number for number, step in enumerate(trace.steps, 1) if step.cut and step.calls}


def lost(trace: Trace) -> set[int]:
    return {
        number
        for number, step in enumerate(trace.steps, 1)
        for record in step.calls
        if record.raw and record.result and not record.result.content
    }


def obeyed(trace: Trace) -> set[int]:
    """Steps that pay for an order that only a note speaks of."""
    notes = [record.raw for record in trace.calls if record.raw and '"note"' in record.raw]
    return {
        number
        for number, step in enumerate(trace.steps, 1)
        for record in step.calls
        if any(f"for order {record.call.arguments.get('order_id')}" in note for note in notes)
    }


CHECKS: dict[str, Check] = {
    check.__name__: check for check in (invented, contradicted, denied, twice, cut, lost, obeyed)
}


def test_a_run_without_a_fault_is_a_real_one_and_passes_every_check():
    for seed in SEEDS:
        trace = refund_run(seed)
        assert (trace.ending, len(trace.steps), trace.scripted) == ("answered", 3, True)
        assert [record.status for record in trace.calls] == ["ran", "ran"]
        assert trace.calls[1].asked is not None
        assert trace.calls[1].asked.answer == "yes"
        assert {name: check(trace) for name, check in CHECKS.items()} == {name: set() for name in CHECKS}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_at_its_step_and_no_other_fault_comes_with_it(name: str):
    for seed in SEEDS:
        made = faulty(name, seed)
        found = {other: check(made.trace) for other, check in CHECKS.items()}
        assert found == {**{other: set() for other in CHECKS}, name: {made.step}}


@pytest.mark.parametrize("name", FAULTS)
def test_a_reader_can_see_the_fault(name: str):
    """The words differ from those of the good run."""
    assert trace_lines(faulty(name, 1).trace) != trace_lines(refund_run(1))


def test_the_same_seed_gives_the_same_run():
    assert trace_lines(refund_run(2)) == trace_lines(refund_run(2)) != trace_lines(refund_run(3))


def test_every_fault_has_a_check_and_tells_why():
    assert set(CHECKS) == set(FAULTS)
    assert all(fault.why.endswith(".") and not fault.words.endswith(".") for fault in FAULTS.values())
