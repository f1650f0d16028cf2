"""Guards: small objects that look at a call before it runs, or at a result before the model sees it.

Covers the protocol, guards against loops, and least privilege. Leaves out marking what tools wrote (``marking``) and
tracing where arguments come from (``provenance``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from workbook.agent.state import State, key, same_calls
from workbook.agent.trace import Decision
from workbook.core.chat import ToolCall, ToolResult
from workbook.tools.toolbox import Risk

Moment = Literal["call", "result"]


@dataclass(frozen=True)
class Verdict:
    """What a guard decides. ``content`` is what the model gets to see where the call or its result is replaced.

    ``ask`` leaves a call to approval: it runs when a person allows it, and not where nobody is there to ask. A result
    cannot be asked about; it is withheld.
    ``stop`` ends the run without an answer, ``answer_now`` with one that is forced; the call does not run then.
    """

    decision: Decision = "allow"
    reason: str = ""
    content: str = ""


ALLOW = Verdict()
READING: tuple[Risk, ...] = ("read",)


class Guard(Protocol):
    """One rule, with nothing in it that belongs to a run: what it remembers goes into ``state.memory``.

    ``at`` says when it is asked: at each readable ``call``, valid or not, or at each ``result`` that a tool wrote.
    """

    @property
    def name(self) -> str:
        """What the trace and its tables call it, such as ``dedup``."""

    @property
    def at(self) -> str:
        """When it is asked, a :data:`Moment`: ``call`` or ``result``."""

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Decide; ``result`` is there when it is asked at results."""


def short_error(error: str, hint: str = "") -> str:
    """What the model reads of anything that went wrong: one JSON object."""
    return json.dumps({"error": error} | ({"hint": hint} if hint else {}), ensure_ascii=False)


def refuse(reason: str, hint: str) -> Verdict:
    """The call does not run, and the model reads why, and what it can do."""
    return Verdict("replace_result", reason, short_error(reason, hint))


def ask(reason: str) -> Verdict:
    """The call runs only when a person, who reads the reason, allows it."""
    return Verdict("ask", reason)


@dataclass(frozen=True)
class Dedup:
    """No call twice: same tool, same arguments. It knows no polling, and no second try after a failure."""

    decision: Decision = "replace_result"
    name = "dedup"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """``decision`` for a call that was made before with the same arguments, else allow."""
        if next(same_calls(state, call), None) is None:
            return ALLOW
        hint = "Its result is above. Answer, or call with other arguments."
        return _repeated(self.decision, "this exact call was made before", hint)


def known_results(state: State) -> Hashable:
    """What the run has seen of the world: the last result of each call that ran."""
    return tuple(sorted({key(record.call): record.raw for record in state.records if record.raw is not None}.items()))


@dataclass(frozen=True)
class DedupByState:
    """No call twice in the same state of the world; a result that has changed since makes a repeat legitimate.

    ``fingerprint`` tells states apart: by default by what the calls gave back, better by something outside of the run
    (a version, a clock). ``patience``: repeats in an unchanged state that are let through, for polling.
    """

    fingerprint: Callable[[State], Hashable] = known_results
    patience: int = 1
    decision: Decision = "replace_result"
    name = "dedup by state"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Refuse a repeat when nothing has changed since it was last made."""
        seen = state.memory.setdefault(self.name, {})
        now = self.fingerprint(state)
        before, repeats = seen.get(key(call), (None, 0))
        repeats = repeats + 1 if key(call) in seen and before == now else 0
        seen[key(call)] = now, repeats
        if repeats <= self.patience:
            return ALLOW
        hint = "Nothing has changed since. Do something else first, or answer."
        return _repeated(self.decision, f"this exact call was made {repeats} times without a change", hint)


def _repeated(decision: Decision, reason: str, hint: str) -> Verdict:
    return Verdict(decision, reason, short_error(reason, hint))


@dataclass(frozen=True)
class PerTool:
    """At most so many calls of each tool in a run: one number for all, or a number by name."""

    limits: int | Mapping[str, int]
    name = "limit per tool"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Refuse what is over the limit; calls that never ran do not count."""
        limit = self.limits if isinstance(self.limits, int) else self.limits.get(call.name)
        ran = [record.call for record in state.records if record.status not in ("invalid", "guarded", "denied")]
        made = sum(other.name == call.name for other in (*ran, *state.pending))
        if limit is None or made < limit:
            return ALLOW
        return refuse(f"{call.name} may be called {limit} times, and was", "Go on without it, or answer.")


@dataclass(frozen=True)
class NoProgress:
    """An end when the last ``steps`` turns brought nothing new: no result that was not seen before."""

    steps: int = 3
    decision: Decision = "answer_now"
    name = "no progress"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Look back over the turns that are over."""
        idle, seen = 0, set[str]()
        for step in state.steps:
            new = {record.raw for record in step.calls if record.status == "ran" and record.raw is not None} - seen
            seen |= new
            idle = 0 if new else idle + 1
        if idle < self.steps:
            return ALLOW
        return _repeated(self.decision, f"{idle} turns brought nothing new", "Answer with what you have.")


@dataclass(frozen=True)
class LeastPrivilege:
    """Only these tools, and only these risks: what the task at hand needs. ``tools=None`` allows all by name."""

    tools: Collection[str] | None = None
    risks: Collection[Risk] = READING
    name = "least privilege"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Refuse what the task does not need."""
        if self.tools is not None and call.name not in self.tools:
            return refuse(f"{call.name} is not among the tools of this task", "Go on with the others, or answer.")
        if state.risk(call) not in self.risks:
            reason = f"{call.name} may {_MAY[state.risk(call)]}, which this task is not allowed to"
            return refuse(reason, "Go on without it, and say in the answer what was not done.")
        return ALLOW


_MAY: Mapping[Risk, str] = {
    "read": "read",
    "write": "change things",
    "destructive": "change things that cannot be taken back",
}
