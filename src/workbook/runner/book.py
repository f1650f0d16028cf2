"""The book: the executed notebooks, the questions, the claims and the course's pages as a site that needs no server.

``make_book`` lays the sources out as the repository does, so that their links hold, and lets Sphinx build them: a
search that works from a file, light and dark, nothing from the network. ``print_bank`` makes a PDF of the questions.
Every warning is an error: a link that leads nowhere ends the build. Leaves out what stands on the pages
(``book_pages``); notebooks are taken as they lie, with the outputs that they were committed with.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import aside
from workbook.core.settings import repo_root
from workbook.runner.book_pages import claims_page, front, printed, question_page, topic_page
from workbook.study.bank import load_bank, of_topic
from workbook.study.figures import measured
from workbook.study.question import TOPICS, Question

CARD = Path("data", "models", "pocket", "README.md")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PRINTING_SECONDS = 180
STYLE = """\
pre { white-space: pre-wrap; } /* a page is a column: the end of a long line would be out of sight */
table.dataframe { border: 0; border-collapse: collapse; }
table.dataframe :is(td, th) { border: 0; border-bottom: 1px solid var(--color-table-border); padding: .2em .8em; }
"""
SETTINGS: dict[str, Any] = {
    "project": "The function-calling workbook",
    "html_title": "The function-calling workbook",
    "extensions": ["myst_nb"],
    "html_theme": "furo",
    "nb_execution_mode": "off",
    "nb_render_markdown_format": "myst",  # links in outputs become links of the book, too
    "myst_heading_anchors": 3,
    "smartquotes": False,
    "html_copy_source": False,
    "html_show_search_summary": False,  # it would fetch the pages, which a browser forbids to a page from a file
    "html_show_sphinx": False,
    "html_show_copyright": False,  # the licence is Apache's, and stands in the repository
    "html_static_path": ["_static"],
    "html_css_files": ["book.css"],
    # Results and checks carry a type of our own beside what a reader sees.
    "suppress_warnings": ["mystnb.unknown_mime_type"],
}


def make_book(out: Path) -> Path:
    """Build the site into the folder ``out``, in one step; returns its first page.

    Raises ``WorkbookError`` with Sphinx's own words when a page or a link is at fault; ``out`` is then as before.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "source"), Path(folder, "built")
        lay_out(repo_root(), source)
        build(source, built)
        _swap(built, out)
    return out / "index.html"


def lay_out(root: Path, folder: Path) -> None:
    """Write everything that the book is made of into ``folder``, as the repository holds it."""
    bank, rows = load_bank(), measured()
    notebooks = _copied(sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")), root, folder)
    pages = _copied(sorted((root / "course").glob("*.md")), root, folder)
    _copied(
        [root / "data" / "models" / "pocket" / "README.md", *(root / "course" / "pictures").iterdir()], root, folder
    )
    asked = {topic: of_topic(bank, topic) for topic in TOPICS}
    texts = {f"questions/{topic}.md": topic_page(topic, asked[topic]) for topic in TOPICS}
    there = {Path(name).stem for name in notebooks}
    texts |= {f"questions/{one.id}.md": question_page(one, rows, there) for one in bank.values()}
    texts["claims.md"] = claims_page(rows, there)
    readme = (root / "README.md").read_text(encoding="utf-8")
    others = ["claims", *pages, str(CARD.with_suffix(""))]
    texts["index.md"] = front(readme, notebooks, (f"questions/{topic}" for topic in TOPICS), others)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def build(source: Path, out: Path) -> None:
    """Let Sphinx make a site of the folder ``source``. Raises ``WorkbookError`` with all that it finds fault with."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.console import nocolor

    nocolor()
    said = io.StringIO()
    (source / "_static").mkdir(exist_ok=True)
    (source / "_static" / "book.css").write_text(STYLE, encoding="utf-8")
    try:
        Sphinx(source, None, out, out / ".trees", "html", SETTINGS, status=None, warning=said).build()
    except SphinxError as error:
        raise WorkbookError(f"the book could not be built: {error}", "Mend the page that it names.") from error
    shutil.rmtree(out / ".trees")
    if said.getvalue().strip():
        raise WorkbookError(f"the book has faults:\n{said.getvalue().strip()}", "Mend the pages that it names.")


def print_bank(out: Path) -> Path:
    """Print every question with its answers into the PDF ``out``, by a browser without a window.

    Raises ``WorkbookError`` where there is none, or where it prints nothing.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise WorkbookError(
            f"no browser to print with (looked for {', '.join(BROWSERS)})", "make system-deps gets one."
        )
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = Path(folder, "bank.html"), Path(folder, "bank.pdf")
        page.write_text(printed(by_topic(load_bank().values()), measured()), encoding="utf-8")
        flags = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        # A page of our own, without scripts: where root prints, the browser's sandbox must stay off.
        unboxed = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, *flags, *unboxed, f"--print-to-pdf={pdf}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=PRINTING_SECONDS, check=False)
        if not pdf.is_file():
            raise WorkbookError(f"{browser} printed nothing (status {done.returncode})", "Does it start by itself?")
        out.parent.mkdir(parents=True, exist_ok=True)
        with aside(out) as part:
            shutil.move(pdf, part)
    return out


def by_topic(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """The questions under their topics, in the order of the topics."""
    found: dict[str, list[Question]] = {topic: [] for topic in TOPICS}
    for one in questions:
        found[one.topic].append(one)
    return found


def _copied(paths: Iterable[Path], root: Path, folder: Path) -> list[str]:
    """Copy files to the same place under ``folder``; gives their names there, without the suffix."""
    names = []
    for path in paths:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        names.append(str(path.relative_to(root).with_suffix("")))
    return names


def _swap(built: Path, out: Path) -> None:
    """Put the finished folder in the place of the old one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside, old = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.old")
    for left in (aside, old):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(built, aside)
    if out.exists():
        out.rename(old)
    aside.rename(out)
    shutil.rmtree(old, ignore_errors=True)
