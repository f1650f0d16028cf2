"""The cards of the shipped models: scores on the frozen sets, and how each was made, as README.md beside the weights.

Every figure comes from ``training.json`` (written by the training run) or from ``evaluation.json`` (written here);
none is typed. Leaves out the training itself (``workbook.finetune``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbook.core.environment import hardware, versions
from workbook.core.files import write_whole
from workbook.core.settings import data_dir
from workbook.lab.bfcl import evaluate_bfcl
from workbook.lab.evaluate import evaluate_calls
from workbook.models import load_model
from workbook.suites.bfcl import load_bfcl, unscripted
from workbook.suites.tasks import load_tasks

SETS: Mapping[str, tuple[str, ...]] = {
    "pocket": ("calls_1", "calls", "calls_8", "calls_16", "calls_plain", "results", "facts", "talk", "arithmetic"),
    "pocket-base": ("facts", "talk", "arithmetic"),
}
UNSCRIPTED = {"pocket": ("free", "grammar", "grounded")}
"""How each model is decoded on the unscripted requests, which are scored by BFCL's rules."""
TITLES = {
    "calls_1": "one tool",
    "calls": "one to four tools",
    "calls_8": "eight tools",
    "calls_16": "sixteen tools",
    "calls_plain": "one to four tools, worded as public APIs and their users do",
    "results": "after a result or an error",
    "facts": "facts, in wordings never trained on",
    "talk": "small talk",
    "arithmetic": "arithmetic",
    "unscripted.free": "unscripted requests, by BFCL's rules",
    "unscripted.grammar": "unscripted requests, with a grammar",
    "unscripted.grounded": "unscripted requests, with a grammar of what was said",
}
MEANING = {
    "exact.call": "whole call right",
    "asks": "asks when it must",
    "declines": "declines when it must",
    "exact.repair": "call mended after an error",
    "answers": "answers from a result",
    "facts": "right",
    "talk": "right",
    "arithmetic": "right",
    "accuracy.simple_python": "call right, one tool",
    "accuracy.multiple": "call right, two to four tools",
    "accuracy.irrelevance": "declines when it must",
}
ABOUT = {
    "pocket": "`pocket-base`, fine-tuned to call tools, to ask for a missing argument, to decline, to answer from a "
    "result and to mend a call after an error. Every experiment of the workbook runs on it by default.",
    "pocket-base": "Chat, facts, sums, reading and writing JSON; it has never seen a tool. Fine-tuning starts here.",
}


NOT = """## What it is not

A small model for experiments about function calling, not an assistant. It knows made-up tools and short English
requests in the style of its generator; of the world it knows a list of codes and an invented land. It was trained on
generated data alone. Names, values and phrasings of the sets above were held out (of the set in the manner of public
APIs its things and made-up words); no public benchmark was used."""


def evaluate_shipped(name: str, limit: int | None = None, progress: bool = False) -> dict[str, Any]:
    """Score a shipped model on its frozen sets, greedily; without a grammar where none is named."""
    model, asked = load_model(name), load_bfcl(unscripted(), limit=limit)
    scores = {part: _scores(evaluate_calls(model, load_tasks(part, limit), progress=progress)) for part in SETS[name]}
    for decoding in UNSCRIPTED.get(name, ()):
        scores[f"unscripted.{decoding}"] = _scores(evaluate_bfcl(model, asked, decoding, progress=progress))
    made = {"sha256": model.fingerprint, "decoding": "greedy", "hardware": hardware(), "versions": versions()}
    return {**made, "date": datetime.now(UTC).date().isoformat(), "sets": scores}


def _scores(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: score for name, score in document["metrics"].items() if score["n"]}


def write_card(name: str, evaluation: Mapping[str, Any], models: Path | None = None) -> Path:
    """Write ``evaluation.json`` and ``README.md`` into the model's folder; gives the card's path."""
    folder = (models or data_dir() / "models") / name
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    write_whole(folder / "evaluation.json", json.dumps(evaluation, indent=1) + "\n")
    return write_whole(folder / "README.md", card(name, training, evaluation))


def card(name: str, training: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """The card as Markdown, with the metadata block that model hubs read."""
    head = [
        "---",
        "license: apache-2.0",
        "language: en",
        "library_name: transformers",
        "tags: [function-calling]",
        "---",
    ]
    parts = [
        "\n".join(head),
        f"# {name}\n\n{ABOUT[name]}",
        "## What it scores\n\n" + _table(evaluation),
        "## How it was made\n\n" + _made(training),
        *_tried(training.get("tried", ())),
        NOT,
    ]
    return "\n\n".join(parts) + "\n"


def _table(evaluation: Mapping[str, Any]) -> str:
    rows = [
        f"| {TITLES[part]} | {MEANING[metric]} | {score['estimate']:.1%} | {score['low']:.1%} to {score['high']:.1%} "
        f"| {score['n']} |"
        for part, scores in evaluation["sets"].items()
        for metric, score in scores.items()
        if metric in MEANING
    ]
    lead = (
        f"Greedy decoding, no grammar but where one is named; 95 % Wilson intervals. Measured on {evaluation['date']}, "
        f"{evaluation['hardware']}, checkpoint `{evaluation['sha256'][:12]}`."
    )
    return "\n".join([lead, "", "| set | measure | share | 95 % interval | n |", "|---|---|---|---|---|", *rows])


def _tried(sentences: Sequence[str]) -> list[str]:
    """The section on what did not help; none where nothing was noted."""
    lines = "\n".join(f"- {sentence}" for sentence in sentences)
    return [f"## What was tried and did not help\n\n{lines}"] if lines else []


def _made(training: Mapping[str, Any]) -> str:
    preset, funnel = training["preset"], training["funnel"]
    rejected = ", ".join(f"{cause} {count:,}" for cause, count in sorted(funnel.items()) if cause != "kept")
    rows: Sequence[tuple[str, str]] = (
        ("shape", f"Llama, {preset['layers']} layers, width {preset['width']}, {preset['vocabulary']:,} tokens"),
        ("stage", f"{training['stage']}, {training['tokens']:,} tokens in {training['seconds'] / 60:.0f} minutes"),
        ("hardware", training["hardware"]),
        ("seed", str(preset["seed"])),
        ("examples kept", f"{funnel.get('kept', 0):,} (rejected: {rejected or 'none'})"),
        ("last loss", f"{training['loss'][-1][1]:.3f}" if training["loss"] else "not noted"),
        ("versions", ", ".join(f"{k} {v}" for k, v in training["versions"].items())),
        *([("note", training["note"])] if training.get("note") else []),
    )
    body = "\n".join(f"| {what} | {how} |" for what, how in rows)
    again = f"\n\nMade again by `workbook train pocket --preset {preset['name']}`; the loss curve is in training.json."
    return "| | |\n|---|---|\n" + body + again
