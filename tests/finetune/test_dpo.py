"""Preferences on a toy: what the trainer sees, that the chosen answer wins, and that a run resumes and is recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toys import network, pocket_tokenizer

from workbook.core.errors import WorkbookError
from workbook.finetune.dpo import dpo_trainer, fine_tune_by_preference
from workbook.finetune.tuning import Job, Recipe
from workbook.models.loading import load_local

TOOL = {"type": "function", "function": {"name": "call", "parameters": {"type": "object", "properties": {"red": {}}}}}
CALL = {
    "role": "assistant",
    "tool_calls": [{"type": "function", "function": {"name": "call", "arguments": {"red": 1}}}],
}
ASK = {"role": "assistant", "content": "What is the number?"}


def pair(said, chosen, rejected, **more):
    return {"prompt": [{"role": "user", "content": said}], "chosen": [chosen], "rejected": [rejected], **more}


PAIRS = [pair("alpha", ASK, CALL, tools=[TOOL]), pair("alpha beta", CALL, ASK, tools=[TOOL]), pair("red", ASK, CALL)]


def silent(_):
    return None


@pytest.fixture
def base(tmp_path: Path) -> str:
    folder = tmp_path / "base"
    network(len(pocket_tokenizer())).save_pretrained(folder)
    pocket_tokenizer().save_pretrained(folder)
    return str(folder)


def trainer_of(base, out, pairs=PAIRS):
    recipe = Recipe(lora=2, epochs=1, batch=2, rate=1e-3, seed=0, beta=0.1)
    model = load_local(base, "cpu")
    return model, dpo_trainer(model, pairs, Job(base, out, recipe, resume=False, merge=True, progress=silent))


def test_the_trainer_sees_the_prompt_as_the_model_is_asked_and_both_answers_whole(base, tmp_path):
    from workbook.core.chat import Message, Tool

    model, trainer = trainer_of(base, tmp_path / "out")
    for told, seen in zip(PAIRS, trainer.train_dataset, strict=True):
        tools = [Tool.from_dict(tool) for tool in told.get("tools", ())]
        prompt = [Message.from_dict(turn) for turn in told["prompt"]]
        assert seen["prompt_ids"] == model.encode(model.render(prompt, tools))
        for side in ("chosen", "rejected"):
            written = model.decode(seen[f"{side}_ids"])
            assert written.removesuffix("\n").endswith("<|im_end|>")
            assert ("What is the number?" in written) == (told[side][0] == ASK)
            assert ('{"name": "call", "arguments": {"red": 1}}' in written) == (told[side][0] == CALL)


@pytest.mark.parametrize("lora", [None, 4])
def test_what_is_chosen_becomes_likelier_than_what_is_rejected(base, tmp_path, lora):
    lines = []
    how = {"epochs": 12, "batch": 3, "rate": 1e-2, "lora": lora, "held_out": PAIRS[:1]}
    out = fine_tune_by_preference(base, PAIRS, tmp_path / "out", progress=lines.append, **how)
    record = json.loads((out / "training.json").read_text())
    assert record["recipe"]["beta"] == 0.1
    assert record["loss"][0][1] == pytest.approx(0.6931, abs=0.02), "at first the model is its own reference"
    assert record["loss"][-1][1] < 0.6
    assert record["best"]["loss"] < 0.69
    assert "preferences by DPO, beta 0.1" in (out / "README.md").read_text()
    assert load_local(str(out), "cpu").fingerprint == record["sha256"]


def test_a_stopped_run_by_preference_goes_on(base, tmp_path):
    def stop(line):
        if line.startswith("step 8 "):
            raise KeyboardInterrupt

    how = {"epochs": 10, "batch": 3, "rate": 1e-2, "lora": 2}
    whole = fine_tune_by_preference(base, PAIRS, tmp_path / "whole", progress=silent, **how)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fine_tune_by_preference(base, PAIRS, out, progress=stop, **how)
    fine_tune_by_preference(base, PAIRS, out, resume=True, progress=silent, **how)
    one, other = (json.loads((folder / "training.json").read_text()) for folder in (whole, out))
    assert other["resumed"]
    assert one["loss"][-1] == pytest.approx(other["loss"][-1], abs=2e-3)


def test_rows_and_pairs_too_long_are_refused(base, tmp_path):
    with pytest.raises(WorkbookError, match="no list of messages under 'prompt'"):
        trainer_of(base, tmp_path / "out", [{"messages": []}])
    with pytest.raises(WorkbookError, match=r"row 2 has .* tokens, and 1024 is the most"):
        trainer_of(base, tmp_path / "out", [PAIRS[2], pair("red " * 900, ASK, CALL)])
