"""Rows of our own in When2Call's layout, its irregularities included."""

from __future__ import annotations

import json
from pathlib import Path

TOOL = {"name": "sky.rain", "description": "Says where it rains.", "parameters": {
    "type": "dict", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Which."}, "days": {"type": "integer", "enum": ["1", "2"]},
    }}}  # fmt: skip


def row(uuid: str, right: str, tools: int = 1, **changes) -> dict:
    answers = {
        "direct": "It never rains in Rome.",
        "tool_call": json.dumps({"name": "sky.rain", "arguments": {"city": "Rome"}}),
        "request_for_info": "Which city do you mean?",
        "cannot_answer": "I cannot look that up.",
    }
    made = {"uuid": uuid, "question": "Will it rain?", "correct_answer": right, "answers": answers,
            "target_tool": None, "tools": [json.dumps(TOOL)] * tools}  # fmt: skip
    return made | changes


ROWS = [
    row("a", "tool_call", question="Will it rain in Rome?"),
    row("b", "request_for_info"),
    row("c", "cannot_answer", tools=0),
    row("d", "direct", answers={"direct": "Yes.", "tool_call": "not JSON", "request_for_info": None}),
    row("e", "nothing known"),
    row("f", "direct", answers=None),
    row("g", "direct", tools=0) | {"tools": ["[1]"]},
]
"""Of these the last three cannot be scored."""


def write(folder: Path, rows: list[dict] = ROWS, name: str = "when2call_test_mcq.jsonl") -> Path:
    path = folder / "data" / "test" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path
