"""Every rule at, within and beyond its margin."""

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import PROFILES
from workbook.core.stats import Interval, wilson
from workbook.lab.claims import load_claims
from workbook.lab.verdicts import VERDICTS, Rule, failure_bound, tries_needed, verdict

NEAR = Rule("near", 0.95, 0.05)
ALWAYS = Rule("always", 1.0, 0.05)
ABOVE = Rule("above", 0.05)
BELOW = Rule("below", -0.05)


def span(low, high):
    return Interval((low + high) / 2, low, high, 100)


@pytest.mark.parametrize(
    ("rule", "interval", "expected"),
    [
        (NEAR, span(0.91, 0.99), "holds"),
        (NEAR, span(0.90, 1.0), "holds"),
        (NEAR, span(0.5, 0.89), "fails"),
        (NEAR, span(0.89, 0.99), "not distinguishable"),
        (NEAR, span(0.5, 1.0), "not distinguishable"),
        (Rule("near", 0.5, 0.05), span(0.56, 0.7), "fails"),
        (ABOVE, span(0.051, 0.2), "holds"),
        (ABOVE, span(-0.2, 0.049), "fails"),
        (ABOVE, span(0.0, 0.1), "not distinguishable"),
        (BELOW, span(-0.2, -0.051), "holds"),
        (BELOW, span(-0.049, 0.3), "fails"),
        (BELOW, span(-0.1, 0.0), "not distinguishable"),
        (ALWAYS, wilson(999, 1000), "fails"),
        (ALWAYS, wilson(0, 10), "fails"),
        (ALWAYS, wilson(73, 73), "holds"),
        (ALWAYS, wilson(72, 72), "not distinguishable"),  # up to 5.07 % failures remain possible
        (ABOVE, Interval(0.3, float("-inf"), float("inf"), 1), "not distinguishable"),
    ],
)
def test_rules(rule, interval, expected):
    assert verdict(rule, interval) == expected
    assert expected in VERDICTS


def test_a_sign_that_changes_along_the_ladder_is_depends():
    weak, strong = span(0.2, 0.4), span(-0.3, -0.1)
    assert verdict(ABOVE, strong, [weak, span(0, 0.1), strong]) == "depends"
    assert verdict(ABOVE, weak, [strong]) == "depends"


def test_a_ladder_that_agrees_or_does_not_know_changes_nothing():
    holds, unsure = span(0.2, 0.4), span(0.0, 0.1)
    assert verdict(ABOVE, holds, [unsure, holds]) == "holds"
    assert verdict(ABOVE, unsure, [holds, holds]) == "not distinguishable"


def test_the_bound_is_the_intervals_own_and_shown_only_without_a_counterexample():
    assert failure_bound(ALWAYS, wilson(59, 59)) == pytest.approx(1 - wilson(59, 59).low)
    assert failure_bound(ALWAYS, wilson(58, 59)) is None
    assert failure_bound(ABOVE, wilson(59, 59)) is None


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.2])
def test_so_many_tries_are_needed_and_no_fewer(margin):
    rule = Rule("always", 1.0, margin)
    needed = tries_needed(rule)
    assert verdict(rule, wilson(needed, needed)) == "holds"
    assert verdict(rule, wilson(needed - 1, needed - 1)) == "not distinguishable"
    assert tries_needed(ABOVE) is None


def test_a_study_is_large_enough_to_confirm_what_is_always_so():
    needed = [tries_needed(claim.rule) for claim in load_claims().values() if claim.rule]
    assert max(n for n in needed if n) <= PROFILES["study"].trials


def test_rules_are_read_strictly():
    assert Rule.from_dict({"is": "near", "value": 0.95, "margin": 0.05}) == NEAR
    assert Rule.from_dict({"is": "always", "margin": 0.05}) == ALWAYS
    with pytest.raises(WorkbookError, match="Did you mean 'always'"):
        Rule.from_dict({"is": "allways", "margin": 0.05})
    for bad in ({"is": "near", "value": 1}, {"is": "above", "value": 1, "margin": 2}, {"is": "always"}):
        with pytest.raises(WorkbookError, match="takes"):
            Rule.from_dict(bad)


def test_rules_in_words():
    assert NEAR.describe() == "within 0.05 of 0.95"
    assert ABOVE.describe(lambda v: f"{100 * v:g} points") == "above 5 points"
