"""What an interview asks: questions drawn by topic, level and minutes, and follow-ups by the tree.

A follow-up that was answered leads deeper, one that was missed leads to the next branch: so a real interviewer finds
the place where knowledge ends. Leaves out what is kept of it (``interview``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.study.bank import find_question, load_bank, of_topic
from workbook.study.interview_turn import Interview, Turn
from workbook.study.question import LEVELS, FollowUp, Point, Question

ANSWER, NEXT = 180, 30
"""Seconds for a question, and for a follow-up."""
FOLLOW_UPS = 3
"""Follow-ups to a question at most."""


def asked_of(topic: str | None, level: str | None) -> list[Question]:
    """The questions of a topic and a level; None stands for all. ``UsageError`` where there are none."""
    if level is not None and level not in LEVELS:
        raise unknown("level", level, LEVELS)
    found = [question for question in of_topic(load_bank(), topic) if level in (None, question.level)]
    if not found:
        raise UsageError(f"no question on {topic} is for {level}", "Leave the level out, or the topic.")
    return found


def drawn(questions: Iterable[Question], shares: Mapping[str, float], minutes: int, draw: Random) -> list[Question]:
    """Questions for ``minutes``: new ones first, then the worst of last time; topics take turns.

    Raises ``UsageError`` for less than a minute.
    """
    if minutes < 1:
        raise UsageError(f"an interview of {minutes} minutes", "It takes one at least.")
    rest, picked = list(questions), list[Question]()
    draw.shuffle(rest)
    rest.sort(key=lambda question: shares.get(question.id, -1.0))
    while rest and sum(map(planned, picked)) < 60 * minutes:
        taken = Counter(question.topic for question in picked)
        picked.append(min(rest, key=lambda question: taken[question.topic]))
        rest.remove(picked[-1])
    return picked


def last_shares(done: Iterable[Interview]) -> dict[str, float]:
    """The share of the points that each question earned when it was last asked, follow-ups left out."""
    return {turn.question: turn.points / turn.most for one in done for turn in one.graded if not turn.path}


def planned(question: Question) -> int:
    """Seconds that a question takes with its follow-ups."""
    return ANSWER + NEXT * min(FOLLOW_UPS, len(question.follow_ups))


def current_turn(now: Interview) -> Turn | None:
    """The turn under way, else the next one; None when all was asked, the time is spent, or it was ended."""
    if now.ended:
        return None
    if now.turns and now.turns[-1].stage != "done":
        return now.turns[-1]
    return None if now.seconds >= 60 * now.minutes else _following(now)


def next_path(question: Question, turns: Sequence[Turn]) -> tuple[int, ...] | None:
    """Where the tree goes on after the ``turns`` of a question, or None."""
    last = turns[-1]
    if len(turns) > FOLLOW_UPS:
        return None
    if last.path and last.points and follow_up(question, last.path).then:
        return (*last.path, 0)
    branch = last.path[0] + 1 if last.path else 0
    return (branch,) if branch < len(question.follow_ups) else None


def follow_up(question: Question, path: Sequence[int]) -> FollowUp:
    """The follow-up at ``path``, a branch at each depth; ``IndexError`` where the tree has no such place."""
    branch, *deeper = path
    found = question.follow_ups[branch]
    for step in deeper:
        found = found.then[step]
    return found


def still_asked(turn: Turn) -> bool:
    """Whether the bank of today has this question or follow-up."""
    question = load_bank().get(turn.question)
    try:
        return question is not None and (not turn.path or bool(follow_up(question, turn.path)))
    except IndexError:
        return False


def asks(turn: Turn) -> str:
    """The text of the turn's question, or of its follow-up, in Markdown."""
    question = find_question(turn.question)
    return follow_up(question, turn.path).ask if turn.path else question.question


def allowed(turn: Turn) -> int:
    """Seconds for the answer: :data:`ANSWER` or :data:`NEXT`."""
    return NEXT if turn.path else ANSWER


def rubric(turn: Turn) -> tuple[Point, ...]:
    """What a turn is graded by: the question's rubric, or of a follow-up its answer, for one point."""
    return (Point(1, answer(turn)),) if turn.path else find_question(turn.question).rubric


def answer(turn: Turn) -> str:
    """The bank's own answer: the one of thirty seconds, or the follow-up's."""
    question = find_question(turn.question)
    if not turn.path:
        return question.short
    found = follow_up(question, turn.path)
    return found.answer or find_question(found.see).short


def _following(now: Interview) -> Turn | None:
    """The next follow-up, or the next question."""
    if now.turns:
        last = now.turns[-1].question
        path = next_path(find_question(last), [turn for turn in now.turns if turn.question == last])
        if path is not None:
            return Turn(last, path)
    asked = {turn.question for turn in now.turns}
    return next((Turn(id) for id in now.questions if id not in asked), None)
