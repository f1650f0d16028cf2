"""From seeds to a training set, in the manner of APIGen and ToolACE: drawn, checked in stages, counted as a funnel.

Stages: format, execution (``rehearsal``), semantics (grounded, and read back as written), duplicate and contamination
(``near``), balance. Shards are drawn and checked in parallel, kept on disk and merged in their order, so that the set
depends on the seed alone and a stopped run goes on. Sources: APIGen (2406.18518), ToolACE (2409.00920).
"""

from __future__ import annotations

import json
import multiprocessing as mp
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count as numbers
from pathlib import Path
from random import Random
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.finetune.checks import ungrounded
from workbook.finetune.conversations import Example, make
from workbook.finetune.near import NearIndex, evaluation_requests
from workbook.finetune.rehearsal import rehearse
from workbook.finetune.rows import Row, write_rows
from workbook.models import hermes

STAGES = ("format", "execution", "semantics", "duplicate", "contamination", "balance")
BALANCE: Mapping[str, float] = {"call": 0.4, "ask": 0.2, "decline": 0.2, "answer": 0.1, "repair": 0.1}
SHARD = 100
"""Conversations that are drawn at a time."""
MOST = 20
"""Drawn conversations for each wanted row, after which something must be wrong."""
TOOLS_AT_MOST = 4


@dataclass(frozen=True)
class Drawn:
    """A conversation as a row, what its user says, and where it was rejected: ``stage`` and ``cause`` or two ""."""

    row: Row
    kind: str
    text: str
    stage: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Made:
    """The rows, and rejections by stage and cause; ``drawn`` is how many conversations went in."""

    rows: list[Row]
    drawn: int
    rejected: Mapping[str, Mapping[str, int]]

    @property
    def funnel(self) -> list[dict[str, Any]]:
        """What went into each stage and what came out, with the causes in between."""
        stages, left = [], self.drawn
        for stage in STAGES:
            causes = dict(self.rejected.get(stage, {}))
            stages.append({"stage": stage, "in": left, "out": left - sum(causes.values()), "causes": causes})
            left -= sum(causes.values())
        return stages


def make_rows(
    count: int,
    out: Path,
    seed: int = 0,
    workers: int = 1,
    against: Sequence[Path] = (),
) -> Made:
    """``count`` rows in the shares of :data:`BALANCE`, written to ``out``, and the funnel beside it (``.funnel.json``).

    ``against`` are folders of evaluation sets besides our own, of which nothing may be learned. Shards lie in
    ``OUT.parts`` until the set is whole; a run with the same seed goes on from them.
    """
    parts = _parts(out, seed)
    held = held_out(against)
    made = _merged(count, _shards(parts, seed, workers, count), held)
    write_made(made, out, seed)
    for path in parts.iterdir():
        path.unlink()
    parts.rmdir()
    return made


def held_out(against: Sequence[Path] = ()) -> list[NearIndex]:
    """What must not be learned: the requests of all frozen sets, and those of the sets in the folders ``against``."""
    return [_ours(), NearIndex(text for folder in against for text in evaluation_requests(folder))]


def write_made(made: Made, out: Path, seed: int) -> None:
    """The rows, and the funnel beside them as ``.funnel.json``."""
    write_rows(made.rows, out)
    report = {"seed": seed, "rows": len(made.rows), "drawn": made.drawn, "funnel": made.funnel}
    write_whole(out.with_suffix(".funnel.json"), json.dumps(report, indent=1) + "\n")


@cache
def _ours() -> NearIndex:
    """The requests of all frozen sets."""
    return NearIndex(evaluation_requests(data_dir() / "tasks"))


def checked(example: Example) -> Drawn:
    """The stages that look at one conversation alone; the first that rejects it is named."""
    row = {
        "messages": [message.to_dict() for message in example.messages],
        "tools": [tool.to_dict() for tool in example.tools],
    }
    kind = "call" if example.kind not in BALANCE else example.kind
    text = " ".join(message.content for message in example.messages if message.role == "user")
    for stage, check in (("format", _format), ("execution", rehearse), ("semantics", _semantics)):
        cause = check(example)
        if cause:
            return Drawn(row, kind, text, stage, cause)
    return Drawn(row, kind, text)


def _format(example: Example) -> str | None:
    answer = example.answer
    if not answer.content and not answer.tool_calls:
        return "empty"
    return "schema" if any(call_errors(call, example.tools) for call in answer.tool_calls) else None


def _semantics(example: Example) -> str | None:
    calls = example.answer.tool_calls
    if ungrounded(example):
        return "ungrounded"
    if hermes.parse("\n".join(map(hermes.render_call, calls))).calls != calls:
        return "round trip"
    results = " ".join(message.content for message in example.messages if message.role == "tool")
    told = example.kind != "answer" or '"status": "ok"' in results or any(word in results for word in example.accept)
    return None if told else "not in the result"


def draw_shard(seed: int, number: int) -> list[Drawn]:
    """The conversations of one shard; they depend on nothing else."""
    rng = Random(f"{seed}/{number}")
    kinds = rng.choices(list(BALANCE), list(BALANCE.values()), k=SHARD)
    return [checked(make(kind, rng, "train", rng.randint(1, TOOLS_AT_MOST))) for kind in kinds]


def _merged(count: int, shards: Iterator[list[Drawn]], held: Sequence[NearIndex]) -> Made:
    """The stages that look at the whole set, in the order of the shards."""
    quotas = {kind: round(share * count) for kind, share in BALANCE.items()}
    quotas["call"] += count - sum(quotas.values())
    seen = {kind: NearIndex() for kind in BALANCE}
    rows: list[Row] = []
    rejected: dict[str, Counter[str]] = {}
    drawn = 0
    for one in (one for shard in shards for one in shard):
        drawn += 1
        stage, cause = (one.stage, one.cause) if one.stage else _against_others(one, seen, held, quotas)
        if stage:
            rejected.setdefault(stage, Counter())[cause] += 1
            continue
        rows.append(one.row)
        seen[one.kind].add(one.text)
        quotas[one.kind] -= 1
        if not any(quotas.values()):
            return Made(rows, drawn, rejected)
    raise WorkbookError(f"{drawn} conversations gave {len(rows)} rows of {count}", "Ask for fewer rows.")


def _against_others(
    one: Drawn, seen: Mapping[str, NearIndex], held: Sequence[NearIndex], quotas: Mapping[str, int]
) -> tuple[str, str]:
    if one.text in seen[one.kind]:
        return "duplicate", one.kind
    if any(one.text in index for index in held):
        return "contamination", "near a request of an evaluation set"
    return ("", "") if quotas[one.kind] else ("balance", one.kind)


def _parts(out: Path, seed: int) -> Path:
    """The folder of shards; those of another seed are forgotten."""
    parts = out.with_suffix(".parts")
    parts.mkdir(parents=True, exist_ok=True)
    plan = parts / "plan.json"
    wanted = json.dumps({"seed": seed, "shard": SHARD})
    if not plan.is_file() or plan.read_text(encoding="utf-8") != wanted:
        for path in parts.iterdir():
            path.unlink()
        write_whole(plan, wanted)
    return parts


def _shards(parts: Path, seed: int, workers: int, count: int) -> Iterator[list[Drawn]]:
    """Shards in order; ``workers`` processes are ahead of the merge."""
    last = MOST * count // SHARD + 2
    with ProcessPoolExecutor(workers, mp_context=mp.get_context("spawn")) as pool:
        ahead = {number: pool.submit(_kept, parts, seed, number) for number in range(min(workers, last))}
        for number in numbers():
            if number not in ahead:
                return
            path = ahead.pop(number).result()
            following = number + workers
            if following < last:
                ahead[following] = pool.submit(_kept, parts, seed, following)
            yield [Drawn(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _kept(parts: Path, seed: int, number: int) -> Path:
    """The file of a shard, drawn where it is not there yet; written whole, so that a half one is never taken."""
    path = parts / f"{number:05d}.jsonl"
    if not path.is_file():
        lines = (json.dumps(vars(one), ensure_ascii=True) + "\n" for one in draw_shard(seed, number))
        write_whole(path, "".join(lines))
    return path
