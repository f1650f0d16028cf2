"""``evaluate_schemas``: which schemas each engine compiles, and whether it keeps their invalid instances out.

The arms are the routed default, each engine alone, and each engine behind our check of keywords
(``ENGINE+check``). Every engine works in a process of its own that is killed at a limit; what was judged before
stays. The metrics and their names are a contract (``workbook eval schemas``).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.core.stats import wilson
from workbook.grammar import ENGINES
from workbook.grammar.compiling import workbench
from workbook.grammar.worker import MEMORY, SECONDS, Killed, Worker
from workbook.lab.schema_judge import AUTO, Judgement, Question, judge_maker
from workbook.suites.schema_bench import EXPECTED, BadFile, SchemaCase

CHECKED = "+check"
SHOWN = 50
"""Examples, and reasons, that the document lists of each kind."""

Ask = Callable[[Question], Judgement]


def evaluate_schemas(
    model: Any,
    cases: Iterable[SchemaCase | BadFile],
    engines: Sequence[str] = ENGINES,
    seconds: float = SECONDS,
    memory: int = MEMORY,
    suite: str = "schemas",
) -> dict[str, Any]:
    """Judge every case with the routed default and with each of ``engines``, over the tokens of ``model``.

    Gives ``{"suite", "model", "decoding", "n", "seconds", "metrics"}`` as every suite does, and besides: ``reasons``
    (why schemas were not compiled, counted), ``wrong`` and ``lost`` (invalid instances that the routed default let in,
    valid ones that it kept out), ``bad_files``, ``limits``. Names of metrics are bare for the
    routed default, ``ENGINE.name`` for an engine alone and ``ENGINE+check.name`` behind our check.
    """
    vocabulary = workbench(model).vocabulary
    with ExitStack() as workers:
        asks: dict[str, Ask] = {}
        for name in arms(engines):
            asks[name] = workers.enter_context(Worker(judge_maker(vocabulary, name), seconds, memory)).ask
        document = judge_all(cases, asks)
    limits = {"seconds": seconds, "memory_mib": memory // 2**20}
    return {"suite": suite, "model": model.name, "decoding": "grammar", **document, "limits": limits}


def arms(engines: Sequence[str]) -> list[str]:
    """``auto`` and these engines; raises ``UsageError`` for one that does not exist."""
    for name in engines:
        if name not in (AUTO, *ENGINES):
            raise unknown("engine", name, (AUTO, *ENGINES))
    return list(dict.fromkeys([AUTO, *engines]))


def judge_all(cases: Iterable[SchemaCase | BadFile], asks: Mapping[str, Ask]) -> dict[str, Any]:
    """The counts, reasons and wrong verdicts of all cases; ``asks`` holds the judge of each engine.

    Raises ``WorkbookError`` where there is no case.
    """
    start = time.perf_counter()
    tallies = {name: Tally() for name in _names(asks)}
    bad: list[BadFile] = []
    count = 0
    for case in cases:
        if isinstance(case, BadFile):
            bad.append(case)
            continue
        count += 1
        question = question_of(case)
        for engine, ask in asks.items():
            _count(tallies, engine, case, judged(ask, question))
    if not count:
        seen = "; ".join(f"{one.id}: {one.reason}" for one in bad[:3]) or "no file"
        raise WorkbookError(f"no case to judge among {len(bad)} files ({seen})", EXPECTED)
    return {
        "n": count,
        "seconds": round(time.perf_counter() - start, 3),
        "metrics": _metrics(tallies),
        "reasons": {name: dict(tally.reasons.most_common(SHOWN)) for name, tally in tallies.items()},
        "wrong": tallies[AUTO].wrong[:SHOWN] if AUTO in tallies else [],
        "lost": tallies[AUTO].lost[:SHOWN] if AUTO in tallies else [],
        "bad_files": [{"id": one.id, "reason": one.reason} for one in bad],
    }


def question_of(case: SchemaCase) -> Question:
    """The case's schema and instances as JSON texts, without the expected answers."""
    return Question(json.dumps(case.schema), json.dumps([instance.value for instance in case.instances]))


def judged(ask: Ask, question: Question) -> Judgement:
    """The judge's answer; a limit that was met, and a bug in reading a schema, are answers too."""
    try:
        return ask(question)
    except Killed as death:
        return Judgement(refusals=(f"killed: {death.cause}",), killed=death.cause)
    except (WorkbookError, RuntimeError) as error:
        return Judgement(refusals=(" ".join(str(error).split())[:90],))


@dataclass
class Tally:
    """What one arm did, counted."""

    compiled: int = 0
    cases: int = 0
    accepted: int = 0
    valid: int = 0
    rejected: int = 0
    invalid: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: SchemaCase, answer: Judgement) -> None:
        """Count one case: refused, or compiled with each instance accepted or rejected, rightly or not."""
        self.cases += 1
        self.reasons.update(answer.refusals)
        self.killed.update([answer.killed] if answer.killed else [])
        if answer.refusals:
            return
        self.compiled += 1
        for index, (instance, accepted) in enumerate(zip(case.instances, answer.accepted, strict=True)):
            self._instance(instance.valid, accepted, {"case": case.id, "test": index, "engine": answer.engine})

    def _instance(self, valid: bool, accepted: bool, where: dict[str, Any]) -> None:
        if valid:
            self.valid += 1
            self.accepted += accepted
        else:
            self.invalid += 1
            self.rejected += not accepted
        if valid != accepted:
            (self.lost if valid else self.wrong).append(where)

    def metrics(self, prefix: str = "") -> dict[str, dict[str, Any]]:
        """The arm's metrics; instances are counted where their schema was compiled."""
        wrong, dead = self.invalid - self.rejected, self.killed["memory"] + self.killed["crash"]
        found = {
            "compiles": _share(self.compiled, self.cases),
            "accepts_valid": _share(self.accepted, self.valid),
            "rejects_invalid": _share(self.rejected, self.invalid),
            "wrong_accepts": _count_of(wrong, self.invalid),
            "timeouts": _count_of(self.killed["time"], self.cases),
            "killed": _count_of(dead, self.cases),
        }
        return {prefix + name: value for name, value in found.items()}


def _names(asks: Mapping[str, Ask]) -> list[str]:
    return [name for engine in asks for name in ([engine] if engine == AUTO else [engine, engine + CHECKED])]


def _metrics(tallies: Mapping[str, Tally]) -> dict[str, dict[str, Any]]:
    """All arms' metrics under their names: bare ones for the routed default."""
    prefixed = {"" if name == AUTO else f"{name}.": tally for name, tally in tallies.items()}
    return {key: value for prefix, tally in prefixed.items() for key, value in tally.metrics(prefix).items()}


def _count(tallies: Mapping[str, Tally], engine: str, case: SchemaCase, answer: Judgement) -> None:
    """An engine's answer counts for the engine alone, and behind the check unless that withholds the schema."""
    tallies[engine].add(case, answer)
    if engine != AUTO:
        checked = replace(answer, refusals=answer.withheld, killed="") if answer.withheld else answer
        tallies[engine + CHECKED].add(case, checked)


def _share(count: int, n: int) -> dict[str, Any]:
    return wilson(count, n).to_dict() if n else {"estimate": None, "low": None, "high": None, "n": 0}


def _count_of(count: int, n: int) -> dict[str, Any]:
    """A count; its interval is that of the share, times ``n``."""
    if not n:
        return {"estimate": 0, "low": 0, "high": 0, "n": 0}
    return {**wilson(count, n).scaled(n).to_dict(), "estimate": count}
