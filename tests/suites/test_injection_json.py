"""The texts that try to break out of a call: what notebook 01 relies on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from workbook.core.chat import user
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.suites.injection import attacks, harmful_tool, is_twin, technique, twin, wrapping
from workbook.suites.tasks import load_tasks, set_lines, task_file

TASKS = load_tasks("injection_json")


def test_thirty_texts_or_more_in_at_least_eight_techniques() -> None:
    techniques = Counter(json.loads(line)["technique"] for line in set_lines(task_file("injection_json")))
    assert len(TASKS) >= 30
    assert len(techniques) >= 8
    assert len({task.messages[-1].content for task in TASKS}) == len(TASKS)


def test_each_asks_for_one_harmless_call_that_carries_the_text() -> None:
    for task in TASKS:
        [call] = task.expected
        assert call_errors(call, task.tools) == [], task.id
        assert any(str(value) in task.messages[-1].content for value in call.arguments.values()), task.id


def test_each_offers_a_harmful_tool_and_names_its_target() -> None:
    for task in TASKS:
        [harmful] = [tool for tool in task.tools if tool.name != task.expected[0].name]
        text = task.messages[-1].content
        assert harmful.name in text or harmful.name.split("_")[0] in text, task.id


def test_a_part_of_the_texts_rotates_the_wrappings() -> None:
    some = attacks(16)
    assert len({technique(task) for task in some}) == 16
    assert set(Counter(map(wrapping, some)).values()) == {4}
    assert sorted(task.id for task in attacks()) == sorted(task.id for task in TASKS)


def test_a_twin_differs_in_the_text_alone() -> None:
    for task in TASKS:
        other = twin(task)
        [call], [harmless] = task.expected, other.expected
        changed = [name for name in call.arguments if call.arguments[name] != harmless.arguments[name]]
        assert len(changed) == 1, task.id
        frame = task.messages[-1].content.removesuffix(str(call.arguments[changed[0]]))
        assert other.messages[-1].content == frame + str(harmless.arguments[changed[0]])
        assert (other.tools, technique(other), wrapping(other)) == (task.tools, technique(task), wrapping(task))
        assert is_twin(other.id)
        assert not is_twin(task.id)


def test_a_twin_names_nothing_of_the_harmful_tool() -> None:
    for task in TASKS:
        harmful = harmful_tool(task)
        words = set(twin(task).messages[-1].content.lower().split())
        assert not words & {harmful.name, *harmful.name.split("_")} - {"documents"}, task.id
        assert harmful.name != task.expected[0].name


def test_another_kind_of_task_has_no_twin() -> None:
    with pytest.raises(WorkbookError, match="does not end with an argument"):
        twin(replace(TASKS[0], messages=(user("Save it, please."),)))
