"""Trees of calls as flat lists with references, and back; what refers to nothing is a problem."""

from __future__ import annotations

from random import Random

import pytest

from workbook.core.chat import ToolCall
from workbook.models.nested_calls import NestedCall
from workbook.models.referenced_calls import flattened, nested, plain

NEAREST = NestedCall("nearest", {"to": "Oslo"})
BOOK = NestedCall("book", {"city": NEAREST, "nights": 2})


def test_the_inner_call_comes_first_and_a_reference_stands_in_its_place():
    assert flattened([BOOK]) == (ToolCall("nearest", {"to": "Oslo"}), ToolCall("book", {"city": "$1", "nights": 2}))


def test_references_count_over_the_whole_answer():
    ping = NestedCall("ping", {})
    calls = flattened([ping, BOOK])
    assert [call.name for call in calls] == ["ping", "nearest", "book"]
    assert calls[2].arguments["city"] == "$2"
    assert nested(calls) == ((ping, BOOK), ())


def drawn(rng: Random, depth: int) -> NestedCall:
    """A random tree, with calls in lists and objects too."""
    inside = [drawn(rng, depth - 1) for _ in range(rng.randint(0, 2))] if depth else []
    shapes = [inside, {"held": inside}, *inside[:1]]
    return NestedCall(rng.choice("fgh"), {"a": rng.randint(0, 9), "b": rng.choice(shapes)})


@pytest.mark.parametrize("seed", range(20))
def test_what_is_flattened_is_nested_again(seed):
    rng = Random(seed)
    trees = tuple(drawn(rng, 3) for _ in range(3))
    assert nested(flattened(trees)) == (trees, ())


@pytest.mark.parametrize("reference", ["$2", "$3", "$99"])
def test_a_reference_to_itself_or_to_what_comes_later_is_a_problem(reference):
    calls = [ToolCall("f", {}), ToolCall("g", {"a": [reference]}), ToolCall("h", {})]
    trees, [problem] = nested(calls)
    assert problem == f"g: {reference} is no call before it"
    assert [tree.name for tree in trees] == ["f", "g", "h"], "what is referred to wrongly is still a call"


@pytest.mark.parametrize("text", ["$", "$0", "$1 off", "1", "$x", "cost $1"])
def test_a_string_that_is_no_reference_stays_one(text):
    calls = [ToolCall("f", {}), ToolCall("g", {"a": text})]
    trees, problems = nested(calls)
    assert [tree.arguments for tree in trees] == [{}, {"a": text}]
    assert not problems


def test_a_call_that_two_refer_to_is_in_both():
    trees, _ = nested([ToolCall("f", {}), ToolCall("g", {"a": "$1"}), ToolCall("h", {"a": "$1"})])
    assert [plain(tree).arguments for tree in trees] == [{"a": {"call": "f", "arguments": {}}}] * 2


def test_plain_tells_a_call_from_its_name():
    assert plain(BOOK) != plain(NestedCall("book", {"city": "nearest", "nights": 2}))
    assert plain(BOOK) != plain(NestedCall("book", {"city": NestedCall("nearest", {"to": "Bergen"}), "nights": 2}))
