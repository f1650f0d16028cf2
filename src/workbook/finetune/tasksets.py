"""The frozen task sets under data/tasks: drawn once from the held-out split, kept, never trained on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from workbook.core.files import write_whole
from workbook.finetune import conversations, facts, general
from workbook.finetune.checks import Funnel
from workbook.finetune.conversations import Example
from workbook.finetune.plain_tools import plain_spec
from workbook.finetune.toolmaker import MakeSpec, make_spec

SEED = 2026
COMPRESSED = ("calls", "calls_1", "calls_8", "calls_16", "calls_plain", "results", "facts")  # large, or of long rows


@dataclass(frozen=True)
class ToolSet:
    """A frozen set: how many examples of each kind, the fewest and most tools of one, and what makes a tool."""

    kinds: Mapping[str, int]
    fewest: int
    most: int
    maker: MakeSpec = make_spec


TOOL_SETS: Mapping[str, ToolSet] = {
    "calls": ToolSet({"call": 460, "parallel": 60, "ask": 500, "decline": 500}, 1, 4),
    "calls_1": ToolSet({"call": 200, "ask": 100, "decline": 100}, 1, 1),
    "calls_8": ToolSet({"call": 200, "ask": 100, "decline": 100}, 8, 8),
    "calls_16": ToolSet({"call": 200, "ask": 100, "decline": 100}, 16, 16),
    "calls_plain": ToolSet({"call": 200, "ask": 100, "decline": 100}, 1, 4, plain_spec),
    "results": ToolSet({"answer": 200, "repair": 200}, 1, 4),
}


def task_row(example: Example, number: int) -> dict[str, Any]:
    """The example as a line of a task set: the last turn becomes what is expected."""
    return {
        "id": f"{example.kind}_{number}",
        "kind": example.kind,
        "messages": [message.to_dict() for message in example.messages[:-1]],
        "tools": [tool.to_dict()["function"] for tool in example.tools],
        "expected": [call.to_dict() for call in example.answer.tool_calls],
        "accept": list(example.accept),
    }


def _distinct(makes: Iterable[Any], count: int, funnel: Funnel) -> list[Example]:
    """The first ``count`` examples that pass every check."""
    kept: list[Example] = []
    for example in makes:
        if funnel.keep(example):
            kept.append(example)
        if len(kept) == count:
            break
    return kept


def tool_set(name: str) -> list[dict[str, Any]]:
    """The rows of one of ``TOOL_SETS``, shuffled."""
    chosen = TOOL_SETS[name]
    rng, funnel, rows = Random(f"{SEED}/{name}"), Funnel(), []
    for kind, count in chosen.kinds.items():
        drawn = (_drawn(kind, chosen, rng) for _ in iter(int, 1))
        rows += _distinct(drawn, count, funnel)
    rng.shuffle(rows)
    return [task_row(example, i) for i, example in enumerate(rows)]


def _drawn(kind: str, chosen: ToolSet, rng: Random) -> Example:
    return conversations.make(kind, rng, "held_out", rng.randint(chosen.fewest, chosen.most), chosen.maker)


def fact_set() -> list[dict[str, Any]]:
    """Each fact once, in a wording that training never uses."""
    rng = Random(f"{SEED}/facts")
    rows = [general.fact_example(fact, facts.question(fact, rng, "held_out")) for fact in facts.all_facts()]
    return [task_row(example, i) for i, example in enumerate(rows)]


def talk_set(kind: str, count: int = 200) -> list[dict[str, Any]]:
    """Distinct questions of small talk or arithmetic."""
    rng = Random(f"{SEED}/{kind}")
    seen: dict[str, Example] = {}
    while len(seen) < count:
        example = general.MAKERS[kind][1](rng, "held_out")
        seen.setdefault(example.messages[0].content.lower(), example)
    return [task_row(example, i) for i, example in enumerate(seen.values())]


def write_task_sets(folder: Path) -> dict[str, int]:
    """Write every set as JSON Lines, each in one step; gives the number of rows by name."""
    sets = {name: tool_set(name) for name in TOOL_SETS}
    sets |= {"facts": fact_set(), "talk": talk_set("talk"), "arithmetic": talk_set("arithmetic")}
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sets.items():
        text, packed = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), name in COMPRESSED
        content = gzip.compress(text.encode(), mtime=0) if packed else text
        write_whole(folder / f"{name}.jsonl{'.gz' if packed else ''}", content)
    return {name: len(rows) for name, rows in sets.items()}
