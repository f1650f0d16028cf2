"""The pages of the book that no file holds: front page, questions by topic, claims; and the questions for print.

Each function gives a page as text: MyST Markdown for the book, HTML for print. Numbers of ours come from the ledger.
Leaves out which files the book is made of, and the building (``book``).
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.lab.ledger import row_interval
from workbook.lab.units import show_interval
from workbook.runner.whiteboard import with_drawings
from workbook.study.figures import Rows
from workbook.study.question import TOPICS, Question
from workbook.study.question_page import as_html, page

BEGINNING = "## Two commands"
"""Where the front page of the repository turns from what this is to how it is installed."""
PRINT_STYLE = """
@page { size: A4; margin: 18mm 16mm; }
body { font: 10.5pt/1.45 Georgia, serif; color: #111; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.2; break-after: avoid; }
h1 { break-before: page; font-size: 20pt; } h1:first-of-type { break-before: auto; }
h2 { border-top: 1px solid #999; margin-top: 2em; padding-top: .7em; font-size: 13pt; } h3 { font-size: 10.5pt; }
li, pre, svg { break-inside: avoid; } svg { height: auto; max-width: 100%; max-height: 180mm; }
svg { font-family: system-ui, sans-serif; }
pre, code { font: 9pt ui-monospace, monospace; white-space: pre-wrap; } .soft { color: #555; }
"""


def front(readme: str, notebooks: Iterable[str], topics: Iterable[str], others: Iterable[str]) -> str:
    """The first page: what this is, in the words of the repository's own, and the contents.

    Raises ``WorkbookError`` where the README's heading that ends them is missing.
    """
    if BEGINNING not in readme:
        raise WorkbookError(
            f"README.md has no heading {BEGINNING!r}", "The book's first page is what stands before it."
        )
    parts = (("The notebooks", notebooks), ("An interviewer's questions", topics), ("Beside them", others))
    return "\n\n".join([readme.split(BEGINNING)[0].rstrip(), *(_contents(title, pages) for title, pages in parts)])


def topic_page(topic: str, questions: Iterable[Question]) -> str:
    """The questions of a topic as a list, without their answers: try each before you turn to it."""
    asked = list(questions)
    listed = "\n".join(f"- [{one.question}]({one.id}.md) *{one.level}*" for one in asked)
    hidden = "\n".join(one.id for one in asked)
    return f"# {_title(topic)}\n\n{listed}\n\n```{{toctree}}\n:hidden:\n\n{hidden}\n```\n"


def question_page(question: Question, rows: Rows, there: Collection[str]) -> str:
    """One question with everything that belongs to it; ``there`` holds the notebooks that exist."""
    about = (
        f"*{_title(question.topic)}, {question.level}.* The experiment: {_notebook(question.notebook, '../', there)}."
    )
    body = with_drawings(page(question, rows), lambda svg: f"```{{raw}} html\n{svg}\n```")
    return f"# {question.question}\n\n{about}\n\n{body.replace('### ', '## ')}\n"


def claims_page(rows: Rows, there: Collection[str]) -> str:
    """Every claim with what was measured; ``there`` holds the notebooks that exist."""
    lines = ["| claim | measured | n | model | verdict | notebook |", "|---|---|---|---|---|---|"]
    return "\n".join(["# Claims and verdicts", "", *lines, *(_claim(row, there) for row in rows.values())]) + "\n"


def printed(by_topic: Mapping[str, Iterable[Question]], rows: Rows) -> str:
    """The whole bank as one HTML page for a printer."""
    parts = []
    for topic, questions in by_topic.items():
        parts.append(f"<h1>{html.escape(_title(topic))}</h1>")
        for one in questions:
            parts.append(f"<h2>{html.escape(one.question)} <span class='soft'>{one.level}</span></h2>")
            parts.append(_printed(page(one, rows)))
    head = f"<meta charset='utf-8'><title>Questions on agents and function calling</title><style>{PRINT_STYLE}</style>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>"


def _printed(markdown: str) -> str:
    """A page's Markdown as HTML, its figures put in afterwards: tags in the text are shown, not obeyed."""
    figures: list[str] = []

    def keep(svg: str) -> str:
        figures.append(svg)
        return f"\n\nFIGURE-{len(figures) - 1}-HERE\n\n"

    body = as_html(with_drawings(markdown, keep))
    for number, svg in enumerate(figures):
        body = body.replace(f"<p>FIGURE-{number}-HERE</p>", svg)
    return body


def _contents(title: str, pages: Iterable[str]) -> str:
    listed = "\n".join(pages)
    return f"```{{toctree}}\n:caption: {title}\n:maxdepth: 1\n\n{listed}\n```"


def _claim(row: Mapping[str, Any], there: Collection[str]) -> str:
    measured = "–"
    if row["estimate"] is not None and row["n"] is not None:
        measured = show_interval(row_interval(row), row["unit"])
    notebook = _notebook(row["notebook"], "", there, row["notebook"][:2])
    cells = (row["claim"], measured, row["n"] or "–", row["model"] or "–", row["verdict"] or row["kind"], notebook)
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"


def _notebook(name: str, up: str, there: Collection[str], shown: str = "") -> str:
    return f"[{shown or name}]({up}notebooks/{name}.ipynb)" if name in there else f"{shown or name} (planned)"


def _title(topic: str) -> str:
    return TOPICS[topic][0].upper() + TOPICS[topic][1:]
