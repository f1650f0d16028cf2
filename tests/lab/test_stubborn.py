"""A writer that tries to break out: it does without a grammar, and cannot under one."""

from __future__ import annotations

import re

import pytest
from toys import toy_model

from workbook.core.constraints import JsonSchema, ToolCalls
from workbook.core.errors import WorkbookError
from workbook.grammar.schemas import call_schema
from workbook.lab.arms import call_frame, constrained, prompted
from workbook.lab.scoring import schema_valid
from workbook.lab.stubborn import StubbornModel, break_outs, raw_call
from workbook.lab.trials import Arm, Output, Sampling
from workbook.suites.tasks import Task

TASKS = break_outs(12)
LONG = Sampling(max_new_tokens=1200)


def schema(task: Task) -> JsonSchema:
    return JsonSchema({"anyOf": [call_schema(tool) for tool in task.tools]})


def outputs(arm: Arm) -> list[Output]:
    return list(arm.run(TASKS, LONG))


@pytest.fixture(scope="module")
def writer() -> StubbornModel:
    return StubbornModel(toy_model(), TASKS)


def test_texts_are_drawn_anew_by_seed_and_all_differ() -> None:
    notes = [task.expected[0].arguments["text"] for task in break_outs(300)]
    assert len(set(notes)) == 300
    assert break_outs(12) == TASKS
    assert break_outs(12, seed=1) != TASKS
    assert all(note in task.messages[-1].content for note, task in zip(notes, break_outs(300), strict=True))
    assert sum('"' in note for note in notes) > 150


def test_without_a_grammar_it_writes_the_text_raw_and_breaks_out(writer: StubbornModel) -> None:
    free = outputs(prompted("prompt", writer))
    assert [output.text for output in free] == [raw_call(task) for task in TASKS]
    begun = outputs(prompted("prefilled", writer, frame=call_frame(writer)))
    assert [output.text for output in begun] == [output.text for output in free]
    held = [schema_valid(output, task) for output, task in zip(free, TASKS, strict=True)]
    assert sum(held) < len(TASKS) / 2


@pytest.mark.parametrize("engine", ["llguidance", "xgrammar"])
def test_under_a_grammar_it_writes_one_valid_call(writer: StubbornModel, engine: str) -> None:
    framed = constrained("schema grammar", writer, schema, frame=call_frame(writer), engine=engine)
    whole = constrained("tool calls", writer, lambda task: ToolCalls(task.tools, required=True), engine=engine)
    for arm in (framed, whole):
        for output, task in zip(outputs(arm), TASKS, strict=True):
            assert output.finish_reason == "stop", output.text
            assert schema_valid(output, task), output.text
            assert [call.name for call in output.calls] == ["save_note"]


def test_the_grammar_holds_and_a_careless_reader_does_not(writer: StubbornModel) -> None:
    """A tag may stand within a string of the JSON; who splits at tags is broken out of all the same."""
    written = outputs(constrained("schema grammar", writer, schema, frame=call_frame(writer)))
    bodies = [re.findall(r"<tool_call>\n(.*?)\n?</tool_call>", output.text, re.S) for output in written]
    assert any(len(found) != 1 or not found[0].endswith("}}") for found in bodies)


def test_a_strange_prompt_is_refused(writer: StubbornModel) -> None:
    with pytest.raises(WorkbookError, match="not told of this prompt"):
        writer.complete(["Hello"])
