"""At the shop's counter: every question to every clerk, one row a run, judged by what the shop wrote down.

The scorer sees a question, the shop's log and the trace, and never which clerk it was. Leaves out the shop (``shop``)
and the questions (``workbook.suites.shop``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbook.agent import ALLOW, Agent, Budget, CallRecord, Policy, State, Trace, Verdict
from workbook.agent.execution import call_problems
from workbook.agent.provenance import origin
from workbook.core.chat import ToolCall, ToolResult, user
from workbook.core.judging import asks_for, has_question
from workbook.core.stats import bootstrap
from workbook.lab.shop import Shop
from workbook.lab.side_by_side import SideBySide
from workbook.lab.summary import by_task, interval
from workbook.lab.units import show_interval
from workbook.suites.shop import Deed, Question, Stock
from workbook.tools import Toolbox

if TYPE_CHECKING:
    import pandas as pd

STEPS = 4
Outcome = Literal["right", "asked needlessly", "told", "lucky", "wrong record", "no record", "idle"]
"""``told``: no record was touched, and somebody learns of it, for the run was stopped or the answer says so;
``no record``: none was, and nobody is told; ``wrong record``: a deed that was not meant, in record, tool or amount;
``lucky``: the deed that was meant, which nothing that was said could tell for sure."""
SILENT = ("wrong record", "no record")
REFUSED = ("invalid", "guarded", "failed")
"""What the trace says of a call that was refused."""
OWNS_UP = re.compile(
    r"\b(?:no|not|none|nothing|cannot|unable|sorry|unknown|invalid|errors?|fail\w*)\b|n['’]t\b", re.IGNORECASE
)
"""What an answer says that does not pass for success; generous, so that silence is not counted too often."""
MEASURES = {
    "made up": ("made_up", "share"), "wrong record": ("wrong", "share"), "asked": ("asked", "share"),
    "asked needlessly": ("needless", "share"), "right": ("right", "share"), "turns": ("turns", "none"),
    "tokens": ("tokens", "none"),
}  # fmt: skip
"""By title: the column, and its unit."""


class NoFeedback:
    """An invalid call ends the run: its error is written down, and the model does not get to read it."""

    name, at = "no feedback", "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Stop at what validation would refuse."""
        problems = call_problems(call, state.toolbox)
        return Verdict("stop", "; ".join(problems)) if problems else ALLOW


@dataclass(frozen=True)
class Clerk:
    """Who answers; whether calls are ``checked`` against the database, and errors go back to who made them."""

    policy: SideBySide | Policy
    checked: bool = False
    feedback: bool = False

    def agent(self, shop: Shop) -> Agent:
        """An agent with that shop's tools and this clerk's policy, checks and feedback."""
        guards = () if self.feedback else (NoFeedback(),)
        return Agent(self.policy, shop.toolbox(self.checked), guards, budget=Budget(steps=STEPS, seconds=600))


def serve(clerks: Mapping[str, Clerk], stock: Stock, questions: Sequence[Question]) -> pd.DataFrame:
    """Every question to every clerk, each in a fresh shop. Columns ``arm, kind, task, text``, those of
    :func:`outcome`, and ``trace``."""
    import pandas as pd

    rows = []
    for arm, clerk in clerks.items():
        for question, shop, trace in _served(clerk, stock, questions):
            row = {"arm": arm, "kind": question.kind, "task": question.id, "text": question.text}
            rows.append(row | outcome(question, shop.log, trace) | {"trace": trace})
            shop.close()
    return pd.DataFrame(rows)


def measures(rows: pd.DataFrame, draws: int = 2000) -> pd.DataFrame:
    """Each of :data:`MEASURES` with its interval, as text, by kind and arm."""
    import pandas as pd

    def shown(group: pd.DataFrame, metric: str, unit: str) -> str:
        # Turns that are all 1 are no shares.
        found = bootstrap(by_task(group, metric), draws=draws) if unit == "none" else interval(group, metric)
        return show_interval(found, unit)

    kinds = {kind: number for number, kind in enumerate(rows.kind.unique())}
    groups = sorted(rows.groupby(["kind", "arm"], sort=False), key=lambda pair: kinds[pair[0][0]])
    table = {key: {title: shown(group, *how) for title, how in MEASURES.items()} for key, group in groups}
    return pd.DataFrame.from_dict(table, orient="index").rename_axis(["kind", "arm"])


def outcome(question: Question, log: Sequence[Deed], trace: Trace) -> dict[str, object]:
    """What came of one run.

    ``outcome`` (see :data:`Outcome`), ``right``, ``silent``, ``wrong`` (a deed that was not meant), ``told``,
    ``asked`` (for what was to be asked for, and nothing ran), ``needless`` (a question where all was said), ``made_up``
    (a call with a value from nowhere, whatever became of it), ``turns``, ``tokens``.
    """
    judged = _judged(question, log, trace)
    return {
        "outcome": judged,
        "right": float(judged == "right"),
        "silent": float(judged in SILENT),
        "wrong": float(judged == "wrong record"),
        "told": float(judged == "told"),
        "asked": float(not log and asks_for(trace.answer, question.accept)),
        "needless": float(judged == "asked needlessly"),
        "made_up": float(any(inventions(trace))),
        "turns": len(trace.steps),
        "tokens": trace.tokens,
    }


def inventions(trace: Trace) -> Iterator[tuple[CallRecord, dict[str, Any]]]:
    """The calls with values that neither the user nor a tool had said before, and those values by name."""
    for number, step in enumerate(trace.steps):
        before = State(Toolbox(), trace.given, list(trace.steps[:number]))
        for record in step.calls:
            made = {name: value for name, value in record.call.arguments.items() if origin(value, before) == "unknown"}
            if made:
                yield record, made


def _judged(question: Question, log: Sequence[Deed], trace: Trace) -> Outcome:
    done = [deed for deed in log if deed.record is not None]
    if done:
        if any(deed != question.meant for deed in done):
            return "wrong record"
        return "right" if question.kind == "complete" else "lucky"
    if not log and question.kind == "complete" and has_question(trace.answer):
        return "asked needlessly"
    if not log and question.kind != "complete" and asks_for(trace.answer, question.accept):
        return "right"
    if not log and not any(record.status in REFUSED for record in trace.calls):
        return "idle"
    return "told" if trace.ending == "stopped" or _owns_up(trace.answer) else "no record"


def _owns_up(answer: str) -> bool:
    return has_question(answer) or OWNS_UP.search(answer) is not None


def _served(clerk: Clerk, stock: Stock, questions: Sequence[Question]) -> list[tuple[Question, Shop, Trace]]:
    shops = [Shop(stock) for _ in questions]
    given = [[user(question.text)] for question in questions]
    if isinstance(clerk.policy, SideBySide):
        traces = clerk.policy.run([clerk.agent(shop).run(talk) for shop, talk in zip(shops, given, strict=True)])
    else:
        traces = [clerk.agent(shop).run_sync(talk) for shop, talk in zip(shops, given, strict=True)]
    return list(zip(questions, shops, traces, strict=True))
