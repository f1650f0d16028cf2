"""The book: every notebook and question has its page, nothing comes from the network, faults end the build."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.runner import book
from workbook.runner.book_pages import claims_page, front, printed, question_page, topic_page
from workbook.runner.whiteboard import INK, PAGE, drawn, with_drawings
from workbook.study.bank import load_bank
from workbook.study.figures import measured
from workbook.study.question import TOPICS

LINK = re.compile(r'<(?:a|img|script|link)\b[^>]*?\b(?:href|src)="([^"]+)"')
LOADED = re.compile(
    r'<(?:img|script|iframe)\b[^>]*?\bsrc="([^"]+)"|<link\b[^>]*?\brel="stylesheet"[^>]*?href="([^"]+)"'
)
COLUMN = 736
"""Pixels that a page of the book has for a figure."""
FIGURE = 'flowchart LR\na["one"]\nb["two"]\na -->|then| b'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("book") / "site"
    out.mkdir()
    (out / "left.html").write_text("of the last time")
    assert book.make_book(out) == out / "index.html"
    return out


@pytest.mark.slow
class TestSite:
    def test_every_notebook_and_question_has_a_page(self, site):
        for path in (repo_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"):
            assert (site / "notebooks" / f"{path.stem}.html").is_file()
        for id, question in load_bank().items():
            page = html.unescape((site / "questions" / f"{id}.html").read_text())
            assert f"<title>{question.question.replace('`', '')}" in page

    def test_nothing_is_loaded_from_the_network(self, site):
        for page in site.rglob("*.html"):
            loaded = ["".join(found) for found in LOADED.findall(page.read_text())]
            assert not [address for address in loaded if "//" in address], page.name
        for style in site.rglob("*.css"):
            assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", style.read_text()), style.name

    def test_every_link_inside_leads_somewhere(self, site):
        for page in site.rglob("*.html"):
            for address in LINK.findall(page.read_text()):
                path = unquote(address.split("#")[0].split("?")[0])
                if path and not re.match(r"[a-z]+:|//", path):
                    assert (page.parent / path).exists(), f"{page.name}: {address}"

    def test_the_search_knows_words_of_notebooks_and_questions(self, site):
        index = (site / "searchindex.js").read_text()
        assert "idempot" in index
        assert "questions/01.automata" in index
        assert "notebooks/01_grammars_vs_prompting" in index

    def test_outputs_are_shown_and_figures_drawn(self, site):
        page = (site / "notebooks" / "01_grammars_vs_prompting.html").read_text()
        assert page.count("<svg") + page.count("<img") > 3
        whiteboards = [one.id for one in load_bank().values() if one.whiteboard]
        assert all(INK in (site / "questions" / f"{id}.html").read_text() for id in whiteboards)

    def test_long_lines_of_code_are_wrapped(self, site):
        assert book.STYLE in (site / "_static" / "book.css").read_text()
        assert "_static/book.css" in (site / "notebooks" / "01_grammars_vs_prompting.html").read_text()

    def test_it_takes_the_place_of_the_last_one(self, site):
        assert not (site / "left.html").exists()
        assert [path.name for path in site.parent.iterdir()] == [site.name]


@pytest.mark.slow
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text("# A page\n\nSee [another](missing.md).\n")
    with pytest.raises(WorkbookError, match="missing"):
        book.build(source, tmp_path / "out")


class TestPages:
    def test_a_topic_lists_its_questions_without_their_answers(self):
        (one, *_) = load_bank().values()
        page = topic_page(one.topic, [one])
        assert f"[{one.question}]({one.id}.md)" in page
        assert one.short[:40] not in page

    def test_a_question_links_its_notebook_when_it_is_there(self):
        (one, *_) = load_bank().values()
        assert f"](../notebooks/{one.notebook}.ipynb)" in question_page(one, measured(), {one.notebook})
        assert "(planned)" in question_page(one, measured(), ())

    def test_no_number_is_left_to_fill_in(self):
        rows = measured()
        assert not [one.id for one in load_bank().values() if "{claim:" in question_page(one, rows, ())]

    def test_a_claim_names_its_notebook_by_number(self):
        assert "| [01](notebooks/01_grammars_vs_prompting.ipynb) |" in claims_page(
            measured(), {"01_grammars_vs_prompting"}
        )

    def test_every_claim_is_a_row(self):
        rows = measured()
        lines = claims_page(rows, ()).splitlines()
        assert len([line for line in lines if line.startswith("| ")]) == len(rows) + 1
        assert {line.count("|") for line in lines if line.startswith("|")} == {7}

    def test_the_front_page_ends_before_the_commands(self):
        page = front("# Title\n\nWhat it is.\n\n## Two commands\n\nmake lab", ["notebooks/01"], ["questions/loops"], [])
        assert "What it is." in page
        assert "notebooks/01" in page
        assert "make lab" not in page

    def test_a_front_page_without_that_heading_is_refused(self):
        with pytest.raises(WorkbookError, match="Two commands"):
            front("# Title", [], [], [])

    def test_print_shows_tags_of_the_text_and_draws_figures(self):
        drawn_one = next(one for one in load_bank().values() if one.whiteboard)
        page = printed({drawn_one.topic: [drawn_one]}, measured())
        assert "<svg" in page
        assert "FIGURE-" not in page
        assert page.count("<h1>") == 1

    def test_every_question_is_printed_once(self):
        asked = book.by_topic(load_bank().values())
        assert list(asked) == list(TOPICS)
        assert sum(map(len, asked.values())) == len(load_bank())


class TestWhiteboard:
    def test_it_is_an_svg_for_light_and_dark(self):
        svg = drawn(FIGURE)
        assert svg.startswith("<svg")
        assert all(part in svg for part in (INK, "one", "then"))
        assert "<script" not in svg

    def test_it_fits_a_column_and_its_labels_stand_on_the_page(self):
        for one in load_bank().values():
            if one.whiteboard:
                svg = drawn(one.whiteboard)
                width = float(re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+)', svg)[1])
                assert width <= COLUMN, one.id
                assert re.search(rf"\.edgeLabel \.labelBkg[^}}]*{re.escape(PAGE)}", svg), one.id
                assert re.search(r"foreignObject\{overflow:visible", svg), one.id

    def test_what_mermaid_cannot_read_is_an_error(self):
        with pytest.raises(WorkbookError, match="flowchart LR"):
            drawn("flowchart LR\na -->")

    def test_only_figures_are_drawn(self):
        text = f"before\n\n```mermaid\n{FIGURE}\n```\n\n```python\nafter\n```"
        shown = with_drawings(text, lambda svg: "HERE")
        assert shown == "before\n\nHERE\n\n```python\nafter\n```"


class TestPrinting:
    def test_without_a_browser_it_says_what_was_looked_for(self, tmp_path, monkeypatch):
        monkeypatch.setattr("shutil.which", lambda name: None)
        with pytest.raises(WorkbookError, match="chromium"):
            book.print_bank(tmp_path / "bank.pdf")

    def test_a_browser_that_prints_nothing_is_an_error(self, tmp_path, monkeypatch):
        monkeypatch.setattr("shutil.which", lambda name: "/nowhere/chromium")
        monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 3))
        with pytest.raises(WorkbookError, match="status 3"):
            book.print_bank(tmp_path / "bank.pdf")

    def test_it_takes_what_the_browser_printed(self, tmp_path, monkeypatch):
        def browser(command, **_):
            Path(next(word for word in command if word.startswith("--print-to-pdf=")).split("=")[1]).write_bytes(
                b"%PDF"
            )
            assert Path(command[-1].removeprefix("file://")).read_text().startswith("<!doctype html>")
            return subprocess.CompletedProcess(command, 0)

        monkeypatch.setattr("shutil.which", lambda name: "/nowhere/chromium")
        monkeypatch.setattr(subprocess, "run", browser)
        assert book.print_bank(tmp_path / "deep" / "bank.pdf").read_bytes() == b"%PDF"
