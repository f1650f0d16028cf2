"""A model written as GGUF is the same model in llama.cpp: tokens, template, logits."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toys import network, plain_tokenizer, pocket_tokenizer, toy_model
from varied_texts import varied_texts

from workbook.core.chat import Tool, assistant, user
from workbook.core.settings import data_dir
from workbook.models import gguf_export
from workbook.models.base import ModelError
from workbook.models.gguf_export import export_gguf
from workbook.models.llamacpp import LlamaCppModel
from workbook.models.loading import load_local
from workbook.models.local import TransformersModel
from workbook.suites.tasks import load_tasks

FIND = Tool("find", "Find it.", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
PROMPTS = ["<|bos|>what is the weather", "get the weather in Paris " * 12, '{"name": "get_weather", "days": 3}']


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy with two heads of queries for each of keys, and with more rows than tokens."""
    path = tmp_path_factory.mktemp("toy")
    toy = toy_model()
    toy.network.save_pretrained(path)
    toy.tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def toy(folder: Path) -> LlamaCppModel:
    return LlamaCppModel(export_gguf(folder, folder / "toy.gguf"), threads=1)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], LlamaCppModel]:
    """The shipped model in llama.cpp, made when a test asks for it."""
    made: list[LlamaCppModel] = []

    def get() -> LlamaCppModel:
        if not made:
            target = tmp_path_factory.mktemp("pocket") / "pocket.gguf"
            made.append(LlamaCppModel(export_gguf(data_dir() / "models" / "pocket", target)))
        return made[0]

    return get


def logprobs(model: TransformersModel, prompt: str, weights: Any = None) -> np.ndarray:
    """Transformers' log-probabilities of the next token."""
    with torch.inference_mode():
        logits = (weights or model.network)(torch.tensor([model.encode(prompt)])).logits[0, -1]
    return torch.log_softmax(logits.float(), -1).numpy()


def test_the_file_says_what_the_folder_said(folder: Path, toy: LlamaCppModel) -> None:
    from gguf import GGUFReader, TokenType

    fields = {key: field.contents() for key, field in GGUFReader(toy.path).fields.items()}
    tokenizer = toy_model().tokenizer
    width = toy_model().logit_width
    assert fields["llama.context_length"] == toy.context == 1024
    assert (fields["llama.attention.head_count"], fields["llama.attention.head_count_kv"]) == (4, 2)
    assert fields["tokenizer.ggml.pre"] == gguf_export.PRE
    assert fields["tokenizer.chat_template"] == tokenizer.chat_template
    assert fields["tokenizer.ggml.tokens"] == [
        *tokenizer.convert_ids_to_tokens(range(len(tokenizer))),
        *(f"[PAD{index}]" for index in range(len(tokenizer), width)),
    ]
    kinds = fields["tokenizer.ggml.token_type"]
    controls = [index for index, kind in enumerate(kinds) if kind == TokenType.CONTROL]
    printed = [index for index, kind in enumerate(kinds) if kind == TokenType.USER_DEFINED]
    assert sorted(controls + printed) == sorted(toy_model().controls.values())
    assert tokenizer.convert_ids_to_tokens(printed) == ["<tool_call>", "</tool_call>"], (
        "a server shows where calls begin"
    )
    assert kinds[len(tokenizer) :] == [TokenType.UNUSED] * 5
    ids = [fields[f"tokenizer.ggml.{name}_token_id"] for name in ("bos", "eos", "padding")]
    assert ids == [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    assert fields["tokenizer.ggml.add_bos_token"] is False, "the chat template writes it"


def test_the_toy_has_the_same_distribution(toy: LlamaCppModel) -> None:
    """Weights are float32 on both sides; what differs is llama.cpp's cache in float16, good to three digits."""
    for prompt in PROMPTS:
        found, wanted = np.array(toy.next_logprobs(prompt)), logprobs(toy_model(), prompt)
        assert toy.encode(prompt) == toy_model().encode(prompt)
        assert found.shape == wanted.shape == (toy_model().logit_width,)
        assert np.abs(found - wanted).max() < 0.03
        assert np.ptp(wanted) > 10, "a flat distribution would prove nothing"


def test_without_the_order_of_rotary_rows_it_would_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_export, "_interleaved", lambda weight, heads: weight)
    wrong = LlamaCppModel(export_gguf(folder, folder / "wrong.gguf"), threads=1)
    far = [np.abs(np.array(wrong.next_logprobs(p)) - logprobs(toy_model(), p)).max() for p in PROMPTS]
    assert max(far) > 0.3


def test_an_output_matrix_of_its_own_is_written_too(tmp_path: Path) -> None:
    llama = network(len(pocket_tokenizer()))
    llama.config.tie_word_embeddings = False
    llama.lm_head.weight = torch.nn.Parameter(llama.lm_head.weight.detach() * -1)
    llama.save_pretrained(tmp_path)
    pocket_tokenizer().save_pretrained(tmp_path)
    untied = LlamaCppModel(export_gguf(tmp_path, tmp_path / "untied.gguf"), threads=1)
    wanted = logprobs(TransformersModel("untied", llama, pocket_tokenizer()), PROMPTS[0])
    assert np.abs(np.array(untied.next_logprobs(PROMPTS[0])) - wanted).max() < 0.03


def test_the_toy_gives_varied_texts_the_same_ids(toy: LlamaCppModel) -> None:
    texts = varied_texts(300, seed=1)
    assert [text for text in texts if toy.encode(text) != toy_model().encode(text)] == []


@pytest.mark.slow
def test_a_thousand_texts_have_the_same_ids(pocket: str, shipped: Callable[[], LlamaCppModel]) -> None:
    texts, here, there = varied_texts(1000), load_local(pocket, "cpu"), shipped()
    assert [text for text in texts if there.encode(text) != here.encode(text)] == []
    used = set(chain.from_iterable(map(here.encode, texts)))
    assert set(here.controls.values()) <= used, "every control token is among them"


@pytest.mark.slow
def test_a_hundred_prompts_have_the_same_distribution(pocket: str, shipped: Callable[[], LlamaCppModel]) -> None:
    """The measure is bfloat16's own error: no farther from float32 than transformers is when it computes in bfloat16.

    llama.cpp multiplies bfloat16 matrices with vectors rounded to bfloat16, and keeps float32 between them.
    Looked at where the probability is above e^-20, which is far below what any sampler draws.
    """
    here, there = load_local(pocket, "cpu"), shipped()
    rough = copy.deepcopy(here.network).to(torch.bfloat16)
    counts = {"calls": 20, "facts": 30, "talk": 20, "arithmetic": 20, "results": 10}
    tasks = list(chain.from_iterable(load_tasks(name, limit=count) for name, count in counts.items()))
    prompts = [here.render(task.messages, task.tools) for task in tasks]
    assert len(prompts) == 100
    errors: list[np.ndarray] = []
    allowed: list[np.ndarray] = []
    for prompt in prompts:
        exact = logprobs(here, prompt)
        seen = exact > -20
        errors.append(np.abs(np.array(there.next_logprobs(prompt)) - exact)[seen])
        allowed.append(np.abs(logprobs(here, prompt, rough) - exact)[seen])
    assert np.mean([e.mean() for e in errors]) < np.mean([a.mean() for a in allowed])
    assert max(e.max() for e in errors) < max(a.max() for a in allowed)


@pytest.mark.slow
def test_the_shipped_prompt_is_the_same_here_there_and_in_llamacpps_own_jinja(
    pocket: str, shipped: Callable[[], LlamaCppModel]
) -> None:
    here, there = load_local(pocket, "cpu"), shipped()
    turns = [user("Find 3 <|im_end|>."), assistant("Done."), user("Again.")]
    assert there.render(turns, [FIND]) == here.render(turns, [FIND])
    assert there.encode(there.render(turns, [FIND])) == here.encode(here.render(turns, [FIND]))
    plain = [user("Find 3."), assistant("Done."), user("Again.")]
    body = {"messages": [turn.to_dict() for turn in plain], "tools": [FIND.to_dict()], "max_tokens": 1, "verbose": True}
    assert there.server.handle_chat_completions(body)["__verbose"]["prompt"] == here.render(plain, [FIND])


def test_a_failed_export_leaves_the_old_file_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    for path in folder.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"model.layers.0.self_attn.sinks": torch.ones(4)}, tmp_path / "model.safetensors")
    target = tmp_path / "out" / "toy.gguf"
    target.parent.mkdir()
    target.write_text("the old one")
    with pytest.raises(ModelError, match="sinks, which a plain Llama has not"):
        export_gguf(tmp_path, target)
    assert [path.name for path in target.parent.iterdir()] == ["toy.gguf"]
    assert target.read_text() == "the old one"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "qwen3"}, "see its model_type"),
        ({"attention_bias": True}, "attention_bias"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "rope_type"),
        ({"vocab_size": 300}, "rows for them"),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path: Path, folder: Path, change: dict[str, Any], message: str) -> None:
    for path in folder.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ModelError, match=message):
        export_gguf(tmp_path, tmp_path / "toy.gguf")


def test_an_ordinary_tokenizer_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    plain_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="tokenize some texts in another way"):
        export_gguf(tmp_path, tmp_path / "plain.gguf")
    with pytest.raises(ModelError, match=r"no config\.json"):
        export_gguf(tmp_path / "nowhere", tmp_path / "plain.gguf")


@pytest.mark.parametrize(
    ("token", "crosses"),
    [
        ("weather", False),
        ("FranÃ§ois", False),
        ("Ġthe", True),
        ("a.", True),
        ("âĢ", False),
        ("aÃ", True),
        ("ÂłÃ", True),
    ],
)
def test_tokens_that_reach_over_a_boundary_are_found(token: str, crosses: bool) -> None:
    """``aÃ`` is an a and the first byte of é, which is also that of ×; ``âĢ`` the beginning of one character."""

    def pieces(text: str) -> list[str]:
        found = pocket_tokenizer().backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)
        return [piece for piece, _ in found]

    assert gguf_export._crosses(token, pieces) is crosses
