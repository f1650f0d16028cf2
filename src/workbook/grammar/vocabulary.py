"""What an engine must know about a tokenizer: the bytes of every token, at the width of the logits.

Control tokens have no bytes: ``<|im_start|>`` must never pass for a piece of a JSON
string. The two that stand around a tool call come back as :data:`MARKS`, control
characters that no JSON text contains, in the grammars that want them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from workbook.models.tokens import control_tokens

OPEN, CLOSE = "<tool_call>", "</tool_call>"
MARKS = {OPEN: "\x02", CLOSE: "\x03"}  # start and end of text, as ASCII has it


class TokenModel(Protocol):
    """A model whose tokens are at hand, such as ``models.local.TransformersModel``."""

    @property
    def tokenizer(self) -> Any:
        """transformers' tokenizer, whose ids are those of the logits."""

    @property
    def logit_width(self) -> int:
        """Length of a row of logits."""

    @property
    def stop_ids(self) -> tuple[int, ...]:
        """Tokens that end a text, the engine's end-of-text first."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """``token_bytes[i]`` is what token ``i`` writes; control tokens and padding write nothing."""

    tokenizer: Any
    token_bytes: tuple[bytes, ...]
    control: Mapping[str, int]
    stop_ids: tuple[int, ...]

    @property
    def width(self) -> int:
        """Entries of a row of logits, padding included."""
        return len(self.token_bytes)

    @cached_property
    def has_marks(self) -> bool:
        """Whether the tags of a tool call are control tokens; else they are plain text."""
        return OPEN in self.control and CLOSE in self.control

    @cached_property
    def marked_bytes(self) -> tuple[bytes, ...]:
        """``token_bytes`` in which the tags of a tool call are :data:`MARKS`, and nothing else is."""
        marks = {self.control[tag]: mark.encode() for tag, mark in MARKS.items()} if self.has_marks else {}
        taken = set("".join(MARKS.values()).encode()) if marks else set()
        return tuple(
            marks.get(index, b"" if taken & set(token) else token) for index, token in enumerate(self.token_bytes)
        )

    def settled_tokens(self, text: str) -> list[int]:
        """The tokens of ``text`` that no text after it can change; a :data:`MARKS` character is its control token.

        ``{"name": "get`` may go on as ``getter``, so the last word waits until something that is no letter follows.
        """
        tokens: list[int] = []
        names = {mark: self.control[tag] for tag, mark in MARKS.items()} if self.has_marks else {}
        pieces = re.split(f"([{''.join(MARKS.values())}])", text)
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            tokens += [names[piece]] if piece in names else self._settled(piece, last)
        return tokens

    def _settled(self, text: str, open_ended: bool) -> list[int]:
        if not text:
            return []
        if not open_ended:
            return list(self.tokenizer.encode(text, add_special_tokens=False))
        return list(self._partial.tokenize_partial(text.encode())[0])

    @cached_property
    def _partial(self) -> Any:
        """llguidance's wrapper of the tokenizer, which knows where a tokenization is settled."""
        from workbook.grammar.llguidance_engine import tokenizer_of

        return tokenizer_of(self)

    @property
    def tags(self) -> tuple[str, str]:
        """How a grammar over ``marked_bytes`` spells the tags of a tool call."""
        return (MARKS[OPEN], MARKS[CLOSE]) if self.has_marks else (OPEN, CLOSE)


def vocabulary_of(model: TokenModel) -> Vocabulary:
    """Read a model's vocabulary. It takes a moment: ``processor`` keeps it with the model."""
    import xgrammar

    tokenizer, width = model.tokenizer, model.logit_width
    # xgrammar knows byte-level, byte-fallback and raw vocabularies; its decoding serves all engines.
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=width, stop_token_ids=list(model.stop_ids))
    control = control_tokens(tokenizer)
    silent = {*control.values(), *model.stop_ids}
    decoded = tuple(b"" if index in silent else token for index, token in enumerate(info.decoded_vocab))
    return Vocabulary(tokenizer, decoded, control, model.stop_ids)
