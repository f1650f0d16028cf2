"""The shipped models are whole: records that name their weights, and a ladder.

That notebooks and results were made with them is tested beside those.
"""

from __future__ import annotations

import json

import pytest

from workbook.core.settings import data_dir
from workbook.models.loading import SHIPPED, fingerprint


@pytest.mark.parametrize("name", SHIPPED)
def test_the_training_record_is_that_of_the_weights(name, pocket):
    folder = data_dir() / "models" / name
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["sha256"] == fingerprint([folder / "model.safetensors"])


def test_the_ladder_has_four_rungs_or_more(pocket):
    assert len(list((data_dir() / "models" / "ladder").glob("*.safetensors"))) >= 4
