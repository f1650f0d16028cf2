"""The shipped models are whole: records that name their weights, and a ladder.

That notebooks and results were made with them is tested beside those.
"""

from __future__ import annotations

import json

import pytest

from workbook.core.settings import data_dir
from workbook.models.ladder import rung_names, trained_tokens
from workbook.models.loading import SHIPPED, fingerprint


@pytest.mark.parametrize("name", SHIPPED)
def test_the_training_record_is_that_of_the_weights(name, pocket):
    folder = data_dir() / "models" / name
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["sha256"] == fingerprint([folder / "model.safetensors"])


def test_the_ladder_has_four_checkpoints_with_the_pocket_at_its_top(pocket):
    tokens = [trained_tokens(f"pocket@{rung}") for rung in rung_names()] + [trained_tokens("pocket")]
    assert len(tokens) >= 4
    assert tokens == sorted(tokens)
