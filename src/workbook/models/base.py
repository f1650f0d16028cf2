"""What a language model is to the rest of the workbook: it renders, completes and parses.

Covers the values that pass between a model and its callers. Leaves out every
implementation (``local``, ``server``) and how constraints are enforced
(``workbook.grammar``): a processor is handed in, and only these few methods of it are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import WorkbookError


class ModelError(WorkbookError):
    """A model cannot be loaded or asked; the message says what was tried and how to go on."""


def require_room(tokens: int, model: str, context: int | None) -> None:
    """Raise :class:`ModelError` for a prompt of no tokens, or one after which a ``context`` has no place for another.

    None for a model that states no limit.
    """
    if not tokens:
        raise ModelError("the prompt is empty: a model needs at least one token to go on from")
    if context and tokens >= context:
        raise ModelError(
            f"the prompt has {tokens} tokens, and {model} reads at most {context}",
            "Offer fewer tools, shorten the conversation, or take a model that reads more.",
        )


@dataclass(frozen=True)
class Completion:
    """What a model wrote after one prompt.

    ``text`` leaves out the stop token, ``token_ids`` keeps it: it was generated, and paid for.
    ``seconds`` is the wall time of the batch divided by its size.
    ``finish_reason`` is ``length`` when the token limit cut the text.
    """

    text: str
    token_ids: tuple[int, ...]
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    seconds: float


@dataclass(frozen=True)
class Reply:
    """A completion, read in a chat format: free text, calls, and what was wrong with the rest."""

    content: str
    calls: tuple[ToolCall, ...] = ()
    problems: tuple[str, ...] = ()


class Processor(Protocol):
    """Changes the logits before each choice of a token; Outlines' and transformers' processors fit."""

    def reset(self) -> None:
        """Forget the last generation."""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the logits to choose from: ``input_ids`` is (rows, tokens), ``scores`` (rows, vocabulary)."""


@runtime_checkable
class RowProcessor(Protocol):
    """A processor whose constraint differs by prompt: it is told which prompts a batch holds."""

    def select(self, rows: Sequence[int]) -> None:
        """The next batch holds the prompts with these indexes, in this order."""


class Decoder(Protocol):
    """A decoding loop for transformers' ``custom_generate``."""

    def __call__(
        self,
        model: Any,
        input_ids: Any,
        logits_processor: Any,
        stopping_criteria: Any,
        generation_config: Any,
        **model_kwargs: Any,
    ) -> Any:
        """Token ids of prompts and texts, (rows, tokens)."""


class LanguageModel(Protocol):
    """A model that completes text and knows a chat format."""

    name: str
    fingerprint: str

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The prompt for a conversation, up to where the assistant begins to write."""

    def complete(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        processor: Processor | None = None,
    ) -> list[Completion]:
        """Complete every prompt; temperature 0 is greedy."""

    def parse(self, text: str) -> Reply:
        """Read what the model wrote; never raises."""
