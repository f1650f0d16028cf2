"""Nothing that is shipped was made with another checkpoint than the one that is shipped (the notebooks have a test of
their own)."""

from __future__ import annotations

import json

import pytest

from workbook.core.settings import data_dir
from workbook.lab.ledger import read_rows, shipped_fingerprints
from workbook.models.loading import SHIPPED, fingerprint

RESULTS = sorted((data_dir() / "results").glob("*.jsonl"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_reference_measurements_are_of_the_shipped_checkpoints(path, pocket):
    rows = [row for row in read_rows(path) if row.get("model") in SHIPPED]
    assert {row["sha256"] for row in rows} <= shipped_fingerprints(), "make results measures anew"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_training_record_is_that_of_the_weights(name, pocket):
    folder = data_dir() / "models" / name
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["sha256"] == fingerprint([folder / "model.safetensors"])


def test_the_ladder_has_four_rungs_or_more(pocket):
    assert len(list((data_dir() / "models" / "ladder").glob("*.safetensors"))) >= 4
