"""Tuning the retriever on a handful of requests, and the adapter that is shipped."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.finetune.everyday import Asked, unseen_departments
from workbook.finetune.retriever import Recipe, tune_retriever
from workbook.models.loading import fingerprint
from workbook.tools.embedding import SHA256, MiniLm, encoder_of

SHIPPED = data_dir() / "models" / "retriever"
ROWS = [
    Asked("the van has a dent", "report damage. Report damage to a vehicle."),
    Asked("somebody scratched our car", "report damage. Report damage to a vehicle."),
    Asked("my screen stays black", "create ticket. Open a ticket for the help desk."),
    Asked("outlook crashes all the time", "create ticket. Open a ticket for the help desk."),
    Asked("give Ada the money for the taxi", "reimburse expense. Pay a claim out."),
    Asked("nobody sits at that desk any more", "cancel line. Give a telephone line up."),
]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """An adapter after a few steps."""
    out = tmp_path_factory.mktemp("tuned") / "mine"
    return out, tune_retriever(out, Recipe(rank=2, epochs=6, batch=3, rate=5e-3), ROWS)


def test_what_was_learned_lies_nearer(tuned):
    out, record = tuned
    asked, text = [one.request for one in ROWS], [one.text for one in ROWS]
    plain, own = MiniLm(), encoder_of(str(out))
    before, after = (np.sum(encoder.encode(asked) * encoder.encode(text), axis=1).mean() for encoder in (plain, own))
    assert after > before + 0.02
    assert own.name == "mine"
    assert record["data"]["rows"] == len(ROWS)


def test_the_record_tells_the_files_and_no_place(tuned):
    out, record = tuned
    assert json.loads((out / "training.json").read_text()) == json.loads(json.dumps(record))
    assert record["sha256"] == fingerprint([out / "adapter_model.safetensors"])
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "all-MiniLM-L6-v2"
    assert {path.name for path in out.iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "training.json",
    }


def test_an_adapter_of_other_weights_is_refused(tuned):
    out, record = tuned
    (out / "training.json").write_text(json.dumps({**record, "base_sha256": "0" * 64}))
    with pytest.raises(WorkbookError, match=r"made for other weights: 000000000000.*Tune it again"):
        encoder_of(str(out)).encode(["a"])


def test_the_shipped_adapter_is_small_and_as_its_record_says():
    record = json.loads((SHIPPED / "training.json").read_text())
    assert (SHIPPED / "adapter_model.safetensors").stat().st_size < 700_000
    assert record["sha256"] == fingerprint([SHIPPED / "adapter_model.safetensors"])
    assert record["base_sha256"] == SHA256
    assert set(record["held_out_departments"]) == unseen_departments()
