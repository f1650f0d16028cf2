"""The template for a topic of one's own runs, has the parts that a notebook has, and the page on it tells the truth."""

from __future__ import annotations

import re

import nbformat
import pytest

from workbook.core.settings import repo_root
from workbook.runner import run_notebooks
from workbook.runner.notebooks import problems
from workbook.runner.slides import slides_of

ROOT = repo_root()
TEMPLATE = ROOT / "course" / "template.ipynb"
PAGE = (ROOT / "course" / "contributing.md").read_text(encoding="utf-8")
PARTS = ["Predict", "Mechanism", "Experiment", "Where it breaks", "Exercises", "In the interview"]


def test_its_parameters_and_tags_are_sound():
    assert problems(nbformat.read(TEMPLATE, as_version=4), {"profile": "ci", "n_tasks": 2}) == []


def test_it_has_the_parts_of_a_notebook_in_their_order():
    texts = [cell.source for cell in nbformat.read(TEMPLATE, as_version=4).cells if cell.cell_type == "markdown"]
    titles = re.findall(r"^## (.+)$", "\n".join(texts), re.MULTILINE)
    assert [title.split(":")[0] for title in titles] == PARTS


def test_it_is_shipped_without_outputs():
    assert not [cell for cell in nbformat.read(TEMPLATE, as_version=4).cells if cell.get("outputs")]


@pytest.mark.notebook
@pytest.mark.slow
def test_it_runs_and_gives_slides(tmp_path, monkeypatch, pocket):
    monkeypatch.setenv("WORKBOOK_LEDGER", str(tmp_path / "ledger.jsonl"))
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "home"))
    (run,) = run_notebooks([TEMPLATE], "ci", out=tmp_path, parameters={"n_tasks": 2}).notebooks
    assert run.status == "ok", f"{run.error}\n{run.cell}"
    titles = [slide.title for slide in slides_of(nbformat.read(run.output, as_version=4))]
    assert titles[:2] == ["Does it matter which tool is shown first?", "What do you expect?"]
    assert "In 30 seconds" in titles


def test_the_page_names_the_template_and_folders_that_are_there():
    named = {path for path in re.findall(r"`((?:course|src|notebooks)/[\w/.]+)`", PAGE) if "NN_" not in path}
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert f"cp {TEMPLATE.relative_to(ROOT)} " in PAGE
