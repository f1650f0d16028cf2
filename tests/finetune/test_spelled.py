"""The same requests and calls in two spellings: rows that differ in nothing else, and none of what is asked later."""

from __future__ import annotations

import pytest

from workbook.core.chat import Message
from workbook.core.errors import UsageError
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.finetune.checks import evaluation_fingerprints, fingerprint
from workbook.finetune.shelf import ACTIONS, HELD_OUT, LOOKUPS, SHELF
from workbook.finetune.spelled import CALL_KINDS, SHOWN, SPELLINGS, as_python, rows, spoken
from workbook.models.nested_calls import all_calls, turns
from workbook.models.python_calls import read_calls
from workbook.models.referenced_calls import nested

TRAINED, ASKED = spoken(300, "train"), spoken(300, "held_out")


def answers(spelling: str) -> list[Message]:
    return [Message.from_dict(row["messages"][1]) for row in rows(spelling, 300)]


def test_both_spellings_say_the_calls_of_the_request():
    for one, turn in zip(TRAINED, answers("json"), strict=True):
        assert nested(turn.tool_calls) == (one.calls, ())
    for one, turn in zip(TRAINED, answers("python"), strict=True):
        assert read_calls(turn.content) == (one.calls, ())


def test_the_rows_differ_in_the_answer_alone():
    asked = {spelling: [(row["messages"][0], row["tools"]) for row in rows(spelling, 60)] for spelling in SPELLINGS}
    assert asked["json"] == asked["python"]


def test_json_fits_the_schemas_references_included():
    tools = {tool.name: tool for tool in SHELF}
    calls = [call for turn in answers("json") for call in turn.tool_calls]
    assert not [error for call in calls for error in call_errors(call, [tools[call.name]])]


def test_the_kinds_come_in_turn_and_are_what_they_are_called():
    assert [one.kind for one in TRAINED[:6]] == [*CALL_KINDS, *CALL_KINDS]
    for one in (*TRAINED, *ASKED):
        assert len(one.calls) == (2 if one.kind == "parallel" else 1)
        assert max(map(turns, one.calls)) in ((2, 3) if one.kind == "nested" else (1,))


def test_the_prompt_shows_what_is_needed_among_others():
    for one in (*TRAINED, *ASKED):
        called = {inner.name for call in one.calls for inner in all_calls(call)}
        shown = [tool.name for tool in one.tools]
        assert len(shown) == len(set(shown)) == SHOWN
        assert called <= set(shown)
    first = [one.tools[0].name == one.calls[0].name for one in TRAINED]
    assert 0.2 < sum(first) / len(first) < 0.5


def test_every_tool_is_called_and_every_inner_value_was_said():
    said = " ".join(as_python(one.calls) for one in TRAINED)
    assert all(f"{tool.name}(" in said for tool in SHELF)
    for one in TRAINED:
        leaves = [value for call in one.calls for value in call.arguments.values() if isinstance(value, str)]
        assert all(value in one.text or value[:4].isdigit() for value in leaves)


def test_what_is_asked_later_has_its_own_wordings_and_values():
    trained = {fingerprint([Message("user", one.text)]) for one in spoken(384, "train")}
    asked = {fingerprint([Message("user", one.text)]) for one in ASKED}
    assert not trained & (asked | evaluation_fingerprints(data_dir() / "tasks"))
    for entry in (*LOOKUPS, *ACTIONS):
        assert len(set(entry.ways)) > 2 * HELD_OUT
        assert {name for name in entry.takes if all(f"{{{name}}}" in way for way in entry.ways)} == set(entry.takes)


def test_seeds_give_other_requests_and_one_seed_the_same():
    assert spoken(30, "train") == TRAINED[:30]
    assert not {one.text for one in spoken(30, "train", seed=1)} & {one.text for one in TRAINED}


def test_an_unknown_spelling_names_the_known():
    with pytest.raises(UsageError, match="python"):
        rows("pyton")
