"""What becomes of a request: right, another, invented, or no call; and the metrics that flatter."""

from __future__ import annotations

import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import WorkbookError
from workbook.finetune.obscure import SHOWN, world
from workbook.lab.flattery import DOMAINS, RANDOM, by_chance, domain, flattered
from workbook.lab.obscure import NONE, ORACLE, SERVINGS, WORDS, asked, judged, outcome, run, served, swapped
from workbook.lab.summary import interval
from workbook.models.base import Completion, Reply

MADE = world()
ASKED = asked(MADE, 6)
EVERY = [task for some in ASKED.values() for task in some]
NAMES = {tool.name for tool in MADE.pool}


@pytest.fixture(scope="module")
def shown():
    return served(MADE.pool, EVERY)


class Reader:
    """Calls the first document that it is shown, by its name alone; without one it makes a name up."""

    name, fingerprint = "reader", ""

    def render(self, messages, tools=()):
        return f"{messages[-1].content}|{tools[0].name if tools else 'delete_nothing_invented'}"

    def complete(self, prompts, *, max_new_tokens):
        assert len(prompts) == len(set(prompts)), "the same prompt twice"
        return [Completion(prompt.rpartition("|")[2], (), "stop", 1, 0.0) for prompt in prompts]

    def parse(self, text):
        return Reply("", (ToolCall(text, {}),))


def test_the_oracle_has_the_right_document_and_is_the_search_wherever_that_found_it(shown):
    assert set(shown) == set(SERVINGS)
    for task in EVERY:
        found, told = shown[WORDS][task.id], shown[ORACLE][task.id]
        assert task.tools[0] in told
        assert len(told) == SHOWN
        assert (list(found) == list(told)) == (task.tools[0] in found)
        assert shown[NONE][task.id] == ()


def test_swapped_documents_are_wrong_and_other_than_those_that_were_found(shown):
    known = ASKED["known"]
    wrong = swapped(shown[WORDS], known)
    for task in known:
        assert task.tools[0] not in wrong[task.id]
        assert list(wrong[task.id]) != list(shown[WORDS][task.id])
        assert list(wrong[task.id]) in [list(found) for found in shown[WORDS].values()]


def test_a_request_alone_has_nothing_to_swap_with():
    (task,) = ASKED["known"][:1]
    with pytest.raises(WorkbookError, match="more requests"):
        swapped({task.id: ()}, [task])


def test_every_row_has_one_outcome(shown):
    rows = run({"reader": Reader()}, ASKED, shown, MADE.pool)
    assert len(rows) == len(SERVINGS) * len(EVERY)
    assert (rows[["api_right", "other", "invented", "broken", "idle"]].sum(axis=1) == 1).all()
    assert rows[rows.serving == NONE]["invented"].all()
    mended = rows[(rows.serving == ORACLE)]
    missed = [task.id for task in EVERY if task.tools[0] not in shown[WORDS][task.id]]
    assert mended[mended.task.isin(missed)]["api_right"].all()
    assert rows[(rows.serving == WORDS) & (rows.found == 0)]["other"].all()
    assert not rows["call_right"].any()  # no argument was given


TASK = EVERY[0]
RIGHT = TASK.expected[0]
ELSE = next(name for name in sorted(NAMES) if name != RIGHT.name)


@pytest.mark.parametrize(
    ("reply", "want", "right"),
    [
        (Reply("", (RIGHT,)), "api_right", 1.0),
        (Reply("", (ToolCall(RIGHT.name, {}),)), "api_right", 0.0),
        (Reply("", (ToolCall(ELSE, RIGHT.arguments),)), "other", 0.0),
        (Reply("", (ToolCall("book_nothing", {}),)), "invented", 0.0),
        (Reply("", (RIGHT, ToolCall("book_nothing", {}))), "invented", 0.0),
        (Reply("", (RIGHT, RIGHT)), "other", 0.0),
        (Reply("No tool fits."), "idle", 0.0),
        (Reply("", (RIGHT,), ("a broken call",)), "broken", 0.0),
        (Reply("", (), ("not JSON",)), "broken", 0.0),
    ],
)
def test_an_outcome_is_judged_by_its_names(reply, want, right):
    assert outcome(reply, TASK, NAMES) == want
    assert judged(reply, TASK, NAMES)["call_right"] == right


def test_a_generous_metric_is_never_below_a_strict_one_and_chance_stands_beside(shown):
    rows = flattered(run({"reader": Reader()}, ASKED, shown, MADE.pool), MADE.pool)
    assert (rows["by kind"] >= rows["by domain"]).all()
    assert (rows["by domain"] >= rows["by API"]).all()
    assert (rows["by API"] >= rows["by call"]).all()
    chance = by_chance(rows, MADE.pool)
    assert len(chance) == len(EVERY)
    assert interval(chance, "by API", arm=RANDOM).estimate == pytest.approx(1 / len(MADE.pool))
    drawn = [domain(tool.name) for tool in MADE.pool]
    expected = sum(drawn.count(domain(task.expected[0].name)) for task in EVERY) / len(EVERY) / len(drawn)
    assert interval(chance, "by domain", arm=RANDOM).estimate == pytest.approx(expected)


def test_an_invented_name_has_a_kind_and_no_domain(shown):
    rows = run({"reader": Reader()}, ASKED, shown, MADE.pool)
    scored = flattered(rows[rows.serving == NONE].assign(right="delete_that"), MADE.pool)
    assert scored["by kind"].all()
    assert not scored["by domain"].any()


def test_every_verb_has_one_domain_and_an_invented_name_has_the_domain_of_its_verb():
    from workbook.finetune.words import VERBS

    listed = [verb for verbs in DOMAINS.values() for verb in verbs.split()]
    assert sorted(listed) == sorted(verb.name for verb in VERBS)
    assert domain("delete_nothing_at_all") == "DELETE"
    assert domain("frobnicate_car") is None
