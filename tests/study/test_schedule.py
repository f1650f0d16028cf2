"""When a question comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating

from workbook.study.schedule import due_at, next_row, rating

NOW = datetime(2026, 1, 1, 10, tzinfo=UTC)


def after(*scores: float) -> list[timedelta]:
    """The waiting times when each answer comes on the day that it is due."""
    row, now, waits = None, NOW, []
    for score in scores:
        row = next_row(row, score, now)
        waits.append(due_at(row) - now)
        now = due_at(row)
    return waits


def test_right_answers_wait_longer_each_time():
    waits = after(1, 1, 1, 1, 1)
    assert waits == sorted(waits)
    assert waits[0] < timedelta(days=1) < timedelta(days=20) < waits[-1]


def test_a_forgotten_one_comes_back_within_the_hour():
    assert after(1, 1, 1, 0)[-1] < timedelta(hours=1)


def test_a_half_right_answer_comes_back_before_a_right_one():
    assert after(1, 1, 0.6)[-1] < after(1, 1, 1)[-1]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0, Rating.Again),
        (0.49, Rating.Again),
        (0.5, Rating.Hard),
        (0.79, Rating.Hard),
        (0.8, Rating.Good),
        (1, Rating.Good),
    ],
)
def test_a_score_is_a_rating(score: float, expected: Rating):
    assert rating(score) == expected


def test_a_row_is_a_card_of_fsrs_and_the_same_each_time():
    row = next_row(None, 1, NOW)
    assert row == next_row(None, 1, NOW)
    assert Card.from_dict(row).due == due_at(row)


def test_another_time_zone_is_the_same_moment():
    from datetime import timezone

    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert due_at(next_row(None, 1, there)) == due_at(next_row(None, 1, NOW))
