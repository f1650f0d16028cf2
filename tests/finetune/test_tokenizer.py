"""The tokenizer: boundaries stand alone, words keep their tokens, nothing is lost, the template renders everything."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from workbook.core.chat import Message, Tool, ToolCall, assistant, system, user
from workbook.core.settings import data_dir
from workbook.finetune import stream
from workbook.finetune.tokenizer import SPECIAL, load_tokenizer, train_tokenizer

TEXTS = [
    "get_weather in Paris, 2026-03-14!",
    "Größe: 12 €",
    "a\tb\n\n  c",
    '{"name": "Zoë", "n": [1, 2.5, true]}',
    "日本 🙂",
]


@pytest.fixture(scope="module")
def shipped() -> Any:
    return load_tokenizer(data_dir() / "models" / "pocket-base")


def _pieces(tokenizer: Any, text: str) -> list[str]:
    ids = tokenizer.encode(text, add_special_tokens=False)
    return [tokenizer.decode([i]) for i in ids]


def test_every_boundary_is_a_token_of_its_own(shipped: Any) -> None:
    backend = shipped.backend_tokenizer
    for text in TEXTS[:1] + TEXTS[2:4]:
        for token in backend.encode(text, add_special_tokens=False).tokens:
            letters = [c for c in token if c.isalpha() and c not in "ĠĊĉ"]
            assert len(letters) == len(token) or len(token) == 1, (text, token)


def test_a_word_has_the_same_tokens_wherever_it_stands(shipped: Any) -> None:
    for word in ("Paris", "weather", "vostaind", "Zoë"):
        alone = shipped.encode(word, add_special_tokens=False)
        for around in ('"{}"', " {}", "_{}_", "({}),", "{}\n"):
            ids = shipped.encode(around.format(word), add_special_tokens=False)
            assert any(ids[i : i + len(alone)] == alone for i in range(len(ids))), around


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_lost(shipped: Any, text: str) -> None:
    assert shipped.decode(shipped.encode(text, add_special_tokens=False)) == text


def test_it_is_small_and_knows_its_special_tokens(shipped: Any) -> None:
    assert len(shipped) <= 8192
    assert shipped.model_max_length >= 4096
    for token in SPECIAL:
        assert len(shipped.encode(token, add_special_tokens=False)) == 1


def test_no_merge_crosses_a_boundary() -> None:
    tokenizer = train_tokenizer(["get_weather(city) get_weather(city) 12 12 12"] * 50, 300)
    assert not [t for t in tokenizer.get_vocab() if t not in SPECIAL and "_" in t and len(t) > 1]


def test_the_template_shows_all_that_a_schema_says(shipped: Any) -> None:
    parameters = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "where"},
            "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "tags": {"type": "array", "items": {"type": "string", "format": "date"}},
            "who": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": []},
            "any": {"anyOf": [{"type": "null"}, {"type": "string"}]},
        },
        "required": ["city"],
    }
    tool = Tool("get", "Look it up.", parameters)
    text = shipped.apply_chat_template([user("hi").to_dict()], tools=[tool.to_dict()], tokenize=False)
    shown = text.split("<tools>\n")[1].split("\n</tools>")[0].split("\n")
    assert shown == [
        "get: Look it up.",
        "- city: string, where",
        '- unit?: "c"|"f" = "c"',
        "- days?: integer >= 1 <= 7",
        "- tags?: [string date]",
        "- who?: {id?: integer}",
        '- any?: {"anyOf": [{"type": "null"}, {"type": "string"}]}',
    ]


def test_calls_are_rendered_as_json_dumps_writes_them(shipped: Any) -> None:
    call = ToolCall("a", {"x": "ü<b>'", "y": [1, 2.0, True, None], "z": {"k": "v"}})
    messages: list[Message] = [system("Be brief."), user("go"), assistant("Sure.", call, call)]
    text = shipped.apply_chat_template([m.to_dict() for m in messages], tokenize=False)
    body = f"<tool_call>\n{json.dumps(call.to_dict(), ensure_ascii=False)}\n</tool_call>"
    assert text.endswith(f"<|im_start|>assistant\nSure.\n{body}\n{body}<|im_end|>\n")
    assert text.count("<|bos|>") == 1
    assert text.startswith("<|bos|><|im_start|>system\nBe brief.<|im_end|>\n")


def test_the_loss_is_on_the_assistants_words_as_the_template_marks_them(shipped: Any) -> None:
    rng = Random(1)
    examples = [example for _ in range(15) for example in stream.make_tools(rng, 1.0)]
    for example in examples:
        if example.kind == "repair":
            continue
        ids, weights = stream.encode(example, shipped)
        marked = shipped.apply_chat_template(
            [m.to_dict() for m in example.messages],
            tools=[t.to_dict() for t in example.tools] or None,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        assert ids == marked["input_ids"]
        assert [w >= 1.0 for w in weights] == [bool(m) for m in marked["assistant_masks"]]


def test_of_a_repair_only_the_mended_call_is_learned(shipped: Any) -> None:
    example = stream.conversations.make("repair", Random(2), "train", 2)
    ids, weights = stream.encode(example, shipped)
    learned = shipped.decode([i for i, w in zip(ids, weights, strict=True) if w >= 1.0])
    assert learned.count("<tool_call>") == 1
    assert json.dumps(example.answer.tool_calls[0].to_dict(), ensure_ascii=False) in learned
