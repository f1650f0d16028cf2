"""Several notebooks in one run: names, copies, the report, what stays when one fails."""

from __future__ import annotations

import re

import nbformat
import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.runner import run_notebooks
from workbook.runner.notebooks import find_notebooks


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here", "01_grammars_vs_prompting", "not_a_topic"):
        nbformat.write(nbformat.v4.new_notebook(), folder / f"{name}.ipynb")
    return folder


def stems(paths):
    return [path.stem for path in paths]


def test_without_names_all_topics_run(folder):
    assert stems(find_notebooks((), folder)) == ["00_start_here", "01_grammars_vs_prompting"]


@pytest.mark.parametrize(
    "name", ["01", "01_grammars_vs_prompting", "01_grammars_vs_prompting.ipynb", "notebooks/01_grammars_vs_prompting"]
)
def test_a_notebook_goes_by_several_names(folder, name):
    assert stems(find_notebooks([name], folder)) == ["01_grammars_vs_prompting"]


def test_a_path_elsewhere_is_taken_as_it_is(folder):
    assert stems(find_notebooks([str(folder / "not_a_topic.ipynb")], folder)) == ["not_a_topic"]


def test_an_unknown_notebook_names_the_nearest(folder):
    with pytest.raises(UsageError, match="Did you mean '01_grammars_vs_prompting'"):
        find_notebooks(["01_grammars_and_prompting"], folder)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(WorkbookError, match="there is no notebook"):
        find_notebooks((), tmp_path)


def test_an_unknown_profile_is_refused_before_anything_runs(save, tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'study'"):
        run_notebooks([save("x = 1")], "sudy", out=tmp_path / "out")


@pytest.fixture
def mixed(save, tmp_path):
    """A run of a bad notebook, one that is no notebook, and a good one."""
    broken = tmp_path / "92_broken.ipynb"
    broken.write_text("{]")
    paths = [save("print('<b>shown</b>')", "1 / 0", name="91_bad.ipynb"), broken, save("x = 1", name="93_good.ipynb")]
    told = []
    out = tmp_path / "out"
    report = run_notebooks(paths, "ci", out=out, cwd=tmp_path, listener=lambda *event: told.append(event))
    return report, out, told


@pytest.mark.slow
def test_one_failure_does_not_stop_the_others(mixed):
    report, _, told = mixed
    assert [run.status for run in report.notebooks] == ["failed", "failed", "ok"]
    assert not report.ok
    assert "is not a notebook" in report.notebooks[1].error
    good = [(done, total) for path, done, total in told if path.stem == "93_good"]
    assert good[-1] == (3, 3), "parameters, what was injected, one cell"
    assert good == sorted(good)


@pytest.mark.slow
def test_the_report_shows_failures_and_asks_no_server(mixed):
    _, out, _ = mixed
    index = (out / "index.html").read_text()
    assert "1 of 3 notebooks ran to the end" in index
    assert "ZeroDivisionError" in index
    assert "1 / 0" in index
    assert 'href="93_good.html"' in index
    for page in out.glob("*.html"):
        assert requests(page.read_text()) == []


def requests(page):
    """What a browser would fetch for this page."""
    return re.findall(r"""(?:src|href)=["'](https?:)?//[^"']+|@import|url\(""", page)


def test_the_check_for_requests_sees_one():
    assert requests('<script src="https://cdn.example/x.js">')


@pytest.mark.slow
def test_an_interrupted_run_leaves_what_it_had_shown(save, tmp_path):
    def interrupt(path, done, total):
        if done == 3:
            raise KeyboardInterrupt

    path = save("print('shown before')", "print('never')")
    with pytest.raises(KeyboardInterrupt):
        run_notebooks([path], "ci", out=tmp_path / "out", cwd=tmp_path, listener=interrupt)
    copy = nbformat.read(tmp_path / "out" / path.name, as_version=4)
    assert [cell.execution_count for cell in copy.cells] == [1, 2, 3, None]


@pytest.mark.slow
def test_nothing_half_written_stays(mixed):
    _, out, _ = mixed
    assert [path.name for path in out.iterdir() if "part" in path.name] == []
    assert sorted(path.name for path in out.glob("*.ipynb")) == ["91_bad.ipynb", "93_good.ipynb"]


@pytest.mark.slow
def test_the_document_keeps_its_contract(mixed):
    document = mixed[0].to_dict()
    assert {"profile", "model", "seconds", "notebooks"} <= set(document)
    for entry in document["notebooks"]:
        assert {"path", "status", "seconds", "peak_mib", "error"} <= set(entry)
        assert entry["status"] in ("ok", "failed")
        assert (entry["error"] is None) == (entry["status"] == "ok")
