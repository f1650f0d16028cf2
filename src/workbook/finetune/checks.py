"""What may be learned from: every example is checked, and every rejection has a named cause.

Schema (the call satisfies its tool), grounding (each value can be read in the conversation),
duplicate (the same request again) and contamination (a request of an evaluation set). The counts make the
funnel that the notebooks show.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.matching import stated_defaults
from workbook.core.validation import call_errors
from workbook.finetune.conversations import Example
from workbook.finetune.values import MONTHS
from workbook.suites.tasks import set_files, set_lines

CAUSES = ("schema", "grounding", "duplicate", "contamination")
SEEN_AT_MOST = 2_000_000


def fingerprint(messages: Iterable[Message]) -> int:
    """A hash of what the user and the tools say: two examples with the same one ask the same thing."""
    said = "\n".join(m.content.lower().strip() for m in messages if m.role in ("user", "tool"))
    return zlib.crc32(said.encode()) << 32 | zlib.adler32(said.encode())


def evaluation_fingerprints(folder: Path) -> frozenset[int]:
    """Fingerprints of every task under ``folder`` (JSON Lines, compressed or not)."""
    found = set()
    for path in set_files(folder).values():
        for line in set_lines(path):
            row = json.loads(line)
            if "messages" in row:
                found.add(fingerprint(Message.from_dict(m) for m in row["messages"]))
    return frozenset(found)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _spoken(leaf: Any) -> tuple[str, ...]:
    """The ways in which a value may stand in the text."""
    text = str(leaf)
    parts = text.split("-")
    if len(parts) == 3 and all(p.isdigit() for p in parts) and 1 <= int(parts[1]) <= 12:
        year, month, day = parts[0], MONTHS[int(parts[1]) - 1].lower(), int(parts[2])
        return text, f"{day} {month} {year}", f"{month} {day}, {year}"
    if isinstance(leaf, int):
        return text, f"{leaf:,}"
    return text.lower(), text.lower().replace("_", " ")


def ungrounded(example: Example) -> list[Any]:
    """Values in the calls to learn that nobody said and no default states. Booleans are read from words ("without")."""
    said = "\n".join(m.content for m in example.messages if m.role in ("user", "tool")).lower()
    values = [leaf for call in example.answer.tool_calls for leaf in _leaves(_chosen(call, example.tools))]
    return [v for v in values if not isinstance(v, bool) and not any(form in said for form in _spoken(v))]


def _chosen(call: ToolCall, tools: Sequence[Tool]) -> dict[str, Any]:
    """The arguments that are not just the stated default."""
    defaults = stated_defaults(call.name, tools)
    return {name: value for name, value in call.arguments.items() if name not in defaults or defaults[name] != value}


class Funnel:
    """Counts what is kept and what is rejected, by cause; remembers what it has seen."""

    def __init__(self, evaluation: frozenset[int] = frozenset()) -> None:
        self.counts: Counter[str] = Counter()
        self._evaluation = evaluation
        self._seen: set[int] = set()

    def cause(self, example: Example) -> str | None:
        """Why ``example`` may not be learned from; None when it may."""
        if any(call_errors(call, example.tools) for call in example.answer.tool_calls):
            return "schema"
        if ungrounded(example):
            return "grounding"
        print_ = fingerprint(example.messages)
        if print_ in self._evaluation:
            return "contamination"
        # Facts, sums and small talk repeat by design: knowing by heart is their point.
        if example.kind in ("fact", "arithmetic", "talk"):
            return None
        if print_ in self._seen:
            return "duplicate"
        if len(self._seen) < SEEN_AT_MOST:
            self._seen.add(print_)
        return None

    def keep(self, example: Example) -> bool:
        """Count ``example`` and say whether to keep it."""
        cause = self.cause(example)
        self.counts[cause or "kept"] += 1
        return cause is None
