"""The shipped models are whole: records that name their weights, a ladder, and adapters for the weights at hand.

That notebooks and results were made with them is tested beside those.
"""

from __future__ import annotations

import json

import pytest

from workbook.core.settings import data_dir
from workbook.finetune.obscure import LEARNERS
from workbook.finetune.spelled import SPELLINGS
from workbook.models.adapters import SHIPPED_ADAPTERS, base_of, made_for
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


@pytest.mark.parametrize("name", SHIPPED_ADAPTERS)
def test_an_adapter_is_for_the_weights_that_are_shipped_and_small(name, pocket):
    folder = data_dir() / "models" / name
    base = data_dir() / "models" / base_of(folder) / "model.safetensors"
    assert made_for(folder) == fingerprint([base]), "make adapters"
    [weights] = folder.glob("*.safetensors")
    assert json.loads((folder / "training.json").read_text(encoding="utf-8"))["sha256"] == fingerprint([weights])
    assert weights.stat().st_size < 700_000


def test_the_rows_that_the_adapter_learned_are_those_that_the_command_writes(pocket):
    from workbook.finetune.by_heart import rows_by_heart
    from workbook.finetune.rows import digest
    from workbook.suites.drift import by_heart

    record = json.loads((data_dir() / "models" / "drift-memorised" / "training.json").read_text(encoding="utf-8"))
    rows = rows_by_heart([made.before for made in by_heart()])
    assert record["data"] == {"rows": len(rows), "sha256": digest(rows)}, "make adapters"


@pytest.mark.parametrize("name", LEARNERS)
def test_the_learners_of_obscure_apis_differ_in_their_rows_alone(name, pocket):
    from workbook.finetune.obscure import rows
    from workbook.finetune.rows import digest

    folder = data_dir() / "models"
    records = {one: json.loads((folder / one / "training.json").read_text(encoding="utf-8")) for one in LEARNERS}
    made = rows(name)
    assert records[name]["data"] == {"rows": len(made), "sha256": digest(made)}, "make adapters"
    budget = [(told["base"], told["recipe"], told["steps"], told["data"]["rows"]) for told in records.values()]
    assert budget.count(budget[0]) == len(LEARNERS)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_two_spellings_were_tuned_alike(spelling, pocket):
    from workbook.finetune.rows import digest
    from workbook.finetune.spelled import rows

    folder = data_dir() / "models"
    records = [json.loads((folder / one / "training.json").read_text(encoding="utf-8")) for one in SPELLINGS.values()]
    told = json.loads((folder / SPELLINGS[spelling] / "training.json").read_text(encoding="utf-8"))
    made = rows(spelling)
    assert told["data"] == {"rows": len(made), "sha256": digest(made)}, "make adapters"
    first, second = [(one["base_sha256"], one["recipe"], one["steps"], one["data"]["rows"]) for one in records]
    assert first == second
