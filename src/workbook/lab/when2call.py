"""``evaluate_when2call``: which of four answers a model finds likeliest: its own words, a call, a question or no.

By the log-probability of the whole answer, which favours short ones, and by its mean per token, which is what the
authors print. Nothing is decoded. Metrics and their names are a contract (``workbook eval when2call``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.core.chat import user
from workbook.core.errors import WorkbookError
from workbook.core.stats import wilson
from workbook.lab.trials import progress_bar
from workbook.models.likelihood import TooLong, answer_likelihood, scoring
from workbook.suites.when2call import CHOICES, ChoiceRow

if TYPE_CHECKING:
    from workbook.models.base import LanguageModel


@dataclass(frozen=True)
class Chosen:
    """A row with the choice by each way to weigh; "" where the row does not fit into the model's context."""

    row: ChoiceRow
    per_answer: str
    per_token: str


def evaluate_when2call(
    model: LanguageModel, rows: Sequence[ChoiceRow], left_out: Sequence[str] = (), progress: bool = False
) -> dict[str, Any]:
    """Score every row: ``accuracy`` by the whole answer, ``accuracy_per_token`` by the mean, each also for each choice.

    ``tool_hallucination`` is the share of rows without tools where the call is chosen, per token. ``macro_f1`` is the
    mean over the choices that are right anywhere; ``confusion`` counts choices (per token) by what was right. A row
    that does not fit into the context is wrong, and in ``too_long``. Raises ``ModelError`` for a model that gives no
    log-probabilities.
    """
    scoring(model)
    if not rows:
        raise WorkbookError("no row of When2Call to score", "Give a file that holds some.")
    start = time.perf_counter()
    chosen = [_choose(model, row) for row in progress_bar(rows, progress, "questions")]
    return {
        "suite": "when2call",
        "model": model.name,
        "decoding": "free",
        "n": len(chosen),
        "seconds": round(time.perf_counter() - start, 3),
        "metrics": metrics(chosen),
        "macro_f1": macro_f1(chosen),
        "confusion": _confusion(chosen),
        "sha256": model.fingerprint,
        "left_out": list(left_out),
        "too_long": [one.row.id for one in chosen if not one.per_token],
    }


def metrics(chosen: Sequence[Chosen]) -> dict[str, dict[str, Any]]:
    """Every metric with its Wilson interval."""
    found: dict[str, dict[str, Any]] = {}
    ways: dict[str, Callable[[Chosen], bool]] = {
        "accuracy": lambda one: one.per_answer == one.row.right,
        "accuracy_per_token": lambda one: one.per_token == one.row.right,
    }
    for name, holds in ways.items():
        found[name] = _share(chosen, holds)
        for choice in CHOICES:
            found[f"{name}.{choice}"] = _share((one for one in chosen if one.row.right == choice), holds)
    bare = [one for one in chosen if not one.row.tools]
    found["tool_hallucination"] = _share(bare, lambda one: one.per_token == "tool_call")
    return {name: value for name, value in found.items() if value["n"]}


def macro_f1(chosen: Sequence[Chosen]) -> float:
    """The mean over choices of 2 hits / (chosen + right), per token; choices that are never right are left aside."""
    right, said = Counter(one.row.right for one in chosen), Counter(one.per_token for one in chosen)
    hits = Counter(one.row.right for one in chosen if one.per_token == one.row.right)
    return sum(2 * hits[choice] / (right[choice] + said[choice]) for choice in right) / len(right)


def _choose(model: LanguageModel, row: ChoiceRow) -> Chosen:
    try:
        found = {
            choice: answer_likelihood(model, [user(row.question)], row.tools, answer)
            for choice, answer in row.answers.items()
        }
    except TooLong:
        return Chosen(row, "", "")
    return Chosen(
        row, max(found, key=lambda choice: found[choice].total), max(found, key=lambda choice: found[choice].per_token)
    )


def _confusion(chosen: Iterable[Chosen]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for one in chosen:
        table.setdefault(one.row.right, Counter())[one.per_token or "too long"] += 1
    return {right: dict(counts.most_common()) for right, counts in table.items()}


def _share(chosen: Iterable[Chosen], holds: Callable[[Chosen], bool]) -> dict[str, Any]:
    verdicts = [holds(one) for one in chosen]
    if not verdicts:
        return {"estimate": None, "low": None, "high": None, "n": 0}
    return wilson(sum(verdicts), len(verdicts)).to_dict()
