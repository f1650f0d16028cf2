"""The filter of system calls, run here step by step over every number."""

from __future__ import annotations

import pytest

from workbook.core.errors import WorkbookError
from workbook.tools import seccomp
from workbook.tools.seccomp import ABSENT, ALLOW, ARCHITECTURES, INSTRUCTION, KILL, REFUSE, REFUSED, system_call_filter

TESTS = {
    seccomp.EQUAL: lambda value, other: value == other,
    seccomp.AT_LEAST: lambda value, other: value >= other,
    seccomp.ANY_BIT: lambda value, other: bool(value & other),
}


def verdict(program: bytes, architecture: int, number: int, argument: int = 0) -> int:
    """What the kernel would decide: classic BPF over one call."""
    steps = list(INSTRUCTION.iter_unpack(program))
    data = {seccomp.ARCHITECTURE: architecture, seccomp.NUMBER: number, seccomp.FIRST_ARGUMENT: argument}
    at, value = 0, 0
    while True:
        code, when, otherwise, operand = steps[at]
        at += 1
        if code == seccomp.RETURN:
            return operand
        if code == seccomp.LOAD:
            value = data[operand]
        else:
            at += when if TESTS[code](value, operand) else otherwise


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_call_has_the_verdict_that_the_table_says(machine):
    architecture, column = ARCHITECTURES[machine]
    program = system_call_filter(machine)
    refused = {numbers[column] for numbers in REFUSED.values()}
    assert len(refused) == len(REFUSED)
    for number in range(600):
        if number == seccomp.SOCKET[column]:
            continue
        expected = ABSENT if number == seccomp.CLONE3 else REFUSE if number in refused else ALLOW
        assert verdict(program, architecture, number) == expected, number


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_a_thread_may_be_made_and_a_namespace_not(machine):
    architecture, column = ARCHITECTURES[machine]
    program, clone = system_call_filter(machine), seccomp.CLONE[column]
    thread, fork = 0x003D0F00, 0x01200011
    assert verdict(program, architecture, clone, thread) == verdict(program, architecture, clone, fork) == ALLOW
    for bit in (0x20000, *(1 << shift for shift in range(25, 31))):
        assert verdict(program, architecture, clone, fork | bit) == REFUSE


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_sockets_are_of_a_kind_that_a_namespace_confines(machine):
    architecture, column = ARCHITECTURES[machine]
    program = system_call_filter(machine)
    verdicts = {family: verdict(program, architecture, seccomp.SOCKET[column], family) for family in range(64)}
    assert {family for family, told in verdicts.items() if told == ALLOW} == {1, 2, 10, 16}
    assert verdicts[40] == REFUSE


def test_calls_by_another_table_do_not_pass():
    program, (architecture, _) = system_call_filter("x86_64"), ARCHITECTURES["x86_64"]
    i386 = 0x40000003
    assert verdict(program, i386, 1) == KILL
    assert {verdict(program, architecture, seccomp.X32 + number) for number in range(600)} == {REFUSE}


def test_a_machine_without_a_filter_is_refused():
    with pytest.raises(WorkbookError, match="riscv64"):
        system_call_filter("riscv64")
