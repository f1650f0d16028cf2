"""Rows to train on, in TRL's conversational form: ``{"messages": [...], "tools": [...]}``, tools where there are any.

Reads JSON Lines and refuses what would train something else than is meant. Leaves out making rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbook.core.chat import Message, Tool
from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.models.tokens import guard_all

Row = Mapping[str, Any]
FORM = 'Expected {"messages": [{"role", "content"}, ...]}, with an assistant\'s turn, and "tools" where there are any.'


def read_rows(path: Path) -> list[Row]:
    """The rows of a file of JSON Lines; an error names the line."""
    if not path.is_file():
        raise WorkbookError(f"no file {path}", "Give JSON Lines; `workbook finetune data --help` writes some.")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [_read(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write JSON Lines, one a row, in one step; makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def digest(rows: Sequence[Row]) -> str:
    """sha256 over the rows in their order: which data a model was made with."""
    return hashlib.sha256("\n".join(json.dumps(row, sort_keys=True) for row in rows).encode()).hexdigest()


def check_rows(rows: Sequence[Row], controls: Mapping[str, int]) -> None:
    """Raise :class:`WorkbookError` at the first row that cannot be learned from; ``controls`` are the tokenizer's."""
    if not rows:
        raise WorkbookError("there are no rows to train on", FORM)
    for number, row in enumerate(rows, 1):
        _check(row, f"row {number}", controls)


def as_rendered(row: Row) -> dict[str, Any]:
    """The row as a chat template is given it when the model is asked, so that both see the same tokens."""
    turns = [Message.from_dict(turn).to_dict() for turn in row["messages"]]
    return {"messages": turns, "tools": [Tool.from_dict(tool).to_dict() for tool in row.get("tools") or ()] or None}


def _read(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise WorkbookError(f"{where}: {error}", FORM) from error
    if not isinstance(row, Mapping):
        raise WorkbookError(f"{where}: not an object", FORM)
    return row


def _check(row: Row, where: str, controls: Mapping[str, int]) -> None:
    try:
        turns = [Message.from_dict(turn) for turn in row["messages"]]
        _ = [Tool.from_dict(tool) for tool in row.get("tools") or ()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise WorkbookError(f"{where}: {reason}", FORM) from error
    if not any(turn.role == "assistant" and (turn.content or turn.tool_calls) for turn in turns):
        raise WorkbookError(f"{where} has no assistant's turn, so nothing in it can be learned", FORM)
    if guard_all(row, controls) != row:
        spelled = next(control for control in sorted(controls, key=len, reverse=True) if control in json.dumps(row))
        raise WorkbookError(
            f"{where} spells the control token {spelled} in its text, which would end or begin a turn",
            "Give calls as `tool_calls` and leave control tokens to the chat template.",
        )
