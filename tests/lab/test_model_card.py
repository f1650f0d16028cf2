"""The model cards: every figure comes from the record or the evaluation, and the shipped ones are fresh."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbook.core.settings import data_dir
from workbook.lab.model_card import SETS, UNSCRIPTED, card, write_card

TRAINING: dict[str, Any] = {
    "stage": "tools",
    "preset": {"name": "cpu", "layers": 4, "width": 256, "vocabulary": 4096, "seed": 76},
    "hardware": "2 CPU cores",
    "versions": {"torch": "2.13.0"},
    "tokens": 1234567,
    "seconds": 660.0,
    "loss": [[10, 3.5], [20, 0.125]],
    "funnel": {"kept": 900, "duplicate": 7},
}
EVALUATION: dict[str, Any] = {
    "sha256": "ab" * 32,
    "date": "2026-01-02",
    "hardware": "Some CPU, 2 cores",
    "sets": {"calls": {"exact.call": {"estimate": 0.8125, "low": 0.7, "high": 0.9, "n": 16}, "no_call": {"n": 3}}},
}


def test_a_card_holds_the_figures_of_its_sources_and_no_others() -> None:
    text = card("pocket", TRAINING, EVALUATION)
    assert "| one to four tools | whole call right | 81.2% | 70.0% to 90.0% | 16 |" in text
    assert "1,234,567 tokens in 11 minutes" in text
    assert "rejected: duplicate 7" in text
    assert "0.125" in text
    assert "abababababab" in text


def test_a_card_says_what_did_not_help() -> None:
    title = "## What was tried and did not help"
    text = card("pocket", {**TRAINING, "tried": ["A plateau.", "Longer names."]}, EVALUATION)
    assert f"{title}\n\n- A plateau.\n- Longer names.\n\n## What it is not" in text
    assert title not in card("pocket", TRAINING, EVALUATION)


def test_a_card_is_written_beside_the_weights(tmp_path: Path) -> None:
    (tmp_path / "pocket").mkdir()
    (tmp_path / "pocket" / "training.json").write_text(json.dumps(TRAINING))
    path = write_card("pocket", EVALUATION, tmp_path)
    assert path.read_text() == card("pocket", TRAINING, EVALUATION)
    assert json.loads((tmp_path / "pocket" / "evaluation.json").read_text()) == EVALUATION


@pytest.mark.parametrize("name", SETS)
def test_the_shipped_card_is_of_the_shipped_checkpoint(name: str) -> None:
    folder = data_dir() / "models" / name
    training, evaluation = (json.loads((folder / f"{part}.json").read_text()) for part in ("training", "evaluation"))
    assert evaluation["sha256"] == training["sha256"]
    unscripted = {f"unscripted.{decoding}" for decoding in UNSCRIPTED.get(name, ())}
    assert set(evaluation["sets"]) == {*SETS[name], *unscripted}
    assert (folder / "README.md").read_text(encoding="utf-8") == card(name, training, evaluation)
