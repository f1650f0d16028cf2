"""When to ask again: the FSRS model of memory, from the scores of the answers so far.

A row of progress holds FSRS's own card, so that another program can read it. Leaves out where rows are kept
(``progress``) and which drills there are (``drills``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

AGAIN, HARD = 0.5, 0.8
"""Scores below which an answer counts as forgotten, and as hard; nothing is rated easy, as a guess can be right."""


def next_row(row: Mapping[str, Any] | None, score: float, now: datetime) -> dict[str, Any]:
    """The state of a drill after an answer of ``score`` (0 to 1) at ``now`` (with a time zone)."""
    from fsrs import Card, Scheduler

    # Without fuzz the same answers give the same days.
    card = Card.from_dict(dict(row)) if row else Card(card_id=0, due=now)  # type: ignore[arg-type]
    after, _ = Scheduler(enable_fuzzing=False).review_card(card, rating(score), review_datetime=now.astimezone(UTC))
    return dict(after.to_dict())


def due_at(row: Mapping[str, Any]) -> datetime:
    """When to ask this drill again."""
    return datetime.fromisoformat(row["due"])


def rating(score: float) -> Any:
    """FSRS's rating of an answer."""
    from fsrs import Rating

    if score < AGAIN:
        return Rating.Again
    return Rating.Hard if score < HARD else Rating.Good
