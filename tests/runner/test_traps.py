"""What papermill lets pass, or does in its own way, seen to be an error here: each with a bad notebook."""

from __future__ import annotations

import nbformat
import pytest

from workbook.runner.notebooks import problems

pytestmark = pytest.mark.slow


def only(report):
    (notebook,) = report.notebooks
    return notebook


def test_a_good_notebook_passes(run):
    """The other tests here mean something only if this one passes."""
    notebook = only(run("total = 1 + 1", "assert (total, profile) == (2, 'ci')"))
    assert (notebook.status, notebook.error) == ("ok", None)
    assert notebook.seconds > 0
    assert notebook.peak_mib > 10


def test_a_cell_that_raises_fails_and_is_shown(run):
    notebook = only(run("x = 1", "x / 0", "print('never')"))
    assert notebook.status == "failed"
    assert notebook.error == "ZeroDivisionError: division by zero"
    assert notebook.cell == "x / 0"


def test_raises_exception_is_refused(run):
    notebook = only(run("1 / 0", tags={0: "raises-exception"}))
    assert notebook.status == "failed"
    assert "raises-exception" in notebook.error


def test_skip_execution_is_refused(run):
    assert "skip-execution" in only(run("1 / 0", tags={0: "skip-execution"})).error


def test_the_working_directory_is_the_one_that_was_chosen(run, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = "from pathlib import Path\nassert Path.cwd().name == 'elsewhere', Path.cwd()"
    assert only(run(source, options={"cwd": elsewhere})).error is None


def test_an_unknown_parameter_is_an_error_that_names_the_nearest(run):
    notebook = only(run("pass", options={"parameters": {"profil": "ci"}}))
    assert notebook.status == "failed"
    assert "unknown parameter 'profil'; did you mean 'profile'?" in notebook.error


def test_a_missing_parameters_cell_is_an_error(run):
    assert "no cell is tagged 'parameters'" in only(run("x = 1", parameters=None)).error


def test_two_parameters_cells_are_an_error(run):
    assert "2 cells are tagged 'parameters'" in only(run("x = 1", tags={0: "parameters"})).error


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('profile = "study"  # a profile', "needs an annotation"),
        ('profile: str = "study"', "needs a comment"),
        ("profile: str  # no value", "needs an annotation"),
        ("import os", "needs an annotation"),
        ("profile: str = (", "is not Python"),
    ],
)
def test_a_parameter_that_papermill_would_misread_is_an_error(run, cell, said):
    notebook = only(run("x = 1", parameters=cell))
    assert notebook.status == "failed"
    assert said in notebook.error


@pytest.mark.parametrize("leave", ["import sys\nsys.exit(0)", "raise SystemExit"])
def test_leaving_early_is_not_success(run, leave):
    notebook = only(run(leave, "print('never')"))
    assert notebook.status == "failed"
    assert "never ran" in notebook.error
    assert notebook.cell == leave


def test_leaving_by_exit_is_not_success(run):
    notebook = only(run("exit()", "import time\ntime.sleep(2)", "print('never')"))
    assert notebook.status == "failed", notebook


def test_leaving_in_the_last_cell_is_not_success_either(run):
    assert only(run("x = 1", "import sys\nsys.exit(0)")).status == "failed"


def test_a_kernel_that_dies_leaves_its_partial_output(run, tmp_path):
    notebook = only(run("print('shown before')", "import os\nos._exit(1)", "print('never')"))
    assert notebook.status == "failed"
    assert "os._exit(1)" in notebook.cell
    copy = nbformat.read(tmp_path / "out" / "90_made.ipynb", as_version=4)
    texts = [output.get("text", "") for cell in copy.cells for output in cell.get("outputs", [])]
    assert "shown before\n" in texts
    assert "shown before" in (tmp_path / "out" / "90_made.html").read_text()


def test_a_cell_that_takes_too_long_is_stopped(run):
    notebook = only(run("import time\ntime.sleep(60)", options={"cell_timeout": 1}))
    assert notebook.status == "failed"
    assert "Timeout" in notebook.error
    assert notebook.seconds < 50


def test_the_kernel_knows_that_nobody_watches(run):
    source = "import os\nassert os.environ['WORKBOOK_UNATTENDED'] == '1' and os.environ['WORKBOOK_PROFILE'] == 'ci'"
    assert only(run(source)).error is None


def test_the_kernel_is_this_python(run):
    import sys

    assert only(run(f"import sys\nassert sys.prefix == {sys.prefix!r}, sys.prefix")).error is None


def test_parameters_arrive_with_their_types(run):
    cell = 'profile: str = "study"  # which\nmodel_id: str = "pocket"  # which\nn_trials: int = 60  # calls per arm\n'
    parameters = {"n_trials": 3}
    source = "assert (n_trials, profile, model_id) == (3, 'ci', 'pocket')"
    assert only(run(source, parameters=cell, options={"parameters": parameters})).error is None


def test_braces_in_the_folder_are_no_template(save, tmp_path):
    from workbook.runner import run_notebooks

    out = tmp_path / "with {braces}"
    report = run_notebooks([save("x = 1")], "ci", out=out, cwd=tmp_path)
    assert report.ok, report.notebooks
    assert (out / "90_made.ipynb").is_file()


def test_checks_find_every_problem_at_once(save):
    notebook = nbformat.read(save("x", parameters="a = 1", tags={0: "raises-exception"}), as_version=4)
    found = problems(notebook, {"b": 1})
    assert len(found) == 3, found
