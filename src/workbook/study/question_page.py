"""A question of the bank as Markdown: for a notebook, the book and the print version alike.

Numbers of ours are filled in from the ledger here (``figures``). Leaves out the drills.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbook.study.bank import find_question
from workbook.study.card import Card
from workbook.study.figures import Rows, filled, measured
from workbook.study.question import RECKONED, FollowUp, Question


def show_question(id: str) -> Card:
    """The whole of a question, its answers folded, so that scrolling spoils nothing."""
    question = find_question(id)
    return Card(question.question, page(question, measured()), folded=True)


def page(question: Question, rows: Rows) -> str:
    """Everything but the question itself: answers, whiteboard, what comes next, rubric, red flags, sources."""
    parts = [
        ("In 30 seconds", question.short),
        ("In 3 minutes", question.long),
        ("At the whiteboard", f"```mermaid\n{question.whiteboard}\n```" if question.whiteboard else ""),
        ("They will ask next", "\n".join(_tree(question.follow_ups))),
        ("Red flags", "\n".join(f"- {flag}" for flag in question.red_flags)),
        ("Rubric", "\n".join(f"- {point.points}: {point.what}" for point in question.rubric)),
    ]
    body = "\n\n".join(f"### {title}\n\n{text}" for title, text in parts if text)
    listed = sources(question, body)
    return filled(f"{body}\n\n### Sources\n\n{listed}" if listed else body, rows)


def sources(question: Question, text: str) -> str:
    """The list that the keys in brackets in ``text`` point to."""
    known = {**question.sources, RECKONED: "arithmetic, or a value for the example; not a measurement"}
    return "\n".join(f"- [{key}] {what}" for key, what in known.items() if f"[{key}]" in text)


def as_html(markdown: str) -> str:
    """Markdown as HTML, for a form or a card; tags in it are shown, not obeyed."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).render(markdown))


def _tree(follow_ups: Iterable[FollowUp], depth: int = 0) -> list[str]:
    lines = []
    for one in follow_ups:
        answer = one.answer or f"See “{find_question(one.see).question}”"
        lines += [f"{'  ' * depth}- *{one.ask}* {answer}", *_tree(one.then, depth + 1)]
    return lines
