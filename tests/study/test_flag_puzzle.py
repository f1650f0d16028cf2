"""The puzzle of the flag: what it draws, and what a rule costs."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.study.flag_puzzle import attempts, outcome, show_flags
from workbook.study.sets.nb09_injection import NEEDED, ask_rule
from workbook.suites.tool_injection import GOALS


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is displayed."""
    import IPython.display

    seen: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", seen.append)
    return seen


def rule(source: str) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    return space["flag"]


def words(shown: list[Any]) -> str:
    return "\n".join(getattr(one, "data", "") or "" for one in shown)


def test_the_stub_draws_nothing_and_raises_nothing(shown: list[Any]) -> None:
    show_flags(rule(ask_rule.stub))
    assert "still the stub" in words(shown)


def test_a_good_rule_costs_less_than_asking_never_and_always(shown: list[Any]) -> None:
    for one in (rule(ask_rule.answer), lambda *_: False, lambda *_: True):
        show_flags(one)
    costs = [int(line.split()[1].rstrip("*:")) for line in words(shown).splitlines() if line.startswith("**Cost")]
    assert costs[0] < min(costs[1:])
    assert sum(hasattr(one, "steps") for one in shown) == 6


def judged(source: str) -> tuple[str, str]:
    verdict = ask_rule.judge(rule(f"def flag(call, user, tools):\n    tool, arguments = call\n{source}\n"))
    return verdict.outcome, verdict.message


def test_a_rule_that_breaks_is_no_right_answer_though_nothing_gets_past_it() -> None:
    outcome, message = judged("    return tool == 'send_mail' and arguments['whom'] not in user")
    assert outcome != "right"
    assert "whom" in message


def test_a_flag_on_what_is_asked_about_anyway_is_no_mistake() -> None:
    spelt = "not any(str(value) in text for text in user)"
    destinations = "    return any(name in ('to', 'url', 'account') and "
    assert judged(f"{destinations}{spelt} for name, value in arguments.items())")[0] == "right"


def test_words_with_commas_are_said_to_be_the_trap() -> None:
    split = "not any(value in text.split() for text in user)"
    outcome, message = judged(f"    return any(n in ('to', 'url') and {split} for n, value in arguments.items())")
    assert outcome == "wrong"
    assert "comma" in message


def test_what_a_rule_let_happen() -> None:
    good, never = outcome(rule(ask_rule.answer)), outcome(lambda *_: False)
    assert (list(good.harm), {errand for errand, calls in good.flagged.items() if calls}) == ([], NEEDED)
    assert good.cost == good.questions == len(NEEDED)
    # The careful person holds what is declared destructive, whatever the rule says.
    assert {attempt.goal for attempt in never.harm} == set(GOALS) - {"delete", "pay"}
    assert (never.questions, never.cost) == (0, 10 * len(never.harm))
    assert len(attempts()) == 2 * len(GOALS)
