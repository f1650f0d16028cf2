"""What proposes the next turn: a language model, freely or under the tool-call grammar.

Covers the protocol that the loop talks to. Leaves out scripted policies (``scripted``), and what becomes of a turn
(``loop``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, cast, get_args

from workbook.core.chat import Message, Tool
from workbook.core.constraints import ToolCalls
from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.models.base import Completion, LanguageModel, Reply

Decoding = Literal["free", "grammar"]
CUT = "the text was cut by the token limit"


@dataclass(frozen=True)
class Turn:
    """A turn as it was written and as it was read; ``cut`` when the token limit ended it."""

    reply: Reply
    text: str
    prompt_tokens: int
    tokens: int
    seconds: float
    cut: bool = False


class Policy(Protocol):
    """Anything that can take the assistant's part."""

    @property
    def name(self) -> str:
        """What traces and tables call it."""

    @property
    def scripted(self) -> bool:
        """Whether its behaviour is written down, rather than a model's."""

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """The next turn; without ``tools`` it has to be an answer."""


def as_policy(model: LanguageModel | Policy, constraint: Decoding = "free") -> Policy:
    """A model as a policy; a policy stays what it is, and raises ``UsageError`` where ``constraint`` should bind it."""
    if constraint not in get_args(Decoding):
        raise unknown("constraint", constraint, get_args(Decoding))
    if not hasattr(model, "propose"):
        return ModelPolicy(cast(LanguageModel, model), constraint)
    if constraint != "free":
        raise UsageError(f"{model.name} is a policy, which no grammar can bind", "Give the model itself.")
    return cast(Policy, model)


class ModelPolicy:
    """A language model that proposes turns; under ``grammar`` text may stand before calls, and all calls are legal.

    ``sampling``: ``max_new_tokens``, ``temperature`` and ``seed``, as for ``model.complete``. A server that counts
    no tokens of its own is billed for the prompt alone.
    """

    scripted = False

    def __init__(self, model: LanguageModel, constraint: Decoding = "free", **sampling: Any) -> None:
        self.model, self.constraint, self.sampling = model, constraint, sampling

    @property
    def name(self) -> str:
        """The model's own name, without the constraint."""
        return self.model.name

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """Render, complete in a thread, so that the event loop goes on, and parse."""
        started = time.perf_counter()
        completion = await asyncio.to_thread(self._complete, messages, tools)
        return read_turn(self.model, completion, time.perf_counter() - started)

    def _complete(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Completion:
        from workbook.grammar import generate

        bound = self.constraint == "grammar" and bool(tools)
        constraint = ToolCalls(tuple(tools), required=False, parallel=True) if bound else None
        prompt = self.model.render(messages, tools)
        return generate(self.model, [prompt], constraint, **self.sampling)[0].completion


def read_turn(model: LanguageModel, completion: Completion, seconds: float) -> Turn:
    """What a model wrote, as a turn; a text that the token limit has cut is never run."""
    cut, reply = completion.finish_reason == "length", model.parse(completion.text)
    if cut and reply.calls and CUT not in reply.problems:
        reply = replace(reply, problems=(*reply.problems, CUT))
    return Turn(reply, completion.text, completion.prompt_tokens, len(completion.token_ids), seconds, cut)
