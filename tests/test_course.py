"""The course's pages lead where they say, and name commands that are there; class copies hold no answers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from workbook.core.settings import repo_root

ROOT = repo_root()
PAGES = sorted((ROOT / "course").glob("*.md"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_links_lead_somewhere(page):
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in link]
    assert not [link for link in links if not (page.parent / link.split("#")[0]).is_file()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_it_tells_to_type_is_there(page):
    from typer.main import get_command

    from workbook.cli.main import app

    text = page.read_text()
    assert set(re.findall(r"`workbook ([a-z]+)", text)) <= set(get_command(app).commands)
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= TARGETS


def test_the_syllabus_uses_every_notebook():
    text = (ROOT / "course" / "syllabus.md").read_text()
    missing = [path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb") if path.name not in text]
    assert missing == []


def test_a_class_copy_has_neither_outputs_nor_solutions(tmp_path):
    """The very line of the Makefile, on one notebook."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    (line,) = re.findall(r"nbconvert (--to notebook .*?) --output-dir=runs/clean(.*?) notebooks/\*\.ipynb", makefile)
    flags = " ".join(line).replace("'", "").split()
    source = ROOT / "notebooks" / "01_grammars_vs_prompting.ipynb"
    before = source.read_bytes()
    subprocess.run(
        [sys.executable, "-m", "nbconvert", *flags, f"--output-dir={tmp_path}", str(source)], check=True, timeout=300
    )
    copy = nbformat.read(Path(tmp_path, source.name), as_version=4)
    assert not [cell for cell in copy.cells if cell.get("outputs") or cell.source.startswith("solution(")]
    assert [cell for cell in copy.cells if cell.source.startswith("check(")]
    assert source.read_bytes() == before, "the notebook itself stays as it was"
