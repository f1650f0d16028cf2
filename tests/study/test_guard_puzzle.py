"""The puzzle of the guard: what it draws, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.study.guard_puzzle import show_guard
from workbook.study.sets.nb07_loops import guard


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is displayed."""
    import IPython.display

    seen: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", seen.append)
    return seen


def words(shown: list[Any]) -> str:
    return "\n".join(getattr(one, "data", "") or "" for one in shown)


def test_the_stub_draws_nothing_and_raises_nothing(shown: list[Any]) -> None:
    space: dict[str, Any] = {}
    exec(guard.stub, space)
    show_guard(space["refuse_repeat"])
    assert "still the stub" in words(shown)


def test_a_good_rule_costs_less_than_none_and_than_too_strict_a_one(shown: list[Any]) -> None:
    space: dict[str, Any] = {}
    exec(guard.answer, space)
    for rule in (space["refuse_repeat"], lambda *_: False, lambda past, *_: bool(past)):
        show_guard(rule)
    costs = [int(line.split()[1].rstrip("*:")) for line in words(shown).splitlines() if line.startswith("**Cost")]
    assert costs[0] < min(costs[1:])
    assert sum(hasattr(one, "steps") for one in shown) == 9
