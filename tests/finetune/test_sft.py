"""Fine-tuning on a toy: what the loss sees, a run, a run that is stopped and resumed, and what is refused."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toys import TEMPLATE, network, pocket_tokenizer

from workbook.core.chat import Message, Tool
from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.sft import fine_tune, sft_trainer
from workbook.finetune.tuning import Job, Recipe
from workbook.models.base import ModelError
from workbook.models.loading import fingerprint, load_local

TOOL = {"type": "function", "function": {"name": "call", "parameters": {"type": "object", "properties": {"red": {}}}}}
RECIPE = Recipe(lora=None, epochs=1, batch=2, rate=1e-3, seed=0)


def marked() -> str:
    """The toys' template, which says what is the assistant's."""
    head, body = TEMPLATE.split("<|im_start|>{{ message.role }}\n")
    turn, tail = body.split("<|im_end|>\n{% endfor %}{% if add")
    said = f"{{% generation %}}{turn}<|im_end|>{{% endgeneration %}}\n"
    choice = f"{{% if message.role == 'assistant' %}}{said}{{% else %}}{turn}<|im_end|>\n{{% endif %}}"
    return f"{head}<|im_start|>{{{{ message.role }}}}\n{choice}{{% endfor %}}{{% if add{tail}"


def row(said: str, answer: str = "", *, call: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    calls = [{"type": "function", "function": {"name": "call", "arguments": call}}] if call is not None else []
    turn = {"role": "assistant", "content": answer, **({"tool_calls": calls} if calls else {})}
    return {"messages": [{"role": "user", "content": said}, turn], **more}


ROWS = [
    row("alpha", call={"red": 1}, tools=[TOOL]),
    row("beta", call={"green": "blue"}),
    row("What is the weather?", "I can not call that."),
    row("gamma", "delta"),
]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A toy on disk; nobody may ask the network."""
    asked: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    folder = tmp_path / "base"
    tokenizer = copy.deepcopy(pocket_tokenizer())
    tokenizer.chat_template = marked()
    network(len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    yield str(folder)
    assert asked == []


def tuned(base: str, out: Path, rows: Any = ROWS, **how: Any) -> Path:
    return fine_tune(base, rows, out, **{"epochs": 4, "batch": 2, "rate": 1e-2, "progress": _quiet, **how})


def job(out: Path, **how: Any) -> Job:
    return Job("", out, replace(RECIPE, **how), resume=False, merge=True, progress=_quiet)


def _quiet(_: str) -> None:
    return None


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_local(str(folder), "cpu").network.state_dict())


def test_the_loss_sees_the_assistants_turns_and_nothing_else(base: str, tmp_path: Path) -> None:
    model = load_local(base, "cpu")
    data = sft_trainer(model, ROWS, job(tmp_path)).train_dataset
    calls = ['{"name": "call", "arguments": {"red": 1}}', '{"name": "call", "arguments": {"green": "blue"}}']
    answers = [f"<tool_call>\n{call}\n</tool_call><|im_end|>" for call in calls]
    answers += ["I can not call that.<|im_end|>", "delta<|im_end|>"]
    for told, ids, labels, answer in zip(ROWS, data["input_ids"], data["labels"], answers, strict=True):
        learned = [label for label in labels if label != -100]
        assert model.decode(learned) == answer
        turns = [Message.from_dict(turn) for turn in told["messages"]]
        prompt = model.encode(model.render(turns[:-1], [Tool.from_dict(tool) for tool in told.get("tools", ())]))
        assert ids[: len(prompt)] == prompt, "the model is asked with the tokens that it was trained on"
        assert labels[: len(prompt) + len(learned)] == [-100] * len(prompt) + learned
        assert set(labels[len(prompt) + len(learned) :]) <= {-100}


def test_of_two_answers_both_are_learned_and_the_turns_between_are_not(base: str, tmp_path: Path) -> None:
    talk = {
        "messages": [*ROWS[3]["messages"], {"role": "user", "content": "red"}, {"role": "assistant", "content": "blue"}]
    }
    model = load_local(base, "cpu")
    [labels] = sft_trainer(model, [talk], job(tmp_path)).train_dataset["labels"]
    assert model.decode([label for label in labels if label != -100]) == "delta<|im_end|>blue<|im_end|>"


@pytest.mark.parametrize("lora", [None, 4])
def test_a_run_learns_its_rows_and_leaves_a_folder_that_loads(base: str, tmp_path: Path, lora: int | None) -> None:
    lines: list[str] = []
    out = tuned(base, tmp_path / "out", lora=lora, epochs=20, progress=lines.append)
    record = json.loads((out / "training.json").read_text())
    assert record["sha256"] == fingerprint([out / "model.safetensors"])
    assert record["base_sha256"] == load_local(base, "cpu").fingerprint
    assert (record["data"]["rows"], record["steps"], record["resumed"]) == (4, 40, False)
    assert record["loss"][-1][1] < record["loss"][0][1] - (1 if lora is None else 0.2)
    assert lines[-1].startswith("step 40 of 40, loss ")
    assert {"trl", "peft", "torch"} <= set(record["versions"])
    assert record["sha256"][:12] in (out / "README.md").read_text()
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == []
    model = load_local(str(out), "cpu")
    assert model.tokenizer.chat_template == marked()
    if lora is None:
        [done] = model.complete([model.render([Message("user", "gamma")])], max_new_tokens=8)
        assert done.text == "delta"


def test_an_adapter_alone_loads_into_its_base_and_computes_as_the_merged_one(base: str, tmp_path: Path) -> None:
    adapter, merged = (tuned(base, tmp_path / name, lora=4, merge=name == "merged") for name in ("adapter", "merged"))
    assert not (adapter / "model.safetensors").exists()
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == base
    ids = torch.tensor([[1, 70, 80, 90]])
    with torch.inference_mode():
        plain, here, there = (load_local(str(one), "cpu").network(ids).logits for one in (base, adapter, merged))
    assert float((here - there).norm() / here.norm()) < 0.02
    assert float((here - plain).norm() / here.norm()) > 0.1
    assert load_local(str(adapter), "cpu").fingerprint != load_local(base, "cpu").fingerprint


def test_an_adapter_of_another_base_is_refused(base: str, tmp_path: Path) -> None:
    adapter = tuned(base, tmp_path / "adapter", lora=4, merge=False)
    network(len(pocket_tokenizer()), seed=1).save_pretrained(base)
    with pytest.raises(ModelError, match=r"was made for another .*base: .*`make adapters`"):
        load_local(str(adapter), "cpu")


def test_a_run_that_is_stopped_goes_on_and_ends_where_it_would_have(base: str, tmp_path: Path) -> None:
    def stop(line: str) -> None:
        if line.startswith("step 5 "):
            raise KeyboardInterrupt

    whole, out = tuned(base, tmp_path / "whole"), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        tuned(base, out, progress=stop)
    assert list((out / "checkpoints").glob("checkpoint-*"))
    with pytest.raises(WorkbookError, match=r"of another run.* without --resume"):
        tuned(base, out, resume=True, seed=1)
    lines: list[str] = []
    tuned(base, out, resume=True, progress=lines.append)
    assert json.loads((out / "training.json").read_text())["resumed"]
    assert lines[0].startswith("step 5 of 8")
    for name, weight in weights(whole).items():
        assert torch.allclose(weights(out)[name], weight, atol=1e-3), name


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no rows"),
        ([{"text": "alpha"}], "row 1: no 'messages'"),
        ([ROWS[3], {"messages": ROWS[3]["messages"][:1]}], "row 2 has no assistant's turn"),
        ([row("alpha", call={"red": 1}, tools=[{}])], "row 1: a tool needs a name"),
        ([row("alpha <|im_end|>", "beta")], r"row 1 spells the control token <\|im_end\|>"),
        ([row("alpha", '<tool_call>{"name": "x"}</tool_call>')], "row 1 spells the control token"),
        ([row("alpha " * 900, "beta")], "row 1 has .* tokens, and 1024 is the most"),
    ],
)
def test_rows_that_teach_nothing_or_something_else_are_refused(
    base: str, tmp_path: Path, rows: Any, message: str
) -> None:
    with pytest.raises(WorkbookError, match=message):
        tuned(base, tmp_path / "out", rows)


def test_a_template_that_does_not_mark_the_assistant_is_named(base: str, tmp_path: Path) -> None:
    (Path(base) / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"does not say which tokens are the assistant's.*generation"):
        tuned(base, tmp_path / "out")


def test_no_other_model_is_overwritten(base: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds another model"):
        tuned(base, Path(base))
    out = tuned(base, tmp_path / "out", lora=1, merge=False, epochs=1)
    assert tuned(base, out, lora=2, merge=False, epochs=1) == out
    with pytest.raises(UsageError, match="holds another model"):
        tuned(base, out)


def test_what_makes_no_sense_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no adapter to keep"):
        tuned("pocket", tmp_path, merge=False)
    with pytest.raises(UsageError, match="Did you mean 'pocket'"):
        tuned("pockett", tmp_path)
