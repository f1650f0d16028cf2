"""Whether a task was done, read off the data: what changed is what should have changed, and nothing else.

Leaves out what an agent says (``accept`` of a task) and which calls it took to get there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbook.core.chat import ToolCall
from workbook.core.matching import same_value
from workbook.gateway.calling import Answered
from workbook.gateway.state import Change
from workbook.suites.enterprise import EnterpriseTask, Expected, filled


def oracle(task: EnterpriseTask, call: Callable[[ToolCall], Answered]) -> list[Answered]:
    """What the calls are answered that solve the task, in order; a refusal ends it."""
    answers: list[Answered] = []
    for wanted in task.calls:
        answers.append(call(filled(wanted, [answer.content for answer in answers])))
        if answers[-1].status >= 400:
            break
    return answers


def shortcomings(task: EnterpriseTask, changes: Sequence[Change]) -> list[str]:
    """What is not as the task wants it, one line each; empty when the task is done."""
    left, missing = list(changes), []
    for expected in task.state:
        found = next((change for change in left if _fits(expected, change)), None)
        if found is None:
            missing.append(f"not done: {expected.table} {expected.id}")
        else:
            left.remove(found)
    return missing + [f"not asked for: {change.table} {change.id}" for change in left]


def _fits(expected: Expected, change: Change) -> bool:
    """Whether a change is the expected one; a new row may have another number, for it may not be the first."""
    if expected.table != change.table or expected.removed != (change.after is None):
        return False
    if expected.new:
        return change.before is None and _same(expected, change, {"id", *expected.free})
    return expected.id == change.id and change.before is not None and _same(expected, change, set(expected.free))


def _same(expected: Expected, change: Change, ignored: set[str]) -> bool:
    wanted = {name: value for name, value in expected.fields.items() if name not in ignored}
    found = {name: value for name, value in change.fields.items() if name not in ignored}
    return same_value(wanted, found)
