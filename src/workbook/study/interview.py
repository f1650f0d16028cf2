"""A mock interview: questions from the bank, follow-ups by the tree, graded by the candidate with the rubric.

An interview is kept in the learner's progress after every step, half a typed answer included, so that whatever ends
the program, the next one goes on in the same place. Every face, the terminal's for one, drives a :class:`Sitting`.
Leaves out what is asked (``interview_plan``), the report (``interview_report``), the chart (``interview_chart``) and a
machine's opinion (``interview_judge``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.bank import load_bank
from workbook.study.interview_plan import asked_of, current_turn, drawn, last_shares, rubric, still_asked
from workbook.study.interview_turn import Interview, Opinion, Turn, read_interview
from workbook.study.progress import Progress


def begin(
    topic: str | None = None,
    level: str | None = None,
    minutes: int = 20,
    seed: int | None = None,
    store: Progress | None = None,
) -> Sitting:
    """Draw an interview of ``minutes`` from the bank, and sit down to it; without a seed another one each time."""
    store = store or progress.current()
    questions = drawn(asked_of(topic, level), last_shares(interviews(store)), minutes, Random(seed))
    ids = tuple(question.id for question in questions)
    return opened(Interview(datetime.now(UTC).isoformat(), ids, minutes, topic, level), store)


def opened(interview: Interview, store: Progress) -> Sitting:
    """Keep an interview that was made, and sit down to it."""
    store.interview(interview.id, lambda _: asdict(interview))
    return Sitting(interview.id, store)


def under_way(store: Progress | None = None) -> Sitting | None:
    """The latest interview that has not ended, or None."""
    store = store or progress.current()
    waiting = [one for one in interviews(store) if not one.ended]
    return Sitting(waiting[-1].id, store) if waiting else None


def interviews(store: Progress) -> list[Interview]:
    """Every interview so far, the earliest first."""
    return [_of_today(read_interview(row)) for _, row in sorted(store.interviews().items())]


class Sitting:
    """An interview under way: each step is kept before it returns, and one out of order is refused."""

    def __init__(self, id: str, store: Progress) -> None:
        self.id, self.store = id, store

    @property
    def interview(self) -> Interview:
        """The interview as the store has it now, without questions that the bank no longer has."""
        return _of_today(read_interview(self.store.interviews()[self.id]))

    def turn(self) -> Turn | None:
        """The turn under way, else the next one; None when it is over."""
        return current_turn(self.interview)

    def draft(self, said: str, seconds: float) -> None:
        """Keep all that was typed so far, and the ``seconds`` since the last time."""
        self._step("answer", lambda turn: replace(turn, said=said, seconds=turn.seconds + seconds))

    def finish(self) -> None:
        """End the answer under way; ``UsageError`` when the turn waits for something else."""
        self._step("answer", lambda turn: replace(turn, complete=True))

    def expect(self, points: int) -> None:
        """Commit to the points that the rubric will give."""

        def expected(turn: Turn) -> Turn:
            most = sum(point.points for point in rubric(turn))
            if not 0 <= points <= most:
                raise UsageError(f"{points} points", f"This rubric gives from 0 to {most}.")
            return replace(turn, expected=points)

        self._step("expect", expected)

    def grade(self, lines: Iterable[int]) -> None:
        """The lines of the rubric, counted from 1, that the answer has earned."""
        marked = tuple(sorted(set(lines)))
        self._step("grade", lambda turn: replace(turn, lines=marked, **points_of(turn, marked)))

    def add_opinion(self, number: int, opinion: Opinion) -> None:
        """Keep a machine's opinion of turn ``number`` beside the candidate's own."""
        self._keep(lambda now: _put(now, number, replace(now.turns[number], opinion=opinion)))

    def end(self) -> Interview:
        """It is over; what was not asked stays unasked."""
        self._keep(lambda now: replace(now, ended=True))
        return self.interview

    def _step(self, stage: str, change: Callable[[Turn], Turn]) -> None:
        def stepped(now: Interview) -> Interview:
            turn = current_turn(now)
            if turn is None:
                raise UsageError("this interview is over", "Begin another one.")
            if turn.stage != stage:
                raise UsageError(f"the question waits for {turn.stage!r}, not {stage!r}", "Is a second window open?")
            begun = bool(now.turns) and now.turns[-1].stage != "done"
            return _put(now, len(now.turns) - begun, change(turn))

        self._keep(stepped)

    def _keep(self, change: Callable[[Interview], Interview]) -> None:
        # Read and written in one transaction: of two windows, the second finds that the first was there.
        self.store.interview(self.id, lambda row: asdict(change(_of_today(read_interview(row or {})))))


def points_of(turn: Turn, lines: Sequence[int]) -> dict[str, Any]:
    """``points`` and ``most`` for these lines (from 1) of the turn's rubric; ``UsageError`` for a line beyond it."""
    given = rubric(turn)
    if wrong := [line for line in lines if not 1 <= line <= len(given)]:
        raise UsageError(f"no line {wrong[0]} in this rubric", f"Its lines are 1 to {len(given)}.")
    return {"points": sum(given[line - 1].points for line in lines), "most": sum(point.points for point in given)}


def _of_today(interview: Interview) -> Interview:
    """Without what the bank has no more."""
    turns = tuple(turn for turn in interview.turns if still_asked(turn))
    return replace(interview, questions=tuple(id for id in interview.questions if id in load_bank()), turns=turns)


def _put(now: Interview, number: int, turn: Turn) -> Interview:
    return replace(now, turns=(*now.turns[:number], turn, *now.turns[number + 1 :]))
