"""Look-ups: every argument is said once, by the words around it, and what is left out is not."""

from random import Random

import pytest

from workbook.finetune.lookups import SLOTS, lookup_request, slots
from workbook.finetune.toolmaker import Given
from workbook.finetune.words import belongs

SEEDS = range(300)


def given(seed: int) -> Given:
    rng = Random(seed)
    return [(parameter, parameter.sample(rng, "train")) for parameter in slots(rng, "train")]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_request_says_every_value_once(seed: int) -> None:
    told = given(seed)
    said = lookup_request(Random(seed), "harbor_plan", told, None).lower()
    assert "harbor plan" in said
    for _, value in told:
        assert value.words.lower() in said


@pytest.mark.parametrize("sort", ["route", "years", "teams"])
def test_of_two_that_are_said_together_each_stands_in_its_place(sort: str) -> None:
    seen = 0
    for seed in range(3000):
        told = given(seed)
        pair = [(parameter, value) for parameter, value in told if parameter.kind_name.startswith(sort)]
        if len(pair) == 2 and pair[0][1].words != pair[1][1].words:
            first, second = (value.words for _, value in pair)
            said = lookup_request(Random(seed), "harbor_plan", pair, None)
            turned = f"to {second} from {first}"
            assert said.find(first) < said.rfind(second) or turned in said
            alone = lookup_request(Random(seed), "harbor_plan", pair, pair[0][0])
            assert second in alone
            assert f" {first} " not in alone
            seen += 1
    assert seen > 50


def test_every_sort_of_argument_is_drawn_and_the_first_is_required() -> None:
    drawn = [slots(Random(seed), "train") for seed in SEEDS]
    assert {parameter.kind_name.split()[0] for group in drawn for parameter in group} == set(SLOTS)
    assert all(group[0].required for group in drawn)
    assert any(not parameter.required for group in drawn for parameter in group)
    assert all(len({parameter.name for parameter in group}) == len(group) for group in drawn)


def test_names_that_are_held_out_are_not_trained_on() -> None:
    names = {parameter.name for seed in SEEDS for parameter in slots(Random(seed), "train")}
    assert all(belongs(f"parameter {name}", "train") for name in names)
    assert {parameter.name for seed in SEEDS for parameter in slots(Random(seed), "held_out")} - names


def test_values_fit_their_schemas() -> None:
    types = {"string": str, "integer": int, "array": list}
    for seed in SEEDS:
        for parameter, value in given(seed):
            assert isinstance(value.json, types[str(parameter.schema()["type"])])


def test_the_same_seed_gives_the_same_arguments_and_words() -> None:
    assert [(p.name, v) for p, v in given(3)] == [(p.name, v) for p, v in given(3)]
