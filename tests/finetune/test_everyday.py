"""Synthetic requests for a retriever: whole, distinct, and near no request that anything is evaluated on."""

from __future__ import annotations

import json
import re

import pytest

from workbook.core.settings import data_dir
from workbook.finetune.everyday import (
    Asked,
    operation_texts,
    requests,
    seen_departments,
    unseen_departments,
    words,
)
from workbook.gateway.catalogue import departments, kinds, operations
from workbook.suites.enterprise import content_words, enterprise_tasks
from workbook.suites.tasks import set_files, set_lines

NEAR = 0.6
"""The share of content words in common from which two requests count as the same."""


@pytest.fixture(scope="module")
def made() -> list[Asked]:
    return requests(made_up=200)


def evaluated() -> list[str]:
    """Every request of the frozen sets and of the company's tasks."""
    rows = [json.loads(line) for path in set_files(data_dir() / "tasks").values() for line in set_lines(path)]
    asked = [m["content"] for row in rows for m in row.get("messages", ()) if m["role"] == "user"]
    return [*asked, *(task.request for task in enterprise_tasks())]


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def near(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two requests of four content words or more share most of them."""
    both = one & other
    return min(len(one), len(other)) >= 4 and len(both) / len(one | other) >= NEAR


def test_requests_are_distinct_and_whole(made):
    assert len({one.request.lower() for one in made}) == len(made) > 1500
    assert not [one.request for one in made if re.search(r"[{}]|\s{2}", one.request)]
    texts = set(operation_texts().values())
    assert all(one.text in texts for one in made if one.department)
    assert requests(made_up=20) == requests(made_up=20)
    assert requests(1, 20) != requests(2, 20)


def test_nine_departments_are_never_asked_about(made):
    assert len(unseen_departments()) == 9
    assert unseen_departments() | seen_departments() == set(departments())
    asked = {one.department for one in made} - {""}
    assert asked == seen_departments()
    theirs = {text for name, text in operation_texts().items() if operations()[name].kind.department not in asked}
    assert not theirs & {one.text for one in made}


def test_every_line_of_the_file_is_used():
    assert set(words().things) <= set(kinds())
    known = {f"{one.kind.full_name}.{word}" for one in operations().values() for word in (one.word, one.verb)}
    assert not set(words().said) - known
    assert not set(words().actions) - {word for one in operations().values() for word in (one.word, one.verb)}


def test_no_request_of_an_evaluation_is_learned():
    learned = {plain(one.request) for one in requests()}
    assert not [text for text in evaluated() if plain(text) in learned]


def test_no_request_of_the_company_is_near_one_that_is_learned(made):
    asked = {content_words(one.request) for one in made if one.department}
    tasks = [(task.request, content_words(task.request)) for task in enterprise_tasks()]
    found = [(text, sorted(other)) for text, own in tasks for other in asked if near(own, other)]
    assert found == []


def test_the_test_of_nearness_can_fail():
    own = content_words("The printer on the third floor eats paper again, please send somebody")
    assert near(own, content_words("printer on third floor eats the paper, somebody please send"))
    assert not near(own, content_words("The printer in the lobby needs new toner by tomorrow"))
