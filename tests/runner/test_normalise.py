"""What is committed: the sources as they were, the outputs without machine, time and widget state."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest

from workbook.core.settings import repo_root
from workbook.runner.commit import write_back
from workbook.runner.normalise import committed_form, replacer


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"{repo_root()}/src/workbook/core/chat.py", "./src/workbook/core/chat.py"),
        (f"{sys.prefix}/lib/x.py", "<environment>/lib/x.py"),
        (f"see {Path.home()}/notes", "see ~/notes"),
        ("<function f at 0x7f3a5c0b1d00>", "<function f at 0x…>"),
        ("on 2026-03-04 at 2026-03-04T10:11:12.5Z", "on 2026-03-04 at 2026-03-04"),
        ("File /tmp/ipykernel_4242/117.py:3", "File <cell>:3"),
        ("0xff is 255; 12:30 is a time of lunch; /usr/bin", "0xff is 255; 12:30 is a time of lunch; /usr/bin"),
    ],
)
def test_what_tells_of_the_machine_goes_and_nothing_else(text, clean):
    assert replacer()(text) == clean


def test_a_path_that_only_begins_like_ours_stays():
    assert replacer()(f"{repo_root()}-other/x") == f"{repo_root()}-other/x"


@pytest.fixture
def executed(run, save, tmp_path):
    """A notebook with a plot's worth of noise, run; gives the original's path and the copy's."""
    noise = (
        "import os, sys\n"
        "from IPython.display import display\n"
        "print(os.getcwd(), object())\n"
        "print('\\r50 %\\r100 %', file=sys.stderr)\n"
        "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}, 'text/plain': 'still'}, raw=True)"
    )
    cells = (noise, "40 + 2")
    assert run(*cells).ok
    return tmp_path / "90_made.ipynb", tmp_path / "out" / "90_made.ipynb"


@pytest.mark.slow
def test_a_notebook_is_written_back_clean(executed):
    original, copy = executed
    before = nbformat.read(original, as_version=4)
    write_back(copy, original)
    after = nbformat.read(original, as_version=4)
    assert [c.source for c in after.cells] == [c.source for c in before.cells]
    assert [c.id for c in after.cells] == [c.id for c in before.cells]
    assert [c.execution_count for c in after.cells] == [1, 2, 3]
    assert after.cells[2].outputs[0].execution_count == 3
    text = json.dumps([cell.get("outputs") for cell in after.cells]) + json.dumps(after.metadata)
    for trace in (str(original.parent), "papermill", "widget-view", "\\r100", "0x7", "injected"):
        assert trace not in text
    assert "still" in text


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes(executed, run):
    original, copy = executed
    source = nbformat.read(original, as_version=4)
    first = committed_form(nbformat.read(copy, as_version=4), source)
    nbformat.write(source, original)
    from workbook.runner import run_notebooks

    assert run_notebooks([original], "ci", out=copy.parent, cwd=original.parent).ok
    assert committed_form(nbformat.read(copy, as_version=4), source) == first


@pytest.mark.slow
def test_another_notebooks_outputs_are_refused(executed, save):
    _, copy = executed
    other = save("something = 'else'", name="94_other.ipynb")
    with pytest.raises(ValueError, match="other cells"):
        write_back(copy, other)
