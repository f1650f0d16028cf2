"""Rows and tasks of the three APIs: right by the schema, grounded, in wordings and values that are kept apart."""

from __future__ import annotations

from collections import Counter

from workbook.core.chat import Message
from workbook.core.validation import call_errors
from workbook.finetune.office_apis import APIS, LEADS, OTHER, office_rows, office_tasks, office_tools, office_words
from workbook.finetune.words import belongs
from workbook.models.hermes import CLOSE, OPEN

ROWS = office_rows(200)
TASKS = office_tasks(20)


def said(row) -> tuple[str, Message]:
    first, second = map(Message.from_dict, row["messages"])
    return first.content, second


def test_every_call_fits_its_schema_and_holds_only_what_was_said():
    for row in ROWS:
        text, reply = said(row)
        for call in reply.tool_calls:
            assert not call_errors(call, office_tools())
            assert all(str(value) in text for value in call.arguments.values()), text


def test_a_row_calls_asks_or_declines():
    kinds = Counter(
        "call" if reply.tool_calls else "ask" if reply.content.endswith("?") else "decline"
        for _, reply in map(said, ROWS)
    )
    assert kinds["call"] > 70
    assert min(kinds["ask"], kinds["decline"]) > 30


def test_who_asks_lacks_one_argument_and_names_it():
    for text, reply in map(said, ROWS):
        if reply.content.endswith("?"):
            api = next(api for api in APIS if any(way in text.lower() for way in api.ways))
            assert [name for name in api.parameters if f"What {name} should" in reply.content]


def test_tasks_join_what_no_row_joins():
    def joins(text):
        return {f"{lead} {one}" for lead in LEADS for one in (*(w for a in APIS for w in a.ways), *OTHER)
                if text.lower().startswith(lead.format(r=one).lower())}  # fmt: skip

    learned = set().union(*(joins(said(row)[0]) for row in ROWS))
    asked = set().union(*(joins(task.messages[0].content) for task in TASKS))
    assert learned
    assert asked
    assert not learned & asked


def test_texts_of_tasks_are_held_out():
    names = [call.arguments.get("colleague") for task in TASKS for call in task.expected]
    assert all(belongs(name, "held_out") for name in names if name)


def test_tasks_are_unlike_each_other_and_of_every_kind():
    assert len({task.messages[0].content for task in TASKS}) == len(TASKS) == 60
    assert Counter(task.kind for task in TASKS) == {"call": 20, "ask": 20, "decline": 20}


def test_a_seed_makes_the_same_rows_and_another_one_others():
    assert office_rows(20, 3) == office_rows(20, 3)
    assert office_rows(20, 3) != office_rows(20, 4)


def test_the_words_of_calls_are_their_marks_and_all_names():
    used = {word for _, reply in map(said, ROWS) for call in reply.tool_calls for word in (call.name, *call.arguments)}
    assert used | {OPEN, CLOSE} == set(office_words())


def test_schemas_stand_in_a_row_only_when_asked_for():
    assert all(set(row) == {"messages"} for row in ROWS)
    assert all(len(row["tools"]) == len(APIS) for row in office_rows(3, schemas=True))
