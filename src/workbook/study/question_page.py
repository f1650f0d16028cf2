"""A question of the bank as Markdown: for a notebook, the book and the print version alike.

Numbers of ours are filled in from the ledger here (``figures``). Leaves out the drills.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbook.study.bank import find_question
from workbook.study.card import Card
from workbook.study.figures import Rows, filled, measured
from workbook.study.question import FollowUp, Question


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
        ("Sources", sources(question)),
    ]
    return filled("\n\n".join(f"### {title}\n\n{text}" for title, text in parts if text), rows)


def sources(question: Question) -> str:
    """The list that the keys in brackets point to."""
    return "\n".join(f"- [{key}] {text}" for key, text in question.sources.items())


def _tree(follow_ups: Iterable[FollowUp], depth: int = 0) -> list[str]:
    lines = []
    for one in follow_ups:
        answer = one.answer or f"See “{find_question(one.see).question}”"
        lines += [f"{'  ' * depth}- *{one.ask}* {answer}", *_tree(one.then, depth + 1)]
    return lines
