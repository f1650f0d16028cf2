"""Tiny models with random weights and small tokenizers, for tests that take milliseconds.

``pocket_tokenizer`` is built as the shipped one is: space, digit, underscore and
punctuation stand alone, ``<tool_call>`` is one token. ``plain_tokenizer`` is an ordinary
byte-level BPE whose leading spaces belong to words and whose tags are plain text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

SPECIAL = ["<|pad|>", "<|bos|>", "<|im_start|>", "<|im_end|>", "<tools>", "</tools>", "<tool_call>", "</tool_call>"]
TEMPLATE = """{{ bos_token }}{% if tools %}<|im_start|>system
<tools>
{% for tool in tools %}{{ tool.function | tojson }}
{% endfor %}</tools><|im_end|>
{% endif %}{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}{% for call in message.tool_calls or [] %}<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
CORPUS = [
    "get the weather in Paris", '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}',
    "true false null number string search find call", "What is the weather? I can not call that.",
    "alpha beta gamma delta epsilon red green blue [1, 2.5, -3e4]",
]  # fmt: skip


def _trained(pre_tokenizer: Any, size: int, special: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    return tokenizer


@lru_cache
def pocket_tokenizer() -> Any:
    """About 330 tokens, control tokens among them, with a chat template that writes BOS."""
    from tokenizers import Regex, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    split = pre_tokenizers.Split(Regex(r"[^\p{L}]"), "isolated")
    parts = [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_trained(pre_tokenizers.Sequence(parts), 330, SPECIAL),
        bos_token="<|bos|>",
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
        additional_special_tokens=["<|im_start|>", *SPECIAL[4:]],
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@lru_cache
def plain_tokenizer() -> Any:
    """About 300 tokens; no chat template, and tags are ordinary text."""
    from tokenizers import pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    trained = _trained(pre_tokenizers.ByteLevel(add_prefix_space=False), 300, ["<eos>"])
    return PreTrainedTokenizerFast(tokenizer_object=trained, eos_token="<eos>", pad_token="<eos>")


def network(width: int, *, eos: int = 3, pad: int = 0, seed: int = 0, hidden: int = 32) -> Any:
    """A Llama of one layer with random weights, whose logits have ``width`` entries."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=width, hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=1,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True,
        initializer_range=0.4, bos_token_id=None, eos_token_id=eos, pad_token_id=pad,
    )  # fmt: skip
    return LlamaForCausalLM(config)


@lru_cache
def toy_model(kind: str = "pocket", padding: int = 5) -> Any:
    """A ``TransformersModel``; its logits are ``padding`` wider than its tokenizer's vocabulary."""
    from workbook.models.local import TransformersModel

    tokenizer = {"pocket": pocket_tokenizer, "plain": plain_tokenizer}[kind]()
    llama = network(len(tokenizer) + padding, eos=tokenizer.eos_token_id, pad=tokenizer.pad_token_id)
    return TransformersModel(f"toy-{kind}", llama, tokenizer, fingerprint=f"toy-{kind}")
