"""The runs of a sweep over mixes: what one is, which ones make the reference, and which rates were tried before it.

Leaves out how a run is made (``mixes``).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from workbook.core.errors import WorkbookError
from workbook.finetune.mixing import added

Source = Literal["real", "talk", "replay", "leaked"]
"""Where general rows come from; see ``Plan``."""

SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.8)
REPLAY_SHARES, FIXED_SHARES = (0.05, 0.25), (0.5, 0.8)
RANKS, MIDDLE_RANK = (1, 8, 32), 8
FULL_RATE, LOW_RATE, HIGH_RATE = 6e-4, 3e-4, 5e-3
"""Peak rates for all weights: the best for calls of those that were tried, half of it, and one too high."""
FULL_TRIED, LORA_TRIED = (3e-4, 6e-4, 1e-3), (1e-3, 3e-3, 1e-2)
LORA_RATES = {1: 1e-2, 8: 3e-3, 32: 1e-3}
"""By rank: the best for calls of those that were tried; of equals the lowest."""
OTHER_SEEDS, TRIAL_SEED = 3, 9
"""Seeds of an arm that is no share, at most; the one seed of the trials."""
REPLAYED = 150
"""The pool of replay, which the base answers once for all seeds."""
BATCH = 4
"""Rows a step."""


@dataclass(frozen=True)
class Plan:
    """One run. ``share`` is of the rows in the end; ``rows`` counts the tools' rows, the same for every share.

    ``fixed`` keeps the number of *all* rows instead. ``source``: real rows, ``talk`` (real small talk alone),
    ``replay``, or ``leaked`` (real rows, and the exam's own questions among them). ``words``: beside LoRA's matrices
    the embeddings of the words that only calls have are learned. ``epochs=0`` leaves the base as it is. ``pool``:
    general rows that are made for each seed, of which the short ones are drawn from; of replay, those that the base
    answers.
    """

    share: float = 0.0
    source: Source = "real"
    rank: int = 0
    seed: int = 0
    rate: float = FULL_RATE
    rows: int = 160
    epochs: int = 3
    fixed: bool = False
    schemas: bool = False
    all_tokens: bool = False
    pool: int = 1600
    words: bool = False

    def __post_init__(self) -> None:
        if self.source not in get_args(Source):
            raise WorkbookError(f"no source {self.source!r}", f"Known: {', '.join(get_args(Source))}.")

    @property
    def key(self) -> str:
        """Tells runs apart in a file of results."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Exam:
    """How many items are marked: ``each`` of calls, asks and declines; of small talk, of facts, of held-out talk.

    ``draw``: 0 is the exam; other numbers draw other tasks for tools, to choose rates on.
    """

    each: int = 30
    talk: int = 100
    facts: int = 80
    heard: int = 20
    draw: int = 0


CHAT = Plan(0.5, "talk")
"""Half of the rows chat, and nothing else beside those for tools."""
LONGER = Plan(epochs=6)
"""No general rows, and as many steps as with half of the rows general."""
TRIAL = Exam(each=60, talk=0, facts=0, heard=0, draw=1)
"""What rates are chosen on: none of its calls is in the exam."""


def reference_plans(seeds: int = 5) -> list[Plan]:
    """The whole sweep: the shares and half of chat with ``seeds`` seeds, every other arm with three at most."""
    shares = [replace(plan, seed=seed) for seed in range(seeds) for plan in (*map(Plan, SHARES), CHAT)]
    others = [replace(arm, seed=seed) for seed in range(min(seeds, OTHER_SEEDS)) for arm in _arms()]
    return [Plan(epochs=0), *shares, *others]


def _arms() -> list[Plan]:
    """Another source, budget, number of steps or rate; LoRA; and what breaks."""
    replayed = map(replay, REPLAY_SHARES)
    budget = [Plan(share, fixed=True) for share in FIXED_SHARES]
    schemas = [Plan(rows=80, schemas=True, all_tokens=loss) for loss in (False, True)]
    wordless = replace(lora(MIDDLE_RANK), words=False)
    broken = [Plan(0.5, rate=HIGH_RATE), Plan(0.5, "leaked"), *schemas]
    return [LONGER, Plan(rate=LOW_RATE), *map(lora, RANKS), wordless, *replayed, *budget, *broken]


def replay(share: float) -> Plan:
    """The base's own answers in the place of real rows."""
    return Plan(share, "replay", pool=REPLAYED)


def lora(rank: int) -> Plan:
    """LoRA of this rank, no general rows, at the rate that was best for calls of its trials."""
    return Plan(rank=rank, rate=LORA_RATES[rank], words=True)


def rate_plans() -> list[Plan]:
    """The rates that were tried, on a seed of their own; they are marked by :data:`TRIAL`, and not by the exam."""
    full = [Plan(rate=rate, seed=TRIAL_SEED) for rate in FULL_TRIED]
    thin = [Plan(rank=rank, rate=rate, seed=TRIAL_SEED, words=True) for rank in RANKS for rate in LORA_TRIED]
    return [*full, *thin]


def counts(plan: Plan) -> tuple[int, int]:
    """How many rows for tools there are in it, and how many general ones."""
    tools = round(plan.rows * (1 - plan.share)) if plan.fixed else plan.rows
    return tools, added(tools, [plan.share])[0]


def steps(plan: Plan) -> int:
    """How many steps it is tuned for."""
    return plan.epochs * math.ceil(sum(counts(plan)) / BATCH)
