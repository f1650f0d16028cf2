"""Obscure APIs: names that cannot be guessed, rows that differ in their documents, and no test among them."""

from __future__ import annotations

import pytest

from workbook.core.chat import Message, Tool
from workbook.core.errors import UsageError
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.finetune.checks import evaluation_fingerprints, fingerprint
from workbook.finetune.obscure import LEARNERS, OPERATIONS, SHOWN, found_first, rows, tasks, world
from workbook.finetune.words import belongs

MADE = world()
NAMES = {tool.name for tool in MADE.pool}


@pytest.fixture(scope="module")
def learned() -> dict[str, list]:
    return {learner: rows(learner, wordings=4) for learner in LEARNERS}


def request_of(row) -> Message:
    return Message.from_dict(row["messages"][0])


def called(row):
    [call] = Message.from_dict(row["messages"][1]).tool_calls
    return call


def shown(row) -> list[Tool]:
    return [Tool.from_dict(tool) for tool in row["tools"]]


def test_the_pool_holds_both_kinds_and_no_name_twice():
    assert len(NAMES) == len(MADE.pool)
    known, unseen = ({spec.tool.name for spec in specs} for specs in (MADE.known, MADE.unseen))
    assert known | unseen < NAMES
    assert not known & unseen
    assert not {spec.thing for spec in MADE.known} & {spec.thing for spec in MADE.unseen}


def test_no_request_echoes_the_verb_of_its_documentation_or_what_nobody_can_guess():
    for spec in (*MADE.known, *MADE.unseen):
        verb = spec.tool.name.split("_")[0]
        assert spec.verb.ways
        assert not [way for way in spec.verb.ways if verb in way]
    for task in tasks(MADE.unseen, 24):
        assert task.expected[0].name.rpartition("_")[2] not in task.messages[0].content.lower()


def test_all_learners_get_as_many_rows_of_right_calls(learned):
    assert {len(some) for some in learned.values()} == {4 * len(MADE.known)}
    tools = {tool.name: tool for tool in MADE.pool}
    for learner in ("apis-memorised", "apis-retrieved"):
        assert not [error for row in learned[learner] for error in call_errors(called(row), [tools[called(row).name]])]


def test_only_the_documents_differ(learned):
    plain, searched = (
        {request_of(row).content: row for row in learned[f"apis-{one}"]} for one in ("memorised", "retrieved")
    )
    assert {text: called(row) for text, row in plain.items()} == {text: called(row) for text, row in searched.items()}
    assert not any(row["tools"] for row in plain.values())
    texts = list(searched)[:20]
    assert [shown(searched[text]) for text in texts] == [list(found) for found in found_first(MADE.pool, texts)]


def test_a_search_errs_and_the_generalist_always_has_the_right_document(learned):
    hits = {
        learner: [called(row).name in {tool.name for tool in shown(row)} for row in some]
        for learner, some in learned.items()
    }
    assert all(hits["apis-generalist"])
    assert 0.4 < sum(hits["apis-retrieved"]) / len(hits["apis-retrieved"]) < 0.9
    assert all(len(shown(row)) == SHOWN for row in learned["apis-generalist"])


def test_the_generalist_learns_nothing_of_the_pool(learned):
    assert not NAMES & {tool.name for row in learned["apis-generalist"] for tool in shown(row)}


def test_what_is_asked_later_was_never_trained_on(learned):
    asked = {fingerprint(task.messages) for task in tasks(MADE.known, 48)}
    trained = {fingerprint([request_of(row)]) for some in learned.values() for row in some}
    assert not trained & (asked | evaluation_fingerprints(data_dir() / "tasks"))


def test_requests_take_services_and_operations_in_turn():
    names = [task.expected[0].name for task in tasks(MADE.known, len(MADE.known))]
    assert len(set(names)) == len(MADE.known)
    first = {spec.tool.name: spec.thing for spec in MADE.known}
    services = len(MADE.known) // OPERATIONS
    assert len({first[name] for name in names[:services]}) == services
    texts = [value for task in tasks(MADE.known, 24) for value in task.expected[0].arguments.values()]
    held_out = [belongs(text, "held_out") for text in texts if isinstance(text, str)]
    assert sum(held_out) > len(held_out) / 2


def test_an_unknown_learner_names_the_nearest():
    with pytest.raises(UsageError, match="apis-memorised"):
        rows("apis-memorized")
