"""Packing, the learning rate, the loss, and a whole tiny run: interrupted, resumed, written, loaded."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.finetune import pretrain, runs, stream, train
from workbook.finetune.checks import Funnel
from workbook.finetune.tokenizer import load_tokenizer

TINY = pretrain.Preset(
    "tiny", 3072, 3072, 1024, workers=1, width=32, layers=1, heads=2, inner=32, warmup=1, dev_every=10**9, compile=False
)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A preset of seconds, with folders of its own, that starts from the shipped tokenizer and copies nothing first."""
    monkeypatch.setitem(train.PRESETS, "tiny", TINY)  # type: ignore[arg-type]
    monkeypatch.setattr(train, "repo_root", lambda: tmp_path)
    monkeypatch.setattr(train, "COPY_TOKENS", 0)
    monkeypatch.setattr(train, "dev_scores", lambda run: {"call": 0.5})
    load_tokenizer(data_dir() / "models" / "pocket-base").save_pretrained(tmp_path / "models" / "pocket-base")
    return tmp_path


def _quiet(_: str) -> None:
    return None


def test_packing_loses_nothing_and_fills_rows() -> None:
    packer, rng, sent, got = stream.Packer(8192, pad=0), Random(1), 0, []
    for _ in range(400):
        length = rng.randint(5, 300)
        sent += length
        batch = packer.add([7] * length, [1.0] * length)
        if batch is not None:
            got.append(batch)
    kept = sum(int((ids == 7).sum()) for ids, _ in got)
    waiting = sum(len(row[0]) for rows in packer._rows.values() for row in rows)
    assert kept + waiting == sent
    assert all(((ids == 0) == (weights == 0)).all() for ids, weights in got)
    assert kept / sum(ids.size for ids, _ in got) > 0.9


def test_an_example_longer_than_the_context_is_left_out() -> None:
    packer = stream.Packer(1024, pad=0)
    assert packer.add([1] * 5000, [1.0] * 5000) is None
    assert not any(packer._rows.values())


def test_the_rate_warms_up_stays_and_decays_over_the_last_third() -> None:
    factors = [pretrain.rate_factor(t, 900, 100) for t in (1, 50, 100, 500, 600, 750, 900)]
    assert factors == pytest.approx([0.01, 0.5, 1, 1, 1, 0.5, 0])


def test_the_loss_agrees_with_a_full_cross_entropy() -> None:
    tokenizer = load_tokenizer(data_dir() / "models" / "pocket-base")
    model = pretrain.build_model(TINY, tokenizer)
    ids = torch.randint(8, 4096, (2, 64))
    weights = (torch.rand(2, 64) < 0.5).float()
    ids[:, 0] = model.config.bos_token_id
    ours, answers = pretrain.weighted_loss(model, model.model, ids, weights)
    logits = model(ids).logits[:, :-1]
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    wanted = (each * weights[:, 1:].flatten()).sum() / weights[:, 1:].sum()
    assert ours.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert answers.item() == pytest.approx(wanted.item(), rel=1e-5)


def test_a_packed_example_does_not_see_its_neighbours() -> None:
    tokenizer = load_tokenizer(data_dir() / "models" / "pocket-base")
    model = pretrain.build_model(TINY, tokenizer).eval()
    bos = model.config.bos_token_id
    first, second = ([bos, *Random(seed).choices(range(8, 4096), k=20)] for seed in (1, 2))
    row = torch.tensor([first + second])
    together = model(row, attention_mask=pretrain.within_documents(row, bos)).logits[0, 21:]
    alone = model(torch.tensor([second])).logits[0]
    assert torch.allclose(together, alone, atol=1e-4)
    assert not torch.allclose(model(row).logits[0, 21:], alone, atol=1e-4)


def test_the_stream_is_the_same_for_the_same_seed() -> None:
    config = stream.StreamConfig(
        "tools", data_dir() / "models" / "pocket-base", data_dir() / "tasks", 1, 10**6, 1024, workers=1
    )
    first, again = (next(stream.batches(config, Funnel())) for _ in range(2))
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    later = next(stream.batches(stream.replace(config, start_tokens=999), Funnel()))
    assert not np.array_equal(first[0], later[0])


def test_a_run_writes_models_that_load_and_records_how(tiny: Path) -> None:
    from transformers import AutoModelForCausalLM

    train.train_pocket("tiny", out=tiny / "models", progress=_quiet)
    for name in ("pocket-base", "pocket"):
        folder = tiny / "models" / name
        model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
        assert model.dtype == torch.bfloat16
        record = json.loads((folder / "training.json").read_text())
        assert record["tokens"] >= 3072
        assert record["funnel"]["kept"] > 0
    assert [rung.name for rung in (tiny / "models" / "ladder").iterdir()] == ["0000M.safetensors"]


def test_an_interrupted_run_resumes_where_it_stopped(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = train._step

    def interrupted(*args: Any) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGINT)
        return step(*args)

    monkeypatch.setattr(train, "_step", interrupted)
    with pytest.raises(WorkbookError, match="--resume"):
        train.train_pocket("tiny", stages=("base",), out=tiny / "models", progress=_quiet)
    assert not (tiny / "models" / "pocket-base" / "model.safetensors").exists()
    monkeypatch.setattr(train, "_step", step)
    said: list[str] = []
    train.train_pocket("tiny", resume=True, stages=("base",), out=tiny / "models", progress=said.append)
    assert said[0].startswith("base: goes on at 1,024 tokens")
    record = json.loads((tiny / "models" / "pocket-base" / "training.json").read_text())
    assert record["resumed_at"] == [1024]


def test_resume_from_weights_alone_takes_a_fresh_optimizer(tiny: Path) -> None:
    train.train_pocket("tiny", stages=("base",), out=tiny / "models", progress=_quiet)
    for state in (tiny / "runs").rglob("*.pt"):
        state.unlink()
    said: list[str] = []
    train.train_pocket("tiny", resume=True, stages=("base",), out=tiny / "models", progress=said.append)
    assert "fresh optimizer" in said[0]


def test_a_killed_save_leaves_the_older_state_whole(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train._open_run(TINY, "base", tiny / "models", False, _quiet)
    runs.save_state(run)
    before = run.state_file.read_bytes()

    def dies(state: object, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(OSError, match="no space"):
        runs.save_state(run)
    assert run.state_file.read_bytes() == before


def test_unknown_preset_and_missing_base_are_named(tiny: Path) -> None:
    with pytest.raises(WorkbookError, match="tiny"):
        train.train_pocket("tyni", out=tiny / "models")
    with pytest.raises(WorkbookError, match="needs a trained base"):
        train.train_pocket("tiny", stages=("tools",), out=tiny / "models", progress=_quiet)
