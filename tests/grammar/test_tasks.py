"""The frozen tasks under the tool-call grammar: every right answer can be written."""

from __future__ import annotations

import pytest
from grammar_walking import accepts
from toys import toy_model

from workbook.core.constraints import ToolCalls
from workbook.grammar import ENGINES
from workbook.grammar.checking import violations
from workbook.grammar.compiling import compiled
from workbook.grammar.support import gaps
from workbook.models.hermes import render_call
from workbook.suites.tasks import Task, load_tasks

STRIDE = {"llguidance": 5, "xgrammar": 5, "outlines_core": 25, "auto": 2}
"""Every so many tasks: outlines_core compiles longest."""


def with_calls(name: str, stride: int) -> list[Task]:
    return [task for task in load_tasks(name) if task.expected][::stride]


@pytest.mark.parametrize("engine", [*ENGINES, "auto"])
@pytest.mark.parametrize("name", ["calls", "calls_8"])
def test_the_expected_calls_are_in_the_language(name: str, engine: str) -> None:
    tasks, admitted = with_calls(name, STRIDE[engine]), 0
    for task in tasks:
        constraint = ToolCalls(task.tools, parallel=len(task.expected) > 1)
        if engine != "auto" and gaps(constraint, engine):
            continue  # refused by name is right, too; what auto cannot route is not
        text = "\n".join(map(render_call, task.expected))
        assert violations(text, constraint) == [], task.id
        assert accepts(compiled(toy_model(), constraint, engine)[0], text), task.id
        admitted += 1
    assert admitted > len(tasks) / 4
