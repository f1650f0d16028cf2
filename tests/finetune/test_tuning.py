"""What a run does besides learning: packs rows, ends early and keeps the best, and the large model's way in small."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toys import TEMPLATE, network, pocket_tokenizer

from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.sft import check_packing, fine_tune, sft_trainer
from workbook.finetune.tuning import Job, Recipe
from workbook.models.base import ModelError
from workbook.models.four_bit import load_four_bit, merged_into
from workbook.models.gguf_export import export_gguf
from workbook.models.loading import load_local

WORDS = "alpha beta gamma red green blue".split()
ROWS = [
    {"messages": [{"role": "user", "content": f"{one} {other}"}, {"role": "assistant", "content": f"{other} {one}"}]}
    for one in WORDS
    for other in WORDS[:2]
]
RECIPE = Recipe(lora=None, epochs=1, batch=2, rate=1e-3, seed=0)


def silent(_: str) -> None:
    return None


def write(folder: Path, made: torch.nn.Module) -> str:
    tokenizer = copy.deepcopy(pocket_tokenizer())
    head, body = TEMPLATE.split("{{ message.content }}")
    said, tail = body.split("<|im_end|>\n{% endfor %}{% if add")
    marked = "{% generation %}{{ message.content }}" + said + "<|im_end|>{% endgeneration %}"
    tokenizer.chat_template = (
        f"{head}{{% if message.role == 'assistant' %}}{marked}\n{{% else %}}{{{{ message.content }}}}<|im_end|>\n"
        f"{{% endif %}}{{% endfor %}}{{% if add{tail}"
    )
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def base(tmp_path: Path) -> str:
    return write(tmp_path / "base", network(len(pocket_tokenizer())))


def packed(base: str, out: Path, rows=ROWS):
    job = Job(base, out, replace(RECIPE, pack=64), resume=False, merge=True, progress=silent)
    model = load_local(base, "cpu")
    return model, sft_trainer(model, rows, job)


def test_packed_rows_keep_their_labels_and_do_not_see_each_other(base: str, tmp_path: Path) -> None:
    model, trainer = packed(base, tmp_path / "out")
    alone = sft_trainer(model, ROWS, Job("", tmp_path / "a", RECIPE, resume=False, merge=True, progress=silent))
    rows = {tuple(row["input_ids"]): row["labels"] for row in alone.train_dataset}
    seen = 0
    for sequence in trainer.train_dataset:
        batch = trainer.data_collator([sequence])
        assert "attention_mask" not in batch
        assert len(sequence["input_ids"]) <= 64
        with torch.inference_mode():
            together = model.network(**{**batch, "labels": None}, use_cache=False).logits[0]
        start = 0
        for length in sequence["seq_lengths"]:
            ids = sequence["input_ids"][start : start + length]
            assert batch["position_ids"][0, start : start + length].tolist() == list(range(length))
            assert sequence["labels"][start : start + length] == rows[tuple(ids)]
            with torch.inference_mode():
                apart = model.network(torch.tensor([ids]), use_cache=False).logits[0]
            assert torch.allclose(together[start : start + length], apart, atol=1e-4)
            start, seen = start + length, seen + 1
    assert seen == len(ROWS)
    assert len(trainer.train_dataset) <= len(ROWS) / 2


def test_a_packed_run_learns_and_says_so(base: str, tmp_path: Path) -> None:
    out = fine_tune(base, ROWS, tmp_path / "out", pack=64, batch=2, epochs=6, rate=1e-2, progress=silent)
    record = json.loads((out / "training.json").read_text())
    assert record["recipe"]["pack"] == 64
    assert record["loss"][-1][1] < record["loss"][0][1] - 0.5
    assert "sequences of 64 tokens" in (out / "README.md").read_text()


def test_attention_that_takes_packed_rows_for_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = network(64)
    check_packing("toy", model)
    whole = model.forward
    monkeypatch.setattr(model, "forward", lambda input_ids, use_cache, **_: whole(input_ids, use_cache=use_cache))
    with pytest.raises(WorkbookError, match=r"packed rows of toy would see each other.*without --pack"):
        check_packing("toy", model)


def test_a_row_longer_than_a_packed_sequence_is_refused_and_not_cut(base: str, tmp_path: Path) -> None:
    long = {"messages": [{"role": "user", "content": "red " * 40}, {"role": "assistant", "content": "blue"}]}
    with pytest.raises(WorkbookError, match=r"row 13 has .* tokens, and 64 is the most"):
        packed(base, tmp_path / "out", [*ROWS, long])


def test_a_run_keeps_the_best_weights_and_ends_when_the_held_out_rows_get_no_better(base: str, tmp_path: Path) -> None:
    """What is held out says the opposite of what is learned: it can only get worse."""
    held = [
        {"messages": [row["messages"][0], {"role": "assistant", "content": "What is the weather? " * 3}]}
        for row in ROWS[:4]
    ]
    lines: list[str] = []
    how = {"batch": 4, "epochs": 10, "rate": 2e-2, "held_out": held}
    out = fine_tune(base, ROWS, tmp_path / "out", progress=lines.append, **how)
    record = json.loads((out / "training.json").read_text())
    losses = dict(map(tuple, record["held_out_loss"]))
    assert record["best"]["loss"] == min(losses.values()) == losses[record["best"]["step"]]
    assert max(losses) == record["steps"] < 30, "three looks without a better loss, and the run ends"
    assert any("held-out loss" in line for line in lines)
    assert record["data"]["held_out"]["rows"] == 4
    assert f"at step {record['best']['step']}, whose weights these are" in (out / "README.md").read_text()
    job = Job(base, tmp_path / "again", RECIPE, resume=False, merge=True, progress=silent)
    kept = sft_trainer(load_local(str(out), "cpu"), ROWS, job, held).evaluate()["eval_loss"]
    assert kept == pytest.approx(record["best"]["loss"], abs=0.03)


def test_a_stopped_run_with_held_out_rows_goes_on_and_ends_where_it_would_have(base: str, tmp_path: Path) -> None:
    def stop(line: str) -> None:
        if line.startswith("step 13 "):
            raise KeyboardInterrupt

    held = [{"messages": [row["messages"][0], ROWS[7]["messages"][1]]} for row in ROWS[:4]]
    how = {"batch": 4, "epochs": 8, "rate": 1e-2, "held_out": held}
    whole, out = fine_tune(base, ROWS, tmp_path / "whole", progress=silent, **how), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(base, ROWS, out, progress=stop, **how)
    fine_tune(base, ROWS, out, resume=True, progress=silent, **how)
    one, other = (json.loads((folder / "training.json").read_text()) for folder in (whole, out))
    assert other["resumed"]
    assert (one["steps"], one["best"]["step"]) == (other["steps"], other["best"]["step"])
    assert one["best"]["loss"] == pytest.approx(other["best"]["loss"], abs=1e-2)


def mistral(tmp_path: Path) -> str:
    """Mistral-7B's configuration, shrunk, with random weights."""
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=len(pocket_tokenizer()),
        hidden_size=64,
        intermediate_size=224,
        num_hidden_layers=2,
        num_attention_heads=8,
        num_key_value_heads=2,
        max_position_embeddings=512,
        sliding_window=None,
        bos_token_id=1,
        eos_token_id=3,
        pad_token_id=0,
    )
    return write(tmp_path / "mistral", MistralForCausalLM(config))


def test_mistral_in_small_is_tuned_packed_and_leaves_a_folder_for_servers(tmp_path: Path) -> None:
    from safetensors import safe_open
    from transformers import AutoModelForCausalLM

    base, out = mistral(tmp_path), tmp_path / "out"
    fine_tune(base, ROWS, out, lora=4, pack=64, batch=2, epochs=2, rate=1e-2, progress=silent)
    served = AutoModelForCausalLM.from_pretrained(out, dtype="auto")
    assert (served.config.model_type, served.dtype) == ("mistral", torch.bfloat16)
    assert not hasattr(served, "peft_config")
    with safe_open(out / "model.safetensors", framework="pt") as file:
        names = list(file.keys())
    assert names
    assert not any("lora" in name or "base_layer" in name for name in names)
    assert load_local(str(out), "cpu").tokenizer.chat_template == load_local(base, "cpu").tokenizer.chat_template
    with pytest.raises(ModelError, match=r"model_type.*convert_hf_to_gguf"):
        export_gguf(out, tmp_path / "out.gguf")


def test_an_adapter_learned_over_four_bits_is_merged_into_the_base_as_it_is_stored(tmp_path: Path) -> None:
    base, out = mistral(tmp_path), tmp_path / "adapter"
    fine_tune(base, ROWS, out, lora=4, batch=8, epochs=1, rate=1e-2, merge=False, progress=silent)
    whole = merged_into(base, out)
    assert whole.dtype is torch.bfloat16
    ids = torch.tensor([[1, 70, 80, 90]])
    with torch.inference_mode():
        here, there = whole.float()(ids).logits, load_local(str(out), "cpu").network(ids).logits
    assert float((here - there).norm() / there.norm()) < 0.02
    with pytest.raises(UsageError, match="not stored as a whole model"):
        merged_into(str(out), out)


def test_four_bits_need_cuda_bitsandbytes_and_lora(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no adapter to keep or to learn"):
        fine_tune(base, ROWS, tmp_path / "out", four_bit=True, progress=silent)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match=r"needs CUDA.*without --four-bit"):
        fine_tune(base, ROWS, tmp_path / "out", lora=4, four_bit=True, progress=silent)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("workbook.models.four_bit.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pip install bitsandbytes"):
        load_four_bit(base)
