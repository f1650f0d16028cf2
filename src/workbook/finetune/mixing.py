"""General rows mixed into the rows for a task, so that fine-tuning forgets less: real ones, or replay.

Real rows come from the generator that trained ``pocket-base``. Replay is what a model itself answers: it stands in
where the data that a model was trained on is not at hand. Leaves out which share is right: that is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from workbook.core.errors import UsageError, WorkbookError
from workbook.core.settings import unknown
from workbook.finetune.checks import Funnel
from workbook.finetune.conversations import Example
from workbook.finetune.general import make
from workbook.finetune.rows import Row, read_rows
from workbook.finetune.words import Split
from workbook.finetune.written import reserved
from workbook.models import load_model
from workbook.models.base import LanguageModel

LONGEST = 160
"""Tokens of a replayed answer; one that is longer is left out."""
SOURCES = ("chat", "replay")
"""Names of what can be mixed in: general rows, and the base's own answers; or a file of rows."""
BATCH = 64
"""Requests that are answered at a time."""
Maker = Callable[[Random, Split], Example]
"""Draws one example, as those of ``general`` do."""
MOST = 4
"""Requests for each replayed row that is wanted, after which the model cannot be meant."""


def mixed(rows: Sequence[Row], general: Sequence[Row], share: float, seed: int = 0) -> list[Row]:
    """All of ``rows``, and as many of ``general``, drawn without replacement, that they are ``share`` of the result.

    Shuffled from the seed. Raises ``UsageError`` for a share outside [0, 1), ``WorkbookError`` where ``general`` has
    too few rows.
    """
    return mixed_from(rows, [(general, share)], seed)


def mixed_from(rows: Sequence[Row], sources: Sequence[tuple[Sequence[Row], float]], seed: int = 0) -> list[Row]:
    """The same with several sources, each with its share of the result."""
    wanted = added(len(rows), [share for _, share in sources])
    rng = Random(f"mixed {seed}")
    result = list(rows)
    for (source, share), count in zip(sources, wanted, strict=True):
        if len(source) < count:
            raise WorkbookError(
                f"a share of {share:g} beside {len(rows)} rows needs {count} general rows, and there are {len(source)}",
                "Bring more of them, or take a smaller share; no row is taken twice.",
            )
        result += rng.sample(list(source), count)
    rng.shuffle(result)
    return result


def added(count: int, shares: Sequence[float]) -> list[int]:
    """How many rows each source adds to ``count`` rows, so that each has its share of all."""
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        told = ", ".join(f"{share:g}" for share in shares)
        raise UsageError(f"shares of {told} leave no room for the rows", "Give shares from 0 to under 1, also in sum.")
    whole = count / (1 - math.fsum(shares))
    return [round(share * whole) for share in shares]


@dataclass(frozen=True)
class Part:
    """Something to mix in, and its share of the result: a name of :data:`SOURCES`, or a file of rows."""

    source: str
    share: float

    @classmethod
    def read(cls, text: str) -> Part:
        """From ``chat=0.25``, ``replay=0.1`` or ``FILE.jsonl=0.1``; raises ``UsageError`` for anything else."""
        source, _, share = text.rpartition("=")
        if source not in SOURCES and not source.endswith(".jsonl"):
            raise unknown("thing to mix in", source or text, (*SOURCES, "FILE.jsonl"))
        try:
            return cls(source, float(share))
        except ValueError as error:
            raise UsageError(f"{share!r} in {text!r} is no share", "Write it as in chat=0.25.") from error


def mix_in(
    rows: Sequence[Row], parts: Sequence[Part], base: str, seed: int = 0
) -> tuple[list[Row], list[dict[str, Any]]]:
    """``rows`` with all ``parts`` mixed in, and for the record what each added: ``{"source", "share", "rows"}``.

    ``base`` is the model that is to be tuned, and answers for ``replay``.
    """
    counts = added(len(rows), [part.share for part in parts])
    sources = [_source(part.source, count, base, seed) for part, count in zip(parts, counts, strict=True)]
    result = mixed_from(rows, [(source, part.share) for source, part in zip(sources, parts, strict=True)], seed)
    told = [
        {"source": Path(part.source).name, "share": part.share, "rows": count}
        for part, count in zip(parts, counts, strict=True)
    ]
    return result, told


def _source(name: str, count: int, base: str, seed: int) -> list[Row]:
    if name == "chat":
        return general_rows(count, seed)
    return replay_rows(load_model(base), count, seed) if name == "replay" else read_rows(Path(name))


def general_rows(count: int, seed: int = 0, maker: Maker = make) -> list[Row]:
    """Real general data: small talk, facts, sums, reading and writing JSON, in the shares that ``pocket-base`` saw.

    Of the training split: wordings and values of the frozen sets are not among them. Another ``maker`` of ``general``
    gives one kind alone, such as ``talk``.
    """
    return [_row(example, example.answer.content) for example in _examples(count, f"general {seed}", maker)]


def replay_rows(model: LanguageModel, count: int, seed: int = 0, temperature: float = 1.0) -> list[Row]:
    """Self-generated replay: what ``model`` answers, right or wrong, to the users' turns of general rows.

    The user's turns come from the generator: ``pocket-base`` was trained with a fiftieth of the loss on them, and
    asked to write one it writes no request. Answers are sampled at temperature 1, the model's own distribution:
    learning from them pulls towards the model as it was, its doubts included; greedy answers would sharpen it, and of
    the generator's requests they are right about as often. Left out: answers that do not end, are empty, or call.
    Raises ``WorkbookError`` for a model that gives too few answers.
    """
    kept: list[Row] = []
    asked, size = _examples(MOST * count, f"replay {seed}"), min(count, BATCH)
    for number, batch in enumerate(iter(lambda: list(islice(asked, size)), [])):
        kept += _replayed(model, batch, temperature, seed + number)
        if len(kept) >= count:
            return kept[:count]
    raise WorkbookError(
        f"{model.name} answered {len(kept)} of {MOST * count} general requests to their end",
        "Replay comes from a model that can chat, such as the base before it is tuned.",
    )


def _replayed(model: LanguageModel, asked: Sequence[Example], temperature: float, seed: int) -> list[Row]:
    prompts = [model.render(example.messages[:-1]) for example in asked]
    done = model.complete(prompts, max_new_tokens=LONGEST, temperature=temperature, seed=seed)
    replies = [(one.finish_reason == "stop", model.parse(one.text)) for one in done]
    return [
        _row(example, reply.content)
        for example, (ended, reply) in zip(asked, replies, strict=True)
        if ended and reply.content.strip() and not (reply.calls or reply.problems)
    ]


def _examples(most: int, seed: str, maker: Maker = make) -> Iterator[Example]:
    """Examples that may be learned from, ``most`` at most."""
    rng, funnel = Random(seed), Funnel(reserved())
    drawn = (maker(rng, "train") for _ in iter(int, 1))
    return islice((example for example in drawn if funnel.keep(example)), most)


def _row(example: Example, answer: str) -> Row:
    turns = [message.to_dict() for message in example.messages[:-1]]
    return {"messages": [*turns, {"role": "assistant", "content": answer}]}
