"""Trials are fair, complete and tidy."""

import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import WorkbookError
from workbook.lab.trials import COLUMNS, Arm, Output, Sampling, run_trials, samplings, show_trial


def noted(name, log):
    """An arm that writes down when it was asked for what."""

    def run(tasks, sampling):
        log.append((name, [task.id for task in tasks], sampling))
        return [Output(f"{name} on {task.id}", (ToolCall("f", {"a": 1}),), True, tokens=7) for task in tasks]

    return Arm(name, run)


def test_one_row_for_each_arm_task_and_sampling(tasks):
    trials = run_trials([noted("a", []), noted("b", [])], tasks, samplings([0, 0.7], seeds=2), chunk=4)
    assert list(trials.columns) == list(COLUMNS)
    assert len(trials) == 2 * len(tasks) * 3  # greedy once, 0.7 with two seeds
    assert not trials.duplicated(["arm", "task", "temperature", "seed"]).any()
    first = trials.iloc[0]
    assert (first.output, first.calls, first.tokens) == ("a on t0", [{"name": "f", "arguments": {"a": 1}}], 7)


def test_the_first_seed_can_be_chosen():
    assert [(s.temperature, s.seed) for s in samplings([0, 0.7], seeds=2, first_seed=5)] == [(0, 5), (0.7, 5), (0.7, 6)]
    assert [s.seed for s in samplings([0.7], seeds=2)] == [0, 1]


def test_arms_take_turns_and_take_turns_at_beginning(tasks):
    log = []
    run_trials([noted("a", log), noted("b", log)], tasks, chunk=2, warm_up=False)
    assert [name for name, _, _ in log] == ["a", "b", "b", "a", "a", "b"]
    assert [ids for _, ids, _ in log][::2] == [["t0", "t1"], ["t2", "t3"], ["t4", "t5"]]


def test_all_arms_see_the_same_tasks_and_samplings(tasks):
    log = []
    run_trials([noted("a", log), noted("b", log)], tasks, samplings([0, 1.0], 3), chunk=4)
    seen = {name: [(tuple(ids), s) for arm, ids, s in log if arm == name] for name in "ab"}
    assert seen["a"] == seen["b"]


def test_an_arm_that_loses_a_task_is_an_error(tasks):
    with pytest.raises(WorkbookError, match="gave 1 outputs for 6 tasks"):
        run_trials([Arm("lossy", lambda tasks, sampling: [Output("")])], tasks)


def test_under_each_sampling_the_arms_take_turns_at_beginning(tasks):
    log = []
    run_trials([noted("a", log), noted("b", log)], tasks, samplings([0, 1.0]), chunk=2, warm_up=False)
    for temperature in (0, 1.0):
        assert [name for name, _, s in log if s.temperature == temperature][::2] in (["a", "b", "a"], ["b", "a", "b"])


def test_arms_are_warmed_up_and_that_is_not_counted(tasks):
    log = []
    trials = run_trials([noted("a", log), noted("b", log)], tasks, chunk=6)
    assert [(name, ids, s.max_new_tokens) for name, ids, s in log[:2]] == [("a", ["t0"], 4), ("b", ["t0"], 4)]
    assert len(trials) == 2 * len(tasks)


@pytest.mark.parametrize(("names", "reason"), [(["a", "a"], "'a' comes twice"), ([], "there are none")])
def test_arms_need_names_of_their_own(tasks, names, reason):
    with pytest.raises(WorkbookError, match=reason):
        run_trials([noted(name, []) for name in names], tasks)


@pytest.mark.parametrize("pick", [[], [0, 0]])
def test_tasks_need_ids_of_their_own(tasks, pick):
    with pytest.raises(WorkbookError, match="tasks of an experiment"):
        run_trials([noted("a", [])], [tasks[i] for i in pick])


def test_greedy_decoding_has_one_seed():
    assert samplings([0, 1.0], 2, 64) == [Sampling(0, 0, 64), Sampling(1.0, 0, 64), Sampling(1.0, 1, 64)]


def test_any_row_can_be_read(tasks):
    row = next(run_trials([noted("a", [])], tasks[:1]).itertuples())
    assert "a on t0" in show_trial(row)


def test_rows_are_kept_in_the_order_of_the_arms(tasks):
    trials = run_trials([noted("z", []), noted("a", [])], tasks, samplings([0, 0.7]), chunk=2)
    assert list(dict.fromkeys(zip(trials.arm, trials.temperature, strict=True))) == [
        ("z", 0),
        ("z", 0.7),
        ("a", 0),
        ("a", 0.7),
    ]
    assert trials.task[:6].tolist() == [task.id for task in tasks]
