"""When2Call's test sets as they lie in their repository: a question, tools, and four answers of which one is right.

Reads ``when2call_test_mcq.jsonl`` or, where only that is there, ``when2call_test_llm_judge.jsonl``. Tools are JSON in
strings, in BFCL's types. Source: Ross et al., "When2Call" (2504.18851). Leaves out the judging by another model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall, assistant
from workbook.core.errors import WorkbookError
from workbook.suites.bfcl_schemas import bfcl_tool
from workbook.suites.json_rows import json_rows, spread

CHOICES = ("direct", "tool_call", "request_for_info", "cannot_answer")
FILES = ("when2call_test_mcq.jsonl", "when2call_test_llm_judge.jsonl")
EXPECTED = (
    f'Expected {" or ".join(FILES)} of rows {{"uuid", "question", "correct_answer", '
    f'"answers": {{{", ".join(CHOICES)}}}, "tools": [JSON in strings]}}.'
)
SHOWN = 8


@dataclass(frozen=True)
class ChoiceRow:
    """A question with the tools at hand, the answers by choice, and which is right."""

    id: str
    question: str
    tools: tuple[Tool, ...]
    answers: Mapping[str, Message]
    right: str


def load_when2call(source: str | Path, limit: int | None = None) -> tuple[list[ChoiceRow], list[str]]:
    """The rows of a file or of a checkout's folder, ``limit`` of them evenly spread; and which are left out, and why.

    Raises :class:`WorkbookError` for an unknown layout, and when not one row can be scored.
    """
    path = _file(Path(source))
    rows: list[ChoiceRow] = []
    left_out: list[str] = []
    for number, row in enumerate(json_rows(path), 1):
        id = str(row.get("uuid") or f"row {number}")
        try:
            rows.append(_row(row, id))
        except ValueError as error:
            left_out.append(f"{id}: {error}")
    if not rows:
        raise WorkbookError(f"not one row of {path} can be scored ({'; '.join(left_out[:3]) or 'empty'})", EXPECTED)
    return spread(rows, limit), left_out


def _file(root: Path) -> Path:
    if root.is_file():
        return root
    if not root.is_dir():
        raise WorkbookError(f"no file or folder {root}", EXPECTED)
    found = next((path for name in FILES for path in sorted(root.rglob(name))), None)
    if found is None:
        names = sorted(path.name for path in root.iterdir())
        raise WorkbookError(f"no When2Call in {root}; it holds {', '.join(names[:SHOWN]) or 'nothing'}", EXPECTED)
    return found


def _row(row: Mapping[str, Any], id: str) -> ChoiceRow:
    question, right, answers = row.get("question"), row.get("correct_answer"), row.get("answers")
    if not isinstance(question, str) or not isinstance(answers, Mapping):
        raise ValueError(f"no question or no answers; it has {', '.join(map(str, row)) or 'nothing'}")
    given = {choice: _answer(choice, answers[choice]) for choice in CHOICES if answers.get(choice)}
    if not isinstance(right, str) or right not in given:
        raise ValueError(f"its right answer {right!r} is not among {', '.join(given) or 'none'}")
    return ChoiceRow(id, question, tuple(_tool(one) for one in row.get("tools") or ()), given, right)


def _answer(choice: str, given: Any) -> Message:
    """The answer as a turn; a call that is none stays the text that it is."""
    if choice == "tool_call":
        try:
            read = json.loads(given) if isinstance(given, str) else given
            calls = read if isinstance(read, list) else [read]
            return assistant("", *(ToolCall.from_dict(call) for call in calls))
        except (ValueError, TypeError, AttributeError):
            return assistant(str(given))
    return assistant(str(given))


def _tool(given: Any) -> Tool:
    function = json.loads(given) if isinstance(given, str) else given
    if not isinstance(function, Mapping):
        raise ValueError(f"a tool is no object: {str(given)[:60]!r}")
    return bfcl_tool(function)
