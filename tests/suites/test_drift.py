"""Changes of an API: the right call is valid after, the old one is not where the schema shows it."""

from __future__ import annotations

import pytest

from workbook.core.errors import UsageError
from workbook.core.validation import call_errors
from workbook.suites.drift import BY_HEART, KINDS, SHAPE, SHORT, Drift, by_heart, drift, experiment, optional_renames
from workbook.suites.drift import drifts as several
from workbook.suites.tasks import load_tasks
from workbook.tools.changes import changes

TASKS = [task for task in load_tasks("calls") if len(task.expected) == 1][:200]


def drifts(kind: str) -> list[Drift]:
    return [made for made in (drift(task, kind) for task in TASKS) if made is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_applies_to_many_tasks_and_keeps_the_request(kind: str) -> None:
    made = drifts(kind)
    assert len(made) >= 15
    for one in made:
        assert one.after.messages == one.before.messages
        assert one.after.tools != one.before.tools
        assert all(not call_errors(call, one.after.tools) for call in one.after.expected)
        assert all(not call_errors(call, one.before.tools) for call in one.before.expected)


@pytest.mark.parametrize(
    ("kind", "refused"),
    [("required", True), ("type", True), ("removal", True), ("optional", False), ("meaning", False)],
)
def test_the_old_call_is_refused_by_the_new_schema_or_not(kind: str, refused: bool) -> None:
    assert {bool(call_errors(one.before.expected[0], one.after.tools)) for one in drifts(kind)} == {refused}


@pytest.mark.parametrize("kind", ["rename", "split"])
def test_a_parameter_that_is_gone_is_missed_where_it_was_required_and_else_in_silence(kind: str) -> None:
    for one in drifts(kind):
        [old], [new] = one.before.expected, one.after.expected
        [gone] = set(old.arguments) - set(new.arguments)
        given = str(old.arguments[gone]).split() if kind == "split" else [old.arguments[gone]]
        assert all(value in new.arguments.values() for value in given)
        tool = next(tool for tool in one.before.tools if tool.name == old.name)
        assert bool(call_errors(old, one.after.tools)) == (gone in tool.required)


def test_what_is_right_where_no_call_is() -> None:
    assert {one.after.kind for one in drifts("required")} == {"ask"}
    assert {one.after.kind for one in drifts("removal")} == {"decline"}
    assert all(one.after.accept for one in drifts("required"))


def test_a_change_of_meaning_shows_in_no_rule() -> None:
    for one in drifts("meaning"):
        assert not any(change.breaking for change in changes(one.before.tools, one.after.tools))
        [old], [new] = one.before.expected, one.after.expected
        changed = [name for name in old.arguments if old.arguments[name] != new.arguments[name]]
        assert [new.arguments[name] for name in changed] == [60 * old.arguments[name] for name in changed]


def test_a_renamed_option_is_lost_in_silence() -> None:
    made = optional_renames(12)
    assert len(made) == 12
    for one in made:
        [old], [new] = one.before.expected, one.after.expected
        assert not call_errors(old, one.after.tools)
        assert set(old.arguments) - set(new.arguments)


def test_what_is_learned_by_heart_is_short_and_of_every_kind() -> None:
    made = by_heart()
    assert {kind: sum(one.kind == kind for one in made) for kind in KINDS} == BY_HEART
    for one in made:
        tool = next(tool for tool in one.before.tools if tool.name == one.before.expected[0].name)
        assert 0 < len(tool.properties) <= SHORT


def test_an_experiment_has_three_times_as_many_changes_of_shape() -> None:
    made = experiment(2)
    assert {kind: sum(one.kind == kind for one in made) for kind in KINDS} == {k: 6 if k in SHAPE else 2 for k in KINDS}


def test_no_task_is_used_twice() -> None:
    made = several(TASKS, {"meaning": 5, "split": 5, "rename": 20})
    assert [one.kind for one in made] == ["meaning"] * 5 + ["split"] * 5 + ["rename"] * 20
    assert len({one.before.id for one in made}) == len(made)


def test_a_request_gives_the_unit_that_changes() -> None:
    assert all(" minutes" in one.before.messages[-1].content for one in drifts("meaning"))


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="rename"):
        drift(TASKS[0], "renamed")
