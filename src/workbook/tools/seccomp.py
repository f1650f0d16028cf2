"""A filter of system calls in the kernel's own form, which every sandbox adds to what it has.

It refuses what namespaces and limits of resources do not cover: memory that belongs to no address space, namespaces
within the namespace, other processes' memory, and doors that have had many holes. All else is allowed. The form is
classic BPF, as in ``seccomp(2)``; the numbers are those of the kernel's tables for x86-64 and ARM64.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Sequence

from workbook.core.errors import WorkbookError

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""By the machine's name: the kernel's constant, and the column of the tables below."""
REFUSED: dict[str, tuple[int, int]] = {
    # Memory that no limit on address space counts.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    # Large and often broken parts of the kernel.
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
SOCKET = (41, 198)
FAMILIES = (1, 2, 10, 16)
"""Kinds of sockets that a namespace confines: local, IPv4, IPv6, and netlink. Others are not, such as those to the host
of a virtual machine."""
CLONE, CLONE3 = (56, 220), 435
NEW_NAMESPACES = 0x7E020000
"""Flags of ``clone`` that make a namespace; ``clone3`` hides its flags behind a pointer, so libraries are told that it
does not exist and take ``clone``."""
X32 = 0x40000000
"""The first number of a second table, on x86-64, of the same calls."""

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Where these lie in what the kernel hands to a filter."""
ALLOW, REFUSE, ABSENT, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
"""Verdicts: go on, EPERM, ENOSYS, end the process."""
INSTRUCTION = struct.Struct("=HBBI")
Instruction = tuple[int, int, int, int]
"""What to do, how many to leave out when a test is true and when it is not, and a number."""
LOADER = """
import ctypes, os, sys
code = bytes.fromhex(sys.argv[1])
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
if ctypes.CDLL(None).prctl(22, 2, ctypes.byref(Program(len(code) // 8, code)), 0, 0):
    sys.exit("the filter of system calls was refused")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Puts a filter on itself (``PR_SET_SECCOMP``) and becomes the command."""


def filtered(command: Sequence[str], python: str) -> list[str]:
    """``command`` behind a small program of ``python`` that puts the filter on; for engines that take none."""
    return [python, "-I", "-S", "-c", LOADER, system_call_filter(platform.machine()).hex(), *command]


def system_call_filter(machine: str) -> bytes:
    """The filter for ``machine``, as bubblewrap's ``--seccomp`` reads it; ``WorkbookError`` where we have none."""
    if machine not in ARCHITECTURES:
        raise WorkbookError(f"no filter of system calls for a {machine}", f"There are: {', '.join(ARCHITECTURES)}.")
    architecture, column = ARCHITECTURES[machine]
    # A jump counts the instructions that it leaves out: every test is followed by its verdict, or jumps over it.
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        *_verdict((EQUAL, 1, 0, architecture), KILL),
        (LOAD, 0, 0, NUMBER),
        *_verdict((AT_LEAST, 0, 1, X32), REFUSE),
        *_verdict((EQUAL, 0, 1, CLONE3), ABSENT),
        *(step for numbers in REFUSED.values() for step in _verdict((EQUAL, 0, 1, numbers[column]), REFUSE)),
        (EQUAL, 0, 4, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *_verdict((ANY_BIT, 0, 1, NEW_NAMESPACES), REFUSE),
        (RETURN, 0, 0, ALLOW),
        (EQUAL, 1, 0, SOCKET[column]),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *(step for family in FAMILIES for step in _verdict((EQUAL, 0, 1, family), ALLOW)),
        (RETURN, 0, 0, REFUSE),
    ]
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in program)


def _verdict(test: Instruction, verdict: int) -> list[Instruction]:
    return [test, (RETURN, 0, 0, verdict)]
