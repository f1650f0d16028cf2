"""The texts that try to break out of a call: what notebook 01 relies on."""

from __future__ import annotations

import json
from collections import Counter

from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.suites.tasks import load_tasks

TASKS = load_tasks("injection_json")


def test_thirty_texts_or_more_in_at_least_eight_techniques() -> None:
    lines = (data_dir() / "tasks" / "injection_json.jsonl").read_text(encoding="utf-8").splitlines()
    techniques = Counter(json.loads(line)["technique"] for line in lines)
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
