"""A puzzle on traces: a learner's rule as a guard, run on errands, drawn, and given a score.

The rule is a function ``refuse_repeat(past, call, changing)``. Leaves out judging it (``sets.nb07_loops``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from workbook.agent import ALLOW, Verdict, refuse
from workbook.agent.history import Windowed
from workbook.agent.state import State
from workbook.core.chat import ToolCall, ToolResult
from workbook.lab.clerk import clerk
from workbook.lab.errands import errand
from workbook.lab.loops import Setup, outcome

Call = tuple[str, dict[str, Any]]
"""A tool's name, and the arguments."""
Past = list[tuple[str, dict[str, Any], str]]
"""Calls that ran, with ``"ok"`` or ``"error"``, in order."""
Refuse = Callable[[Past, Call, Collection[str]], bool]
CHANGING = frozenset({"job_status"})
"""The tools of the errands whose results change by themselves."""
SHOWN = (("bills", True), ("job", False), ("flaky", False))
"""Errands that are drawn, and whether by a clerk who sees three exchanges only."""


class Ruled:
    """A guard that asks the learner's rule."""

    name, at = "yours", "call"

    def __init__(self, rule: Refuse) -> None:
        self.rule = rule

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Refuse where the learner's rule, given past calls, this one and the changing tools, returns true."""
        ran = [record for record in state.records if record.status in ("ran", "failed")]
        past = [(r.call.name, dict(r.call.arguments), "ok" if r.status == "ran" else "error") for r in ran]
        if not self.rule(past, (call.name, dict(call.arguments)), CHANGING):
            return ALLOW
        return refuse("refused by your rule", "Do something else, or answer.")


def show_guard(rule: Refuse, seed: int = 0) -> None:
    """Draw three runs under the rule, and say what it costs: calls that were wasted, errands that were spoilt."""
    from IPython.display import Markdown, display

    try:
        rule([], ("list_bills", {}), CHANGING)
    except NotImplementedError:
        display(Markdown("*Nothing to draw yet: the function is still the stub.*"))
        return
    wasted = spoilt = 0
    for kind, forgets in SHOWN:
        policy = Windowed(clerk(), 3) if forgets else clerk()
        made = errand(kind, seed)
        trace = Setup(policy, [Ruled(rule)], steps=12).run(made)
        came = outcome(made, trace)
        wasted, spoilt = wasted + made.wasted, spoilt + (not forgets and not came["solved"])
        who = "a clerk who sees three exchanges" if forgets else "a flawless clerk"
        display(Markdown(f"**{kind}**, {who}: {'solved' if came['solved'] else 'not solved'}, {made.wasted} wasted"))
        display(trace)
    display(
        Markdown(f"**Cost: {wasted + 5 * spoilt}** ({wasted} wasted calls, and 5 for each of {spoilt} spoilt errands)")
    )
