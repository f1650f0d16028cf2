"""Rows held out of training, by whose loss a run ends early: split off, or brought along, and never learned in part.

A held-out row that was learned, or nearly, says nothing of rows that were not: near copies (``near``) are kept apart.
Leaves out the frozen sets, which are never drawn from and never chosen by.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.near import NearIndex
from workbook.finetune.rows import Row

HEARD = ("user", "tool")


def hold_out(rows: Sequence[Row], share: float, seed: int = 0) -> tuple[list[Row], list[Row]]:
    """``rows`` in their order without the held-out ones, and those; rows too near to a held-out one are in neither.

    Raises ``UsageError`` for a share outside (0, 0.5], ``WorkbookError`` where hardly anything is left to learn from.
    """
    if not 0 < share <= 0.5:
        raise UsageError(f"a share of {share:g} cannot be held out", "Give a share up to 0.5, such as --hold-out 0.05.")
    drawn = set(Random(f"held out {seed}").sample(range(len(rows)), max(1, round(share * len(rows)))))
    held = [rows[place] for place in sorted(drawn)]
    index = NearIndex(map(heard, held))
    rest = [row for place, row in enumerate(rows) if place not in drawn and heard(row) not in index]
    if len(rest) < len(rows) / 2:
        raise WorkbookError(
            f"{len(rows) - len(held) - len(rest)} of {len(rows)} rows are near copies of the {len(held)} held-out ones",
            "Rows that say much the same cannot be split: bring others with --hold-out FILE.jsonl.",
        )
    return rest, held


def check_apart(rows: Sequence[Row], held: Sequence[Row]) -> None:
    """Raise ``WorkbookError`` where a row to learn is a near copy of a held-out one."""
    index = NearIndex(map(heard, held))
    near = [number for number, row in enumerate(rows, 1) if heard(row) in index]
    if near:
        raise WorkbookError(
            f"{len(near)} of {len(rows)} rows are near copies of held-out ones, row {near[0]} the first",
            "Take them out of one of the two, or let a share be split off: --hold-out 0.05.",
        )


def heard(row: Row) -> str:
    """What the model hears in a row or in a pair of answers: the users' and the tools' words."""
    turns = row.get("messages") or row.get("prompt") or []
    return " ".join(str(turn.get("content") or "") for turn in turns if turn.get("role") in HEARD)
