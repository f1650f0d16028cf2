"""``evaluate_bfcl``: a model on BFCL's single-turn sets, by the official rules, and beside the score what it hides.

A row without tools at hand that fit passes when nothing decodes, so silence and broken calls score there; a row with a
wrong call looks the same whether the call was broken, never made, or valid and wrong. The document tells these apart.
Metrics and their names are a contract (``workbook eval bfcl``). The rules are ``suites.bfcl_checker``'s.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.core.stats import wilson
from workbook.core.validation import call_errors
from workbook.lab.evaluate import DECODINGS, complete_in_order
from workbook.suites.bfcl import BfclRow, BfclSet
from workbook.suites.bfcl_checker import calls_error

if TYPE_CHECKING:
    from workbook.models.base import Completion, LanguageModel, Reply

MANY = 10
"""Rows with more functions than this are scored apart, too: where retrieval is said to begin to pay."""


@dataclass(frozen=True)
class Verdict:
    """One row judged: ``error`` is empty when the official rules pass it, else the first rule that it broke.

    ``outcome``: ``right``, ``unparsed`` (a call that cannot be read, or cut), ``declined`` (words where a call was
    wanted), ``valid`` (calls that fit their schemas and are wrong), ``invalid`` (calls that do not even fit).
    """

    row: BfclRow
    error: str
    outcome: str

    @property
    def right(self) -> bool:
        """Whether the benchmark counts it."""
        return not self.error


def evaluate_bfcl(
    model: LanguageModel,
    chosen: BfclSet,
    decoding: str = "free",
    batch: int = 16,
    max_new_tokens: int = 256,
    progress: bool = False,
) -> dict[str, Any]:
    """Decode every row greedily and score it.

    Gives ``{"suite", "model", "decoding", "n", "seconds", "metrics"}``. ``accuracy`` is over all rows, and
    ``accuracy.CATEGORY`` over those of one (the leaderboard averages categories); ``accuracy.over_10`` over rows with
    more than ten functions. ``unparsed``, ``declined`` and ``wrong_but_valid`` are shares of the rows that want a
    call, ``unparsed_but_right`` of those that want none. ``errors`` counts the broken rules by category; ``left_out``
    lists rows that could not be scored, which are in no share. A prompt that is longer than the model's context is a
    wrong row, ``too long``; ``unconstrained`` lists rows whose schema no grammar could be made of, decoded freely.
    """
    _require(decoding, chosen)
    start = time.perf_counter()
    fitting, long = _by_length(model, chosen.rows)
    completions, unconstrained = _decoded(model, fitting, decoding, batch, max_new_tokens, progress)
    seconds = time.perf_counter() - start
    judged = [*_judged(model, fitting, completions), *(Verdict(row, "too long", "too long") for row in long)]
    return {
        "suite": "bfcl",
        "model": model.name,
        "decoding": decoding,
        "n": len(judged),
        "seconds": round(seconds, 3),
        **_scores(judged),
        "sha256": model.fingerprint,
        "left_out": list(chosen.left_out),
        "unconstrained": unconstrained,
    }


def _require(decoding: str, chosen: BfclSet) -> None:
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    if not chosen.rows:
        raise WorkbookError("no row of BFCL to score", "Give a folder that holds some.")


def judge(row: BfclRow, reply: Reply, cut: bool = False) -> Verdict:
    """One reply by the official rules, and which way it went; a reply that was ``cut`` before its end is unparsed."""
    broken = bool(reply.problems) or (cut and not reply.calls)
    if not row.answers:
        called = bool(reply.calls) and not broken
        error = "" if called == row.wants_call else ("no call" if row.wants_call else "called")
    else:
        error = "unparsed" if broken else calls_error(reply.calls, row.functions, row.answers, row.language)
    return Verdict(row, error, _outcome(row, reply, broken, not error))


def metrics(judged: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    """Every metric with its Wilson interval."""
    categories = dict.fromkeys(one.row.category for one in judged)
    found = {"accuracy": _share(judged, lambda one: one.right)}
    for category in categories:
        found[f"accuracy.{category}"] = _share((v for v in judged if v.row.category == category), lambda one: one.right)
    many = [one for one in judged if len(one.row.tools) > MANY]
    if many:
        found[f"accuracy.over_{MANY}"] = _share(many, lambda one: one.right)
    wanted = [one for one in judged if one.row.wants_call]
    unwanted = [one for one in judged if not one.row.wants_call]
    for name, outcome in (("unparsed", "unparsed"), ("declined", "declined"), ("wrong_but_valid", "valid")):
        found[name] = _share(wanted, lambda one, outcome=outcome: one.outcome == outcome)
    found["unparsed_but_right"] = _share(unwanted, lambda one: one.outcome == "unparsed")
    return {name: value for name, value in found.items() if value["n"]}


def _by_length(model: LanguageModel, rows: Iterable[BfclRow]) -> tuple[list[BfclRow], list[BfclRow]]:
    """The rows whose prompt fits into the model's context, and those whose does not."""
    fitting: list[BfclRow] = []
    long: list[BfclRow] = []
    for row in rows:
        (long if _too_long(model, row) else fitting).append(row)
    return fitting, long


def _judged(model: LanguageModel, rows: Iterable[BfclRow], completions: Iterable[Completion]) -> list[Verdict]:
    return [
        judge(row, model.parse(completion.text), cut=completion.finish_reason == "length")
        for row, completion in zip(rows, completions, strict=True)
    ]


def _scores(judged: Sequence[Verdict]) -> dict[str, Any]:
    """What the verdicts come to: the metrics, the broken rules, the rows that failed."""
    failures = [one.row.id for one in judged if not one.right]
    return {"metrics": metrics(judged), "errors": _errors(judged), "failures": failures}


def _too_long(model: LanguageModel, row: BfclRow) -> bool:
    """Whether the prompt leaves no room for an answer; a server's context is not known here."""
    context, tokenizer = getattr(model, "context", None), getattr(model, "tokenizer", None)
    if not context or tokenizer is None:
        return False
    return len(tokenizer(model.render(row.messages, row.tools))["input_ids"]) >= context


def _decoded(
    model: LanguageModel, rows: Sequence[BfclRow], decoding: str, batch: int, limit: int, progress: bool
) -> tuple[list[Completion], list[str]]:
    """A completion for each row, and the rows that were decoded freely although a grammar was wanted."""
    from workbook.grammar import GrammarError

    try:
        return complete_in_order(model, rows, decoding, batch, limit, progress), []
    except GrammarError:
        if len(rows) == 1:
            return complete_in_order(model, rows, "free", batch, limit, False), [rows[0].id]
    # One of them is at fault: halves find it in a few steps, and the others keep their grammar.
    half = len(rows) // 2
    parts = [_decoded(model, part, decoding, batch, limit, progress) for part in (rows[:half], rows[half:])]
    return [one for done, _ in parts for one in done], [id for _, ids in parts for id in ids]


def _outcome(row: BfclRow, reply: Reply, broken: bool, right: bool) -> str:
    if broken:
        return "unparsed"
    if right:
        return "right"
    if not reply.calls:
        return "declined"
    fits = all(not call_errors(call, row.tools) for call in reply.calls)
    return "valid" if fits else "invalid"


def _errors(judged: Iterable[Verdict]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for one in judged:
        if one.error:
            counted.setdefault(one.row.category, Counter())[one.error] += 1
    return {category: dict(count.most_common()) for category, count in counted.items()}


def _share(judged: Iterable[Verdict], holds: Any) -> dict[str, Any]:
    rows = [bool(holds(one)) for one in judged]
    if not rows:
        return {"estimate": None, "low": None, "high": None, "n": 0}
    found = wilson(sum(rows), len(rows))
    return {"estimate": found.estimate, "low": found.low, "high": found.high, "n": len(rows)}
