"""Errands run by policies under guards: one row a run, with what it came to and what it cost.

The world says what was wasted, the trace who stepped in. Leaves out the worlds (``errands``) and the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.agent import Agent, Budget, Guard, Policy, Trace
from workbook.core.chat import user
from workbook.lab.errands import Errand, errand
from workbook.models.base import LanguageModel

if TYPE_CHECKING:
    import pandas as pd

STEPS = 16
"""Turns that a run may take: more than twice what any errand needs."""


@dataclass(frozen=True)
class Setup:
    """Who runs the errands, and under which rules."""

    policy: LanguageModel | Policy
    guards: Sequence[Guard] = ()
    steps: int = STEPS

    def run(self, made: Errand) -> Trace:
        """One run; the errand's world is used up by it."""
        agent = Agent(self.policy, made.toolbox, self.guards, budget=Budget(steps=self.steps))
        return agent.run_sync([user(made.request)])


def run_all(setups: Mapping[str, Setup], errands: Iterable[tuple[str, int]]) -> pd.DataFrame:
    """Every setup on the same errands, each a kind and a seed. Columns:

    ``arm, kind, task`` (kind and seed: what is paired), ``solved`` (the answer is right), ``looped`` (the steps were
    used up), ``stopped`` (a guard refused a call or ended the run), ``wasted`` (calls beyond the fewest), ``calls``,
    ``steps``, ``tokens`` (read and written over all turns), ``trace``.
    """
    import pandas as pd

    rows = []
    for kind, seed in errands:
        for arm, setup in setups.items():
            made = errand(kind, seed)
            rows.append({"arm": arm, "kind": kind, "task": f"{kind} {seed}"} | outcome(made, setup.run(made)))
    return pd.DataFrame(rows)


def outcome(made: Errand, trace: Trace) -> dict[str, object]:
    """What one run came to; see :func:`run_all`."""
    looks = [look for record in trace.calls for look in record.looks]
    return {
        "solved": float(made.solved(trace.answer)),
        "looped": float(trace.ending == "forced" and "steps" in trace.reason),
        "stopped": float(any(look.decision != "allow" for look in looks)),
        "wasted": made.wasted,
        "calls": len(made.calls),
        "steps": len(trace.steps),
        "tokens": sum(step.prompt_tokens + step.tokens for step in trace.steps),
        "trace": trace,
    }
