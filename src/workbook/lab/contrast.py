"""Two arms on the same tasks, held against each other row by row: what one of them changed, and rows to read.

A *loud* failure is one that a validator sees, a *silent* one satisfies the schema. Also paired differences along any
column, such as the temperature. Estimates per arm and differences between arms are ``workbook.lab.summary``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbook.core.stats import Interval, paired_difference, proportion
from workbook.lab.summary import by_task, select

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("mended", "made silent", "harmed")
"""Loud before and right now; loud before and silent now; right before and wrong now."""


def change(
    scored: pd.DataFrame, metric: str, along: str, to: Any, since: Any, seed: int = 0, draws: int = 2000, **where: Any
) -> Interval:
    """``metric`` where column ``along`` is ``to``, minus where it is ``since``, paired by task (or unit)."""
    after, before = select(scored, **where, **{along: to}), select(scored, **where, **{along: since})
    return paired_difference(by_task(after, metric), by_task(before, metric), seed=seed, draws=draws)


def changes(scored: pd.DataFrame, arm: str, baseline: str) -> dict[str, list[tuple[Any, Any]]]:
    """By kind (:data:`KINDS`), the pairs of rows in which ``arm`` changed what ``baseline`` did: (before, after)."""
    found: dict[str, list[tuple[Any, Any]]] = {kind: [] for kind in KINDS}
    for before, after in _pairs(scored, arm, baseline):
        if kind := _kind(before, after):
            found[kind].append((before, after))
    return found


def mended_share(scored: pd.DataFrame, arm: str, baseline: str) -> Interval | None:
    """Of the tasks where the schema refuses what ``baseline`` wrote: how many ``arm`` makes right; None without any."""
    refused = {
        f"{before.task} {before.temperature} {before.seed}": [float(after.call_right)]
        for before, after in _pairs(scored, arm, baseline)
        if not before.schema_valid
    }
    return proportion(refused) if refused else None


def same_output(scored: pd.DataFrame, arm: str, baseline: str) -> tuple[int, int]:
    """In how many rows both arms wrote the same text, and of how many."""
    same = [before.output == after.output for before, after in _pairs(scored, arm, baseline)]
    return sum(same), len(same)


def show_changes(found: Mapping[str, list[tuple[Any, Any]]], width: int = 150) -> str:
    """One pair of each kind to read, with the number of its like."""
    lines = []
    for kind, pairs in found.items():
        lines.append(f"{kind}: {len(pairs)}")
        if pairs:
            before, after = pairs[0]
            lines += [f"  before  {_short(before.output, width)}", f"  after   {_short(after.output, width)}"]
    return "\n".join(lines)


def _pairs(scored: pd.DataFrame, arm: str, baseline: str) -> list[tuple[Any, Any]]:
    keys = ["task", "temperature", "seed"]
    before, after = (select(scored, arm=name).sort_values(keys) for name in (baseline, arm))
    if before[keys].to_numpy().tolist() != after[keys].to_numpy().tolist():
        raise ValueError(f"{arm!r} and {baseline!r} did not answer the same tasks")
    return list(zip(before.itertuples(), after.itertuples(), strict=True))


def _kind(before: Any, after: Any) -> str | None:
    if before.call_right:
        return None if after.call_right else "harmed"
    if before.schema_valid:
        return None
    return "mended" if after.call_right else "made silent" if after.schema_valid else None


def _short(text: str, width: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= width else plain[: width - 1] + "…"
