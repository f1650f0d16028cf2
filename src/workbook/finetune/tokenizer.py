"""The tokenizer: byte-level BPE in which a word has the same tokens wherever it stands.

Space, newline, digit, underscore and every punctuation mark is a token of its own, so that ``Paris`` in
a question and ``"Paris"`` in JSON share their ids (copying is easy to learn), and so that forced
JSON has one tokenization (fast-forwarding is exact).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, BOS, START, END, CALL = "<|pad|>", "<|bos|>", "<|im_start|>", "<|im_end|>", "<tool_call>"
SPECIAL = (PAD, BOS, START, END, CALL, "</tool_call>", "<tools>", "</tools>")
CONTEXT = 4096
# One character that is no letter: white space, digit, underscore, or anything that is no word character.
BOUNDARY = r"[\s\d_]|[^\w\s]"


def chat_template() -> str:
    """The Jinja template that renders messages and compact tool signatures."""
    return files("workbook.finetune").joinpath("chat_template.jinja").read_text(encoding="utf-8")


def train_tokenizer(texts: Iterable[str], vocabulary: int = 4096) -> PreTrainedTokenizerFast:
    """Learn the merges from ``texts``; the vocabulary holds all 256 bytes, so any string can be written."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(BOUNDARY), behavior="isolated")
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_only])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return wrap(tokenizer)


def wrap(tokenizer: object) -> PreTrainedTokenizerFast:
    """A transformers tokenizer with the special tokens and the chat template set."""
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=list(SPECIAL[4:]),
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    fast.chat_template = chat_template()
    return fast


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a model's folder, from its files alone."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(folder)
