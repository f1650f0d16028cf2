"""How likely a model finds an answer that is given to it: the log-probability of its tokens, the end of turn included.

For local models of transformers, whose weights can be asked. Leaves out servers and llama.cpp: they tell what they
would write, and not how likely they find another's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbook.core.chat import Message, Tool
from workbook.models import tokens
from workbook.models.base import LanguageModel, ModelError
from workbook.models.local import TransformersModel


class TooLong(ModelError):
    """Prompt and answer do not fit into the model's context."""


@dataclass(frozen=True)
class Likelihood:
    """The natural logarithm of an answer's probability, over all its tokens, and how many these are."""

    total: float
    tokens: int

    @property
    def per_token(self) -> float:
        """The mean over its tokens, so that long answers are no less likely for their length."""
        return self.total / self.tokens


def answer_likelihood(
    model: LanguageModel, messages: Sequence[Message], tools: Sequence[Tool], answer: Message
) -> Likelihood:
    """How likely ``answer`` is as the assistant's next turn, written in the model's own chat template.

    Raises :class:`ModelError` for a model that gives no log-probabilities, :class:`TooLong` beyond its context.
    """
    local = scoring(model)
    prompt = local.encode(local.render(messages, tools))
    whole = _ended(local, local.encode(_whole(local, messages, tools, answer)), len(prompt))
    shared = next((i for i, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), len(prompt))
    if local.context and len(whole) > local.context:
        raise TooLong(f"prompt and answer have {len(whole)} tokens, and {local.name} reads at most {local.context}")
    return Likelihood(_log_probability(local, whole, shared), len(whole) - shared)


def scoring(model: LanguageModel) -> TransformersModel:
    """The model itself, when it can say how likely a given text is; raises :class:`ModelError` otherwise."""
    if not isinstance(model, TransformersModel):
        raise ModelError(
            f"{model.name} gives no log-probabilities of given answers",
            "Use a local model (pocket, a folder or a hub id), which can be asked how likely a text is.",
        )
    return model


def _whole(model: TransformersModel, messages: Sequence[Message], tools: Sequence[Tool], answer: Message) -> str:
    if model.tokenizer.chat_template is None:
        if answer.tool_calls:
            raise ModelError(
                f"{model.name} has no chat template, so nobody knows how it writes a call", "Take one tuned for chat."
            )
        return model.render(messages, tools) + tokens.guard(answer.content, model.controls)
    turns = tokens.guard_all([turn.to_dict() for turn in (*messages, answer)], model.controls)
    listed = tokens.guard_all([tool.to_dict() for tool in tools], model.controls)
    return str(model.tokenizer.apply_chat_template(turns, tools=listed or None, tokenize=False))


def _ended(model: TransformersModel, ids: list[int], start: int) -> list[int]:
    """Up to the first token that ends a turn after ``start``; what a template writes behind it is not the answer."""
    end = next((i for i in range(start, len(ids)) if ids[i] in model.stop_ids), len(ids) - 1)
    return ids[: end + 1]


def _log_probability(model: TransformersModel, ids: list[int], start: int) -> float:
    import torch

    row: Any = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        logits = model.network(input_ids=row).logits[0, start - 1 : -1].float()
    each = torch.log_softmax(logits, dim=-1).gather(-1, row[0, start:, None])
    return float(each.sum())
