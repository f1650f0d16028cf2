"""Sweeps: what a grid may say, what it is held against, and the tasks that come of it."""

from __future__ import annotations

from itertools import product

import pytest

from workbook.core.errors import UsageError
from workbook.runner.grid import plan, point_text, read_grid

GIVEN = {"profile": "ci", "model_id": "pocket"}
PARAMETERS = (
    'profile: str = "study"  # ci, study or full\nmodel_id: str = "pocket"  # any model\n'
    "n_trials: int = 8  # calls\nrate: float = 0.5  # share\n"
    "strict: bool = False  # whether\nsizes: list = [1]  # any\n"
)


@pytest.fixture
def path(save):
    return save("pass", name="91_made.ipynb", parameters=PARAMETERS)


@pytest.mark.parametrize(
    ("texts", "axes"),
    [
        (["n_trials=20,200"], {"n_trials": [20, 200]}),
        (["n_trials=20,200", "seed=0"], {"n_trials": [20, 200], "seed": [0]}),
        (["n_trials=20,200 seed=0"], {"n_trials": [20, 200], "seed": [0]}),
        (["model=pocket,pocket@40,org/name"], {"model_id": ["pocket", "pocket@40", "org/name"]}),
        (["model=http://h:8000/v1#name,/a folder/b"], {"model_id": ["http://h:8000/v1#name", "/a folder/b"]}),
        (["sizes=[1, 2],[3]"], {"sizes": [[1, 2], [3]]}),
        (["on=true,false"], {"on": [True, False]}),
    ],
)  # fmt: skip
def test_a_grid_is_read(texts, axes):
    assert read_grid(texts) == axes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n_trials", "NAME=VALUE"),
        ("2=3", "NAME=VALUE"),
        ("n trials=3", "NAME=VALUE"),
        ("n_trials=", "an empty value"),
        ("n_trials=20,,200", "n_trials"),
        ("n_trials=null,3", "an empty value"),
        ("n_trials=[1", "cannot read"),
        ("n_trials=20,20", "the same value twice"),
        ("n_trials=20 n_trials=200", "names 'n_trials' twice"),
        ("model=a model_id=b", "names 'model_id' twice"),
    ],
)
def test_what_is_no_grid_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        read_grid([text])


def test_a_yes_is_not_a_one():
    assert read_grid(["n=1,true"]) == {"n": [1, True]}


def test_every_notebook_runs_once_a_point(path, save):
    other = save("pass", name="92_other.ipynb", parameters=PARAMETERS)
    axes = {"n_trials": [1, 2], "rate": [0.1, 1], "model_id": ["pocket", "other"]}
    tasks = plan([path, other], GIVEN, axes)
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    assert [(task.path, task.point) for task in tasks] == [(one, point) for one in (path, other) for point in points]
    assert all(task.parameters == {**GIVEN, **task.point} for task in tasks)
    assert len({task.name for task in tasks}) == 16
    assert tasks[0].name == "91_made.1.ipynb"


def test_without_a_grid_a_copy_keeps_its_name(path):
    (task,) = plan([path], GIVEN)
    assert (task.name, task.point, task.parameters) == ("91_made.ipynb", None, GIVEN)


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"n_trial": [20]}, "unknown parameter 'n_trial'; did you mean 'n_trials'"),
        ({"n_trials": ["twenty"]}, "'n_trials' takes int, not 'twenty'"),
        ({"n_trials": [20, 2.5]}, "takes int, not 2.5"),
        ({"n_trials": [True]}, "takes int, not True"),
        ({"rate": ["1e-3"]}, "takes float, not '1e-3'"),
        ({"strict": [1]}, "takes bool, not 1"),
        ({"model_id": [3]}, "takes str, not 3"),
        ({"profile": ["ci", "sudy"]}, "Did you mean 'study'"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused_before_anything_runs(path, axes, said):
    with pytest.raises(UsageError, match=said):
        plan([path], GIVEN, axes)


def test_the_notebook_that_does_not_fit_is_named(path, save):
    other = save("pass", name="92_other.ipynb")
    with pytest.raises(UsageError, match=r"does not fit 92_other.ipynb.*'n_trials'"):
        plan([path, other], GIVEN, {"n_trials": [1, 2]})


def test_a_whole_number_is_a_float_and_a_list_is_left_alone(path):
    assert len(plan([path], GIVEN, {"rate": [1, 0.5], "sizes": [[1], ["a"]]})) == 4


def test_two_notebooks_of_one_name_would_share_a_copy(path):
    with pytest.raises(UsageError, match=r"two notebooks are named 91_made\.ipynb"):
        plan([path, path.parent / "elsewhere" / path.name], GIVEN)


def test_a_point_reads_as_it_is_typed():
    assert point_text({"n_trials": 20, "model_id": "pocket"}) == "n_trials=20 model_id=pocket"
    assert point_text(None) == ""
