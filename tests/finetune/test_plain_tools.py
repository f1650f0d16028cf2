"""Tools in the manner of public APIs: every request tells what its call needs, and what is missing is asked for."""

import re
from itertools import pairwise
from random import Random

import pytest

from workbook.core.chat import Tool
from workbook.finetune import conversations
from workbook.finetune.checks import Funnel, ungrounded
from workbook.finetune.conversations import Example, family, with_and_without
from workbook.finetune.lexicon import NOUNS
from workbook.finetune.lookups import SEEKING
from workbook.finetune.plain_phrasing import ASKING
from workbook.finetune.plain_tools import plain_spec
from workbook.finetune.toolmaker import make_box
from workbook.finetune.words import belongs

SEEDS = range(60)


def families(seed: int) -> list[Example]:
    rng = Random(seed)
    return family(rng, "train", rng.randint(1, 4), maker=plain_spec)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_example_passes_the_checks(seed: int) -> None:
    causes = {Funnel().cause(example) for example in families(seed)}
    assert causes <= {None}


def test_the_same_seed_gives_the_same_tools() -> None:
    assert families(3) == families(3)
    assert families(3) != families(4)


def test_numbers_by_their_order_fill_the_arguments_in_the_order_of_the_schema() -> None:
    by_order = 0
    for example in (example for seed in range(400) for example in families(seed)):
        said = re.search(r" between (-?[0-9,.]*[0-9]) and (-?[0-9,.]*[0-9])", example.messages[0].content)
        calls = example.answer.tool_calls
        if said and example.kind == "call" and len(calls) == 1:
            by_order += 1
            values = list(calls[0].arguments.values())
            ends = [str(end) for end in (values[0].values() if isinstance(values[0], dict) else values)]
            assert tuple(number.replace(",", "") for number in said.groups()) in pairwise(ends)
    assert by_order > 5


def test_what_is_left_out_is_neither_said_nor_filled_in() -> None:
    seen = unsaid = 0
    for seed in range(120):
        rng = Random(seed)
        made = with_and_without(rng, "train", make_box(rng, "train", 1, plain_spec))
        if made is None:
            continue
        whole, ask, reply = made
        seen += 1
        assert whole.answer.tool_calls == reply.answer.tool_calls
        assert not ask.answer.tool_calls
        unsaid += bool(ungrounded(Example("call", (ask.messages[0], whole.answer), ask.tools)))
    assert seen > 60
    assert unsaid > 0.9 * seen, "two arguments may have one value, but seldom"


def test_a_default_that_nobody_mentions_is_left_to_the_tool() -> None:
    left = given = 0
    for seed in range(200):
        for example in families(seed):
            for call in example.answer.tool_calls:
                tool = next(t for t in example.tools if t.name == call.name)
                optional = set(tool.parameters["properties"]) - set(tool.parameters.get("required", ()))
                given += len(optional & set(call.arguments))
                left += len(optional - set(call.arguments))
    assert left > 50
    assert given > 50


def test_declines_are_worded_as_calls_are() -> None:
    """Otherwise the style of a request would tell whether some tool fits."""
    rng = Random(7)
    openings = [template.split(" the {q}")[0].split(" {t}")[0].lower() for template in (*ASKING, *SEEKING)]
    declines = [conversations.decline(rng, "train", make_box(rng, "train", 2, plain_spec)) for _ in range(100)]
    told = [example.messages[0].content.lower() for example in declines if example]
    assert sum(any(word in text for word in openings) for text in told) > 90


def test_names_with_dots_and_several_arguments_of_one_type_are_common() -> None:
    tools: list[Tool] = [plain_spec(Random(seed), "train").tool for seed in range(300)]
    types = [[p["type"] for p in tool.parameters["properties"].values()] for tool in tools]
    assert sum("." in tool.name for tool in tools) > 60
    assert sum(any(row.count(kind) >= 2 for kind in row) for row in types) > 120


def test_a_name_that_is_held_out_is_not_trained_on() -> None:
    trained = {plain_spec(Random(seed), "train").thing for seed in range(400)}
    held_out = {plain_spec(Random(seed), "held_out").thing for seed in range(400)}
    assert not trained & held_out
    assert held_out - set(NOUNS)


def test_parameters_that_are_held_out_for_the_other_sets_are_not_trained_on() -> None:
    names = {p.name for seed in range(400) for p in plain_spec(Random(seed), "train").parameters}
    assert all(belongs(f"parameter {name}", "train") for name in names)
    assert "width" in names
