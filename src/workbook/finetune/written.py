"""Synthetic rows that a model wrote, and what checks leave of them: a funnel of another kind than the generator's own.

The generator knows the right call, so little of it is ever rejected. A model that answers the same requests makes real
mistakes, of which a check sees those that break a form or hold a value that nobody gave. What the generator knows is
kept aside, to count what the checks miss. Leaves out the training (``sft``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from workbook.core.chat import assistant
from workbook.core.matching import calls_match
from workbook.core.settings import data_dir
from workbook.finetune.checks import Funnel, evaluation_fingerprints
from workbook.finetune.conversations import Example, make
from workbook.finetune.rows import Row
from workbook.models import load_model
from workbook.models.base import LanguageModel, Reply

KINDS = {"call": 0.6, "ask": 0.2, "decline": 0.2}
"""What is asked for, and how often."""
TOOLS_AT_MOST = 2
LONGEST = 120
"""Tokens of an answer."""
WRITER = "pocket@0013M"
"""Who wrote the rows of the shipped adapters: an earlier checkpoint, which is often wrong."""
COUNT, ASKED = 480, 1000
"""Rows that each of them learned, and requests that the writer answered for them."""


@dataclass(frozen=True)
class Written:
    """One row: ``example`` ends with what the model wrote, ``cause`` is why a check rejects it, None when none does.

    ``right``: whether it is what the generator knows to be right, which no check is told.
    """

    example: Example
    cause: str | None
    right: bool

    @property
    def row(self) -> Row:
        """The row in TRL's form, ``messages`` and ``tools``, its verdict left out."""
        turns = [message.to_dict() for message in self.example.messages]
        return {"messages": turns, "tools": [tool.to_dict() for tool in self.example.tools]}


def written_rows(checked: bool, seed: int = 0) -> list[Row]:
    """The rows of the shipped adapters ``written-checked`` and ``written-unchecked``; takes minutes to write."""
    made = written(load_model(WRITER), requests(ASKED, seed))
    return rows_of(made, checked, COUNT)


def requests(count: int, seed: int = 0) -> list[Example]:
    """Requests of the training split, with the answers that the generator knows."""
    rng = Random(f"written {seed}")
    kinds = rng.choices(list(KINDS), list(KINDS.values()), k=count)
    return [make(kind, rng, "train", rng.randint(1, TOOLS_AT_MOST)) for kind in kinds]


def written(model: LanguageModel, asked: Sequence[Example]) -> list[Written]:
    """What the model answers to each request, greedily, and what the checks say of it."""
    prompts = [model.render(example.messages[:-1], example.tools) for example in asked]
    replies = [model.parse(done.text) for done in model.complete(prompts, max_new_tokens=LONGEST)]
    funnel = Funnel(reserved())
    return [_checked(example, reply, funnel) for example, reply in zip(asked, replies, strict=True)]


def rows_of(made: Iterable[Written], checked: bool, count: int) -> list[Row]:
    """The first ``count`` rows, of those that passed every check or of all; text that is no turn cannot be learned."""
    able = (one for one in made if one.cause != "format" and not (checked and one.cause))
    return [one.row for one, _ in zip(able, range(count), strict=False)]


@cache
def reserved() -> frozenset[int]:
    """Fingerprints of all shipped task sets, which no row may repeat; reading them takes a moment."""
    return evaluation_fingerprints(data_dir() / "tasks")


def _checked(example: Example, reply: Reply, funnel: Funnel) -> Written:
    own = replace(example, messages=(*example.messages[:-1], assistant(reply.content, *reply.calls)))
    if reply.problems or not (reply.content or reply.calls):
        return Written(own, "format", False)
    cause = funnel.cause(own)
    return Written(own, cause, _is_right(example, reply))


def _is_right(example: Example, reply: Reply) -> bool:
    """As the frozen sets are scored: the same calls, or none and the words that a question needs."""
    if example.kind == "call":
        return calls_match(reply.calls, example.answer.tool_calls, example.tools)
    if reply.calls:
        return False
    asks = any(word in reply.content for word in example.accept)
    return asks if example.kind == "ask" else "?" not in reply.content
