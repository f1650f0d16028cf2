"""Requests that are nearly the same, told by MinHash over pairs of words (Broder 1997), with datasketch.

For duplicates within a training set, and for contamination by any evaluation set: ours under data/tasks, and public
ones in the folder of a checkout. Leaves out requests that say the same in other words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbook.suites.json_rows import json_rows
from workbook.suites.tasks import set_files, set_lines

PERMUTATIONS = 64
NEAR = 0.8
"""Share of pairs of words in common from which on two requests count as the same."""
ASKED = ("messages", "question", "query")
"""Where the rows of evaluation sets keep the request."""


class NearIndex:
    """Requests that were seen; finds near copies among them."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        from datasketch import MinHashLSH

        self._index, self._count = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS), 0
        self._prints: dict[str, Any] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Count ``text`` among the requests that were seen."""
        key = str(self._count)
        self._prints[key] = _print(text)
        self._index.insert(key, self._prints[key])
        self._count += 1

    def __contains__(self, text: str) -> bool:
        wanted = _print(text)
        # The index gives candidates; the estimate decides.
        return any(self._prints[key].jaccard(wanted) >= NEAR for key in self._index.query(wanted))


def evaluation_requests(folder: Path) -> list[str]:
    """What users say in every set of a folder: JSON Lines, compressed or not, and public sets' ``.json`` below it."""
    ours = set(set_files(folder).values())
    rows: list[Mapping[str, Any]] = [json.loads(line) for path in sorted(ours) for line in set_lines(path)]
    others = [path for path in sorted(folder.rglob("*.json*")) if path not in ours and path.suffix != ".gz"]
    rows += [row for path in others if path.is_file() for row in json_rows(path)]
    found = (" ".join(_said(row.get(name))) for row in rows for name in ASKED)
    return list(dict.fromkeys(text for text in found if text.strip()))


def _said(value: Any) -> Iterator[str]:
    """The user's texts in a list of messages, of turns of messages, or a bare text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _said(value.get("content")) if value.get("role") == "user" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner)


def _print(text: str) -> Any:
    from datasketch import MinHash

    words = re.findall(r"\w+", text.lower())
    pairs = {" ".join(words[place : place + 2]) for place in range(max(1, len(words) - 1))}
    made = MinHash(num_perm=PERMUTATIONS, seed=1)
    made.update_batch([pair.encode() for pair in sorted(pairs)])
    return made
