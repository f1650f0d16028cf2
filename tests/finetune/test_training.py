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
from workbook.finetune.phrasing import QUESTION
from workbook.finetune.tokenizer import load_tokenizer

TINY = pretrain.Preset(
    "tiny",
    3072,
    3072,
    3072,
    1024,
    workers=1,
    width=32,
    layers=1,
    heads=2,
    inner=32,
    warmup=1,
    dev_every=10**9,
    compile=False,
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


def _line(length: int) -> stream.Tree:
    return stream.Tree([7] * length, [1.0] * length, [0] * length, list(range(length)))


def _tensors(ids: torch.Tensor, weights: torch.Tensor) -> pretrain.Tensors:
    """Rows of one document each."""
    zeros = torch.zeros_like(ids)
    return pretrain.Tensors(ids, weights, zeros, zeros, torch.arange(ids.shape[1]).expand_as(ids))


def test_packing_loses_nothing_and_fills_rows() -> None:
    packer, rng, sent, got = stream.Packer(8192, pad=0), Random(1), 0, []
    for _ in range(400):
        tree = _line(rng.randint(5, 300))
        sent += len(tree.ids)
        batch = packer.add(tree)
        if batch is not None:
            got.append(batch)
    kept = sum(int((batch.ids == 7).sum()) for batch in got)
    waiting = sum(len(tree.ids) for rows in packer._rows.values() for row in rows for tree in row)
    assert kept + waiting == sent
    assert all(((batch.ids == 0) == (batch.weights == 0)).all() for batch in got)
    assert kept / sum(batch.ids.size for batch in got) > 0.9


def test_a_tree_longer_than_the_context_is_left_out() -> None:
    packer = stream.Packer(1024, pad=0)
    assert packer.add(_line(5000)) is None
    assert not any(packer._rows.values())


def test_the_rate_warms_up_and_decays_to_zero() -> None:
    factors = [pretrain.rate_factor(t, 900, 100) for t in (1, 50, 100, 500, 900)]
    assert factors == pytest.approx([0.01, 0.5, 1, 0.5, 0])


def test_the_loss_agrees_with_a_full_cross_entropy() -> None:
    tokenizer = load_tokenizer(data_dir() / "models" / "pocket-base")
    model = pretrain.build_model(TINY, tokenizer)
    ids = torch.randint(8, 4096, (2, 64))
    weights = torch.tensor([0.0, 1.0, stream.DECISION_WEIGHT])[torch.randint(0, 3, (2, 64))]
    ours, answers = pretrain.weighted_loss(model, model.model, _tensors(ids, weights))
    logits = model(ids).logits[:, :-1]
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    scale = weights[:, 1:].flatten()
    assert ours.item() == pytest.approx(((each * scale).sum() / scale.sum()).item(), rel=1e-5)
    assert answers.item() == pytest.approx(each[scale > 0].mean().item(), rel=1e-5)


def test_a_branch_of_a_tree_is_read_as_if_it_stood_alone() -> None:
    tokenizer = load_tokenizer(data_dir() / "models" / "pocket-base")
    model = pretrain.build_model(TINY, tokenizer).eval()
    families = [stream.conversations.family(Random(seed), "train", 2) for seed in (1, 2)]
    packer = stream.Packer(4096, pad=0)
    for examples in families:
        packer.add(stream.plant(examples, tokenizer))
    length = next(n for n, rows in packer._rows.items() if rows)
    batch = pretrain.to_tensors(packer._emit(length), "cpu")
    mask = pretrain.visible(batch.documents, batch.branches)
    together = model(batch.ids, attention_mask=mask, position_ids=batch.positions).logits[0]
    for branch, example in enumerate(families[0], start=1):
        ids, weights = stream.encode(example, tokenizer)
        alone = model(torch.tensor([ids])).logits[0]
        own = (batch.documents[0] == 1) & ((batch.branches[0] == 0) | (batch.branches[0] == branch))
        assert batch.ids[0][own].tolist() == ids
        assert torch.allclose(together[own], alone, atol=1e-4)
        learned = [w for w in weights if w >= 1]
        assert [w for w in batch.weights[0][own].tolist() if w >= 1] == learned


def test_nothing_is_predicted_from_another_branch() -> None:
    tokenizer = load_tokenizer(data_dir() / "models" / "pocket-base")
    tree = stream.plant(stream.conversations.family(Random(3), "train", 3), tokenizer)
    starts = [i for i in range(1, len(tree.ids)) if tree.branches[i] != tree.branches[i - 1]]
    assert len(starts) > 2
    assert all(tree.weights[i] == 0 for i in starts)


def test_the_stream_is_the_same_for_the_same_seed() -> None:
    config = stream.StreamConfig(
        "tools", data_dir() / "models" / "pocket-base", data_dir() / "tasks", 1, 10**6, 1024, workers=1
    )
    first, again = (next(stream.batches(config, Funnel())) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    later = next(stream.batches(stream.replace(config, start_tokens=999), Funnel()))
    assert not np.array_equal(first.ids, later.ids)


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
    made = {file.name for file in (tiny / "models" / "twins").iterdir()}
    assert made == {"asking.safetensors", "asking.json", "guessing.safetensors", "guessing.json"}


def test_the_guessing_twin_is_never_shown_a_question() -> None:
    rng, shown = Random(5), {"asking": 0, "guessing": 0}
    for twin in shown:
        families = [stream.STAGES[twin](rng, 1.0) for _ in range(300)]
        turns = [m for family in families for e in family if e.tools for m in e.messages if m.role == "assistant"]
        assert len(turns) > 300
        shown[twin] = sum(m.content.startswith(QUESTION.split("{")[0]) for m in turns)
    assert shown["guessing"] == 0 < shown["asking"]


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
