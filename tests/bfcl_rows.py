"""Rows in BFCL's layout, written by us, with the layout's irregularities: no newline at the end, dots in names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DROP = {
    "name": "physics.drop",
    "description": "Free fall.",
    "parameters": {
        "type": "dict",
        "properties": {"seconds": {"type": "float"}, "unit": {"type": "string"}},
        "required": ["seconds"],
    },
}
MAIL = {
    "name": "mail_send",
    "description": "Send a letter.",
    "parameters": {"type": "dict", "properties": {"to": {"type": "string"}}, "required": ["to"]},
}


def row(id: str, text: str, functions: Sequence[Any] = (DROP,), question: Any = None) -> dict[str, Any]:
    """One request."""
    turns = [[{"role": "user", "content": text}]] if question is None else question
    return {"id": id, "question": turns, "function": list(functions)}


SETS: Mapping[str, tuple[list[Any], list[Any] | None]] = {
    "simple_python": (
        [row("simple_python_0", "How far does it fall in 3 s, in metres?"), row("simple_python_1", "And in 4 s?")],
        [
            {"id": "simple_python_0", "ground_truth": [{"physics.drop": {"seconds": [3, 3.0], "unit": ["m", ""]}}]},
            {"id": "simple_python_1", "ground_truth": [{"physics.drop": {"seconds": [4.0], "unit": ["m", ""]}}]},
        ],
    ),
    "parallel": (
        [row("parallel_0", "How far in 1 s and in 2 s?", [DROP, MAIL])],
        [
            {
                "id": "parallel_0",
                "ground_truth": [
                    {"physics.drop": {"seconds": [1], "unit": [""]}},
                    {"physics.drop": {"seconds": [2], "unit": [""]}},
                ],
            }
        ],
    ),
    "irrelevance": ([row("irrelevance_0", "What is the capital of Peru?")], None),
    "live_relevance": ([row("live_relevance_0-0-0", "Drop it.", [DROP] * 11)], None),
    "multi_turn_base": ([row("multi_turn_base_0", "x", question=[[], []])], None),
}


def write(folder: Path, sets: Mapping[str, tuple[list[Any], list[Any] | None]] = SETS) -> Path:
    """Lay the sets out as the repository does."""
    (folder / "possible_answer").mkdir(parents=True, exist_ok=True)
    for name, (rows, answers) in sets.items():
        file = f"BFCL_v4_{name}.json"
        (folder / file).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        if answers is not None:
            (folder / "possible_answer" / file).write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    return folder
