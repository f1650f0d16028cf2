"""Prompts as text and as tokens, such that nobody's words become control tokens.

A rendered prompt is one string in which ``<|im_end|>`` means the control token.
The same characters inside a message must stay characters: :func:`guard` puts an
invisible noncharacter after their first letter, and :func:`encode` cuts the text
there, so that no tokenizer can see the control token. What the model reads is the
message, letter by letter. (A SentencePiece tokenizer that begins every piece with a
space shows one more space at such a cut; byte-level ones show none.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

GUARD = "\ufdd0"  # a Unicode noncharacter: for internal use, never in interchanged text
REPLACEMENT = "\ufffd"
CONTROL_SHAPE = re.compile(r"</?[\w|:.-]+>|\[/?[A-Z_]+\]")


def control_tokens(tokenizer: Any) -> dict[str, int]:
    """The tokens that steer a chat, by spelling: special ones, and added ones of the form ``<...>`` or ``[...]``.

    Some tokenizers list ``<tool_call>`` as added but not as special, hence the second rule.
    """
    special = set(tokenizer.all_special_ids)
    return {
        token.content: index
        for index, token in tokenizer.added_tokens_decoder.items()
        if token.special or index in special or CONTROL_SHAPE.fullmatch(token.content)
    }


def guard(text: str, controls: Mapping[str, int]) -> str:
    """Mark the control tokens' spellings in ``text`` as plain characters."""
    text = text.replace(GUARD, REPLACEMENT)
    for spelling in sorted(controls, key=len, reverse=True):
        plain = spelling[0] + GUARD + spelling[1:] if len(spelling) > 1 else REPLACEMENT
        text = text.replace(spelling, plain)
    return text


def guard_all(value: Any, controls: Mapping[str, int]) -> Any:
    """:func:`guard` every string in a JSON-like value, keys included."""
    if isinstance(value, str):
        return guard(value, controls)
    if isinstance(value, Mapping):
        return {guard(key, controls): guard_all(item, controls) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [guard_all(item, controls) for item in value]
    return value


def encode(tokenizer: Any, prompt: str) -> list[int]:
    """Token ids of a rendered prompt, with exactly one BOS where the tokenizer wants one."""
    pieces = [piece for piece in prompt.split(GUARD) if piece]
    # Whether a text fits the window is the caller's question; the tokenizer would print its own answer.
    quiet = {"add_special_tokens": False, "verbose": False}
    ids = [index for piece in pieces for index in tokenizer.encode(piece, **quiet)]
    bos = tokenizer.bos_token_id
    if bos is not None and adds_bos(tokenizer) and ids[:1] != [bos]:
        ids.insert(0, bos)
    return ids


def adds_bos(tokenizer: Any) -> bool:
    """Whether the tokenizer begins every text with BOS of its own accord."""
    return tokenizer.encode("", add_special_tokens=True)[:1] == [tokenizer.bos_token_id]
