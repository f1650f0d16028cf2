"""Which runs make the reference, and the rates that they take from the trials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbook.core.errors import WorkbookError
from workbook.lab.mixes import read_results, reference_path
from workbook.lab.mixes_estimates import best_rate
from workbook.lab.mixes_plans import (
    CHAT,
    FULL_RATE,
    LONGER,
    LORA_RATES,
    OTHER_SEEDS,
    SHARES,
    TRIAL,
    Plan,
    counts,
    rate_plans,
    reference_plans,
    steps,
)

PLANS = reference_plans(5)


def test_no_plan_is_there_twice():
    assert len({plan.key for plan in PLANS}) == len(PLANS)


def test_shares_and_chat_have_all_seeds_and_every_other_arm_three():
    seeds = {}
    for plan in PLANS[1:]:
        seeds.setdefault(replace(plan, seed=0), set()).add(plan.seed)
    assert all(seeds[arm] == set(range(5)) for arm in (*map(Plan, SHARES), CHAT))
    others = [found for arm, found in seeds.items() if arm != CHAT and arm not in map(Plan, SHARES)]
    assert all(found == set(range(OTHER_SEEDS)) for found in others)


def test_a_share_is_of_all_rows_and_a_fixed_budget_keeps_their_number():
    assert counts(Plan(0.5)) == (160, 160)
    assert counts(Plan(0.8, fixed=True)) == (32, 128)


def test_the_control_has_as_many_steps_as_half_general():
    assert steps(LONGER) == steps(Plan(0.5)) == 240
    assert counts(LONGER) == counts(Plan())


def test_an_unknown_source_names_the_known():
    with pytest.raises(WorkbookError, match="replay"):
        Plan(source="relay")


def test_the_rates_are_those_that_the_trials_chose():
    rows = read_results(reference_path(), TRIAL)
    assert {rank: best_rate(rows, rank) for rank in LORA_RATES} == LORA_RATES
    assert best_rate(rows, 0) == FULL_RATE


def test_trials_have_a_seed_of_their_own():
    assert not {plan.seed for plan in rate_plans()} & {plan.seed for plan in PLANS}
