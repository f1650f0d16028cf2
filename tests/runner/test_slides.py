"""Slides: which cells become one, in which order, and a deck that asks nothing of the network."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.lab.record import MIME
from workbook.runner.slide_pieces import OPENING, opening, pieces
from workbook.runner.slides import make_slides, slides_of

NOTEBOOKS = sorted((repo_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
OPENED = "# 90 · Toys\n\n**The question: do toys fit?**\n\nThey do.\n\nThe notes say *always*.\n\n*Budget: a minute.*"
ASKED = "**Before you run on**\n\nHow many toys fit?\n\n*No guess given. The scale runs from 0 % to 100 %.*"
GUESS = (
    '<svg width="640" height="150"><text x="1">● Measured: 50 %</text><text x="1">◆ No guess given: go.</text></svg>'
)
RESULT = {"id": "q1.prompting_95", "claim": "Toys <b> fit.", "estimate": 0.5, "low": 0.3, "high": 0.7, "n": 20}


def ran(source, **data):
    kinds = {"md": "text/markdown", "svg": "image/svg+xml", "png": "image/png", "html": "text/html"}
    shown = {kinds.get(kind, MIME): content for kind, content in data.items()}
    return new_code_cell(source, outputs=[new_output("display_data", data=shown)])


@pytest.fixture
def notebook():
    return new_notebook(
        cells=[
            new_markdown_cell(OPENED),
            new_markdown_cell("## Predict\n\nThink of [a box](box.md)."),
            ran("predict('90.toys', 'How many toys fit?')", md=ASKED),
            new_markdown_cell("## Mechanism: a box\n\nA box has room."),
            ran("first = 1", svg='<svg width="90" height="200"></svg>'),
            ran("second = 2", svg="<svg>second</svg>"),
            new_markdown_cell("## Experiment: two boxes"),
            ran("interval_plot(rows)", png="QUJD"),
            ran("reveal('90.toys', found)", svg=GUESS),
            new_markdown_cell("### A table"),
            ran("rows", html="<table></table>"),
            new_markdown_cell("## Where it breaks\n\n### 1. A big toy\n\nIt is big."),
            ran("say('...')", md="Of 4 big toys 0 fit."),
            new_markdown_cell("### Exercise: fold it\n\nFold."),
            ran("check('90.fold', fold)", svg="<svg>exercise</svg>"),
            new_markdown_cell("## In the interview"),
            ran("record('q1.prompting_95', found)", html="<div></div>", result={**RESULT, "verdict": "fails"}),
            ran("say('...')", md="### In 30 seconds\n\n*Measure the box.*"),
            new_markdown_cell("### In 3 minutes\n\nMuch.\n\n### At the whiteboard"),
            ran("sketch(boxes)", svg="<svg>board</svg>"),
        ]
    )


def test_each_part_gives_what_belongs_on_a_slide_in_its_order(notebook):
    slides = slides_of(notebook)
    assert [slide.title for slide in slides] == [
        "Do toys fit?",
        "What do you expect?",
        "A box",
        "Experiment: two boxes",
        "And what did you expect?",
        "1. A big toy",
        "The verdicts",
        "In 30 seconds",
        "At the whiteboard",
    ]
    everything = "".join(slide.body for slide in slides)
    for left_out in ("They do.", "Budget", "second", "exercise", "Much.", "<table></table>", "Fold", "No guess"):
        assert left_out not in everything
    for kept in ("The notes say <em>always</em>", "<li>How many toys fit?</li>", "A box has room.", "Measured: 50 %"):
        assert kept in everything


def test_a_link_is_its_words_for_a_slide_leads_nowhere(notebook):
    predict = slides_of(notebook)[1]
    assert "Think of a box." in predict.body


def test_a_tall_picture_stands_beside_its_words(notebook):
    mechanism, plot = slides_of(notebook)[2:4]
    assert 'class="picture tall"' in mechanism.body
    assert 'class="picture"' in plot.body


def test_an_idea_that_is_not_drawn_is_shown_in_code(notebook):
    notebook.cells[4:6] = [new_code_cell("def fits(toy):\n    return toy < 3"), new_code_cell("fits(4)")]
    mechanism = slides_of(notebook)[2]
    assert "highlight" in mechanism.body
    assert "fits" in mechanism.body
    assert "4" not in mechanism.body


def test_what_breaks_is_shown_by_its_best_evidence(notebook):
    notebook.cells.insert(12, ran("interval_plot(big)", png="REVG"))
    broken = slides_of(notebook)[5]
    assert "REVG" in broken.body
    assert "Of 4 big toys" not in broken.body


def test_a_verdict_has_its_interval_and_its_n_and_text_stays_text(notebook):
    (verdicts,) = [slide for slide in slides_of(notebook) if slide.title == "The verdicts"]
    assert "✗ fails" in verdicts.body
    assert "50 % [30 %, 70 %], n = 20" in verdicts.body
    assert "Toys &lt;b&gt; fit." in verdicts.body


def test_an_opening_ends_with_a_sentence():
    sentence = "A sentence of some length that says nothing. "
    text = opening(sentence * 20)
    assert text.endswith("nothing.")
    assert len(sentence) < len(text) <= OPENING + 20
    assert opening("x" * 500 + ". More.") == "x" * 500 + "."


@pytest.mark.parametrize("cells", [[], [new_code_cell("1")], [new_markdown_cell("no title")]])
def test_what_is_no_notebook_of_this_kind_is_refused(cells):
    with pytest.raises(WorkbookError, match="title and its question"):
        slides_of(new_notebook(cells=cells))


def test_a_notebook_that_never_ran_is_refused(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    with pytest.raises(WorkbookError, match="without outputs"):
        slides_of(notebook)


def test_the_notebook_that_has_no_slides_is_named(tmp_path):
    path = tmp_path / "90_toys.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell(OPENED)]), path)
    with pytest.raises(WorkbookError, match=r"90_toys\.ipynb: a notebook without outputs"):
        make_slides([path], tmp_path / "slides")
    assert not list((tmp_path / "slides").iterdir())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_every_committed_notebook_has_its_slides(path):
    found = nbformat.read(path, as_version=4)
    slides = slides_of(found)
    titles = [slide.title for slide in slides]
    assert all(slide.title and (slide.body or slide is slides[0]) for slide in slides)
    assert len(slides) <= 25, "a deck is for one session"
    if path.stem[:2] != "00":
        assert {"What do you expect?", "In 30 seconds"} <= set(titles)
        assert any(slide.part == "Where it breaks" for slide in slides)
        assert ("The verdicts" in titles) == any(piece.kind == "verdict" for piece in pieces(found))


def test_a_deck_is_one_file_and_asks_nothing_of_the_network(tmp_path):
    made = make_slides(NOTEBOOKS[:2], tmp_path / "slides")
    assert sorted(path.name for path in made.parent.iterdir()) == [
        *(f"{p.stem}.html" for p in NOTEBOOKS[:2]),
        made.name,
    ]
    for path in NOTEBOOKS[:2]:
        page = made.with_name(f"{path.stem}.html").read_text()
        assert f'href="{path.stem}.html"' in made.read_text()
        assert "Reveal.initialize(" in page
        assert "sourceMappingURL" not in page
        loaded = re.findall(r"<(?:img|script|link|iframe)\b[^>]*?\b(?:src|href)=\"([^\"]+)", page.split("<script>")[0])
        assert [address[:40] for address in loaded if not address.startswith("data:")] == []
