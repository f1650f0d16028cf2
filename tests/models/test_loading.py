"""From an id to a model, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from toys import network, pocket_tokenizer

from workbook.core.chat import user
from workbook.core.errors import UsageError, WorkbookError
from workbook.models import load_model
from workbook.models.base import ModelError
from workbook.models.ladder import dequantize, load_rung, quantize, save_rung, trained_tokens
from workbook.models.loading import fingerprint, known_models


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a toy as the pocket; the hub is switched off."""
    path = tmp_path / "models" / "pocket"
    tokenizer = pocket_tokenizer()
    network(len(tokenizer)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return path


@pytest.mark.parametrize("by", ["name", "path"])
def test_a_folder_loads_by_name_and_by_path(folder: Path, by: str) -> None:
    model = load_model("pocket" if by == "name" else str(folder), device="cpu")
    assert model.name == ("pocket" if by == "name" else str(folder))
    assert len(model.fingerprint) == 64
    assert model.complete([model.render([user("x")])], max_new_tokens=3)[0].token_ids
    assert next(model.network.parameters()).dtype == torch.float32  # type: ignore[attr-defined]


def test_the_fingerprint_is_that_of_the_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    before = load_model("pocket", device="cpu").fingerprint
    assert before == fingerprint([weights])
    network(len(pocket_tokenizer()), seed=1).save_pretrained(folder)
    assert load_model("pocket", device="cpu").fingerprint != before


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no \*.safetensors .pytorch_model.bin is there, but pickled weights can run"):
        load_model(str(folder))


@pytest.mark.parametrize("id", ["pockett", "someone/unknown", "pocket-bas"])
def test_an_unknown_id_offline_says_what_was_tried_and_how_to_go_on(folder: Path, id: str) -> None:
    with pytest.raises(UsageError) as error:
        load_model(id)
    for part in ("not shipped", "not a folder", "cache", "HF_HUB_OFFLINE", "HF_HOME", "server's URL", "pocket"):
        assert part in str(error.value)
    assert ("Did you mean 'pocket'" in str(error.value)) == id.startswith("pocket")


def test_an_unreachable_hub_is_told_within_seconds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"127\.0\.0\.1 cannot be reached"):
        load_model("someone/unknown")


@pytest.mark.parametrize(
    ("id", "message"), [("./nowhere", "no folder"), ("/", "no config.json"), ("a b?", "unknown model")]
)
def test_paths_that_hold_no_model(folder: Path, id: str, message: str) -> None:
    with pytest.raises((ModelError, UsageError), match=message):
        load_model(id)


def test_a_broken_folder_is_an_error_and_not_a_traceback(folder: Path) -> None:
    (folder / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model("pocket", device="cpu")


def test_devices(folder: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'cuda'"):
        load_model("pocket", device="cudaa")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="torch sees no CUDA device"):
            load_model("pocket", device="cuda")


@pytest.mark.gpu
def test_auto_takes_cuda_in_bf16(folder: Path) -> None:
    model = load_model("pocket")
    assert next(model.network.parameters()).device.type == "cuda"  # type: ignore[attr-defined]
    assert next(model.network.parameters()).dtype == torch.bfloat16  # type: ignore[attr-defined]


def test_eight_bits_keep_each_weight_within_half_a_level() -> None:
    state = {"a.weight": torch.randn(7, 33) * torch.logspace(-4, 3, 7)[:, None], "norm.weight": torch.randn(5)}
    state["a.weight"][2] = 0
    rung = quantize(state)
    assert rung["a.weight"].dtype == torch.int8
    restored = dequantize(rung)
    assert torch.equal(restored["norm.weight"], state["norm.weight"])
    half_a_level = state["a.weight"].abs().amax(1, keepdim=True) / 127 / 2
    assert bool(((restored["a.weight"] - state["a.weight"]).abs() <= half_a_level * 1.001).all())
    assert set(restored) == set(state)


@pytest.mark.parametrize("own_config", [False, True])
def test_a_rung_loads_by_name_and_computes_nearly_the_same(folder: Path, tmp_path: Path, own_config: bool) -> None:
    width = len(pocket_tokenizer())
    original = network(width, seed=2, hidden=64 if own_config else 32)
    config = original.config.to_dict() if own_config else None
    save_rung(tmp_path / "models" / "ladder" / "step_100.safetensors", original.state_dict(), config)
    assert known_models() == ["pocket", "pocket@step_100", *known_models()[2:]]
    model = load_model("pocket@step_100", device="cpu")
    loaded = model.network.state_dict()  # type: ignore[attr-defined]
    expected = dequantize(quantize(original.state_dict()))
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)
    ids = torch.tensor([[1, 70, 80, 90]])
    with torch.inference_mode():
        here, there = original.eval()(ids).logits, model.network(ids).logits  # type: ignore[attr-defined]
    assert 0 < float((here - there).norm() / here.norm()) < 0.05
    assert model.complete(["<|bos|>t"], max_new_tokens=2)


def test_an_unknown_rung_names_the_nearest(folder: Path, tmp_path: Path) -> None:
    save_rung(tmp_path / "models" / "ladder" / "step_100.safetensors", network(40).state_dict())
    with pytest.raises(UsageError, match="Did you mean 'step_100'"):
        load_rung("step_10")
    with pytest.raises(WorkbookError, match="does not fit"):
        load_rung("step_100")


def test_where_a_model_stands_on_the_ladder(folder: Path) -> None:
    (folder / "training.json").write_text('{"tokens": 20000768}', encoding="utf-8")
    assert trained_tokens("pocket") == 20000768
    assert trained_tokens("pocket@0013M") == 13_000_000
    assert [trained_tokens(id) for id in ("pocket-base", "pocket@best", "Qwen/Qwen3-0.6B")] == [None] * 3
