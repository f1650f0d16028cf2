"""Nothing that is shipped was made with another checkpoint than the one that is shipped (the notebooks have a test of
their own)."""

from __future__ import annotations

import json

import pytest

from workbook.core.settings import data_dir
from workbook.lab.ledger import read_rows, shipped_fingerprints
from workbook.models.loading import SHIPPED, fingerprint


def test_reference_measurements_are_of_the_shipped_checkpoints(pocket):
    files = sorted((data_dir() / "results").glob("*.jsonl"))
    ours = [(path.name, row) for path in files for row in read_rows(path) if row.get("model") in SHIPPED]
    stale = {(name, row["id"]) for name, row in ours if row["sha256"] not in shipped_fingerprints()}
    assert stale == set(), "make results measures anew"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_training_record_is_that_of_the_weights(name, pocket):
    folder = data_dir() / "models" / name
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["sha256"] == fingerprint([folder / "model.safetensors"])


def test_the_ladder_has_four_rungs_or_more(pocket):
    assert len(list((data_dir() / "models" / "ladder").glob("*.safetensors"))) >= 4
