"""A round of the quiz: what to ask now, an answer graded and remembered, and the sum at the end.

What is due comes first, then what was never asked, drawn by a seed; then what comes due next. The terminal and the form
in a notebook are two faces of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.bank import load_bank, of_topic
from workbook.study.drill import Drill, Graded
from workbook.study.drills import drills
from workbook.study.figures import measured
from workbook.study.progress import Progress, Review
from workbook.study.question import TOPICS
from workbook.study.schedule import due_at, next_row


@dataclass(frozen=True)
class Answered:
    """A drill of this round, and how it went."""

    drill: Drill
    graded: Graded


def round_of(
    topic: str | None = None, n: int = 10, seed: int | None = None, now: datetime | None = None
) -> list[Drill]:
    """``n`` drills to ask now, of one topic or of all; without a seed another draw each time.

    Raises ``UsageError`` for less than one, and for an unknown topic.
    """
    if n < 1:
        raise UsageError(f"a round of {n} questions", "Ask for at least one.")
    bank = load_bank()
    of_topic(bank, topic)  # an unknown topic names the nearest
    asked = [drill for drill in drills(bank, measured()) if topic in (None, drill.topic)]
    return chosen(asked, progress.current().cards(), n, Random(seed), datetime.now(UTC))


def chosen(
    asked: Sequence[Drill], rows: Mapping[str, Mapping[str, Any]], n: int, draw: Random, now: datetime
) -> list[Drill]:
    """The first ``n``: due ones, the longest overdue first; new ones in a drawn order; then the next ones due."""
    known = sorted((drill for drill in asked if drill.id in rows), key=lambda drill: due_at(rows[drill.id]))
    new = [drill for drill in asked if drill.id not in rows]
    draw.shuffle(new)
    due = [drill for drill in known if due_at(rows[drill.id]) <= now]
    return [*due, *new, *known[len(due) :]][:n]


def answer(drill: Drill, given: Any, store: Progress | None = None, now: datetime | None = None) -> Graded:
    """Grade ``given`` (None: does not know), remember it, and find the day on which to ask again."""
    graded = drill.give_up() if given is None else drill.grade(given)
    now = now or datetime.now(UTC)
    review = Review(drill.id, now.isoformat(), graded.score, graded.confidence, graded.hit)
    (store or progress.current()).review(review, lambda row: next_row(row, graded.score, now))
    return graded


def summary(answered: Sequence[Answered], reviews: Sequence[Review] = ()) -> str:
    """The score of a round by topic, and how honest all confidences so far were, in Markdown."""
    if not answered:
        return "Nothing was answered."
    total = sum(one.graded.score for one in answered)
    lines = [f"**{total:.1f} of {len(answered)} points.**", ""]
    for topic in TOPICS:
        mine = [one.graded.score for one in answered if one.drill.topic == topic]
        if mine:
            lines.append(f"- {TOPICS[topic]}: {sum(mine):.1f} of {len(mine)}")
    return "\n".join([*lines, *calibration(reviews)])


def calibration(reviews: Sequence[Review]) -> list[str]:
    """One line on the confidences stated so far, once there are five: how sure, and how often near enough."""
    stated = [(review.confidence, bool(review.hit)) for review in reviews if review.confidence is not None]
    if len(stated) < 5:
        return []
    sure, hit = (sum(column) / len(stated) for column in zip(*stated, strict=True))
    return ["", f"Over {len(stated)} predictions you were {sure:.0%} sure, and near enough in {hit:.0%}."]
