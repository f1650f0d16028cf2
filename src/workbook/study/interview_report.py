"""The written report of a mock interview: what was earned, what was missed, and what to study next.

Markdown, for a file or a notebook. Leaves out the interview itself (``interview``) and the chart over many of them
(``interview_chart``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workbook.core.files import write_whole
from workbook.study.bank import find_question
from workbook.study.interview_plan import asks, rubric
from workbook.study.interview_turn import Interview, Turn
from workbook.study.question import TOPICS

NEXT = 3
"""Topics that the report sends its reader to."""


def report(interview: Interview, earlier: Iterable[Interview] = ()) -> str:
    """The whole report; ``earlier`` interviews give each topic its last share beside the new one."""
    done = interview.graded
    if not done:
        return "# Mock interview\n\nNothing was graded, so there is nothing to report."
    parts = [_head(interview), _topics(done, shares_by_topic(earlier)), _next(done), _calibration(done)]
    return "\n\n".join(part for part in [*parts, "## Question by question", *map(_turn, done)] if part) + "\n"


def write_report(interview: Interview, path: Path, earlier: Iterable[Interview] = ()) -> Path:
    """Write the report (Markdown) into ``path``, in one step; makes its folder, and gives ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, report(interview, earlier))


def shares_by_topic(interviews: Iterable[Interview]) -> dict[str, float]:
    """The share of all points, by topic; topics that were not asked are not there."""
    earned: dict[str, list[int]] = {}
    for turn in (turn for one in interviews for turn in one.graded):
        points, most = earned.setdefault(find_question(turn.question).topic, [0, 0])
        earned[find_question(turn.question).topic] = [points + turn.points, most + turn.most]
    return {topic: points / most for topic, (points, most) in earned.items() if most}


def _head(interview: Interview) -> str:
    done = interview.graded
    points, most = sum(turn.points for turn in done), sum(turn.most for turn in done)
    asked = sum(not turn.path for turn in done)
    about = ", ".join(filter(None, (interview.topic and TOPICS[interview.topic], interview.level)))
    counted = f"{_many(asked, 'question')} and {_many(len(done) - asked, 'follow-up')}"
    spent = f"{_clock(interview.seconds)} of {_many(interview.minutes, 'minute')}{f' ({about})' if about else ''}"
    lines = [f"{points} of {most} points by your own grading: {counted} in {spent}."]
    if waiting := len(interview.questions) - asked:
        lines.append(f"Not reached of what was planned: {_many(waiting, 'question')}.")
    return "# Mock interview\n\n" + " ".join(lines)


def _topics(done: Sequence[Turn], before: Mapping[str, float]) -> str:
    now = shares_by_topic([Interview("", (), 0, turns=tuple(done))])
    rows = [
        f"| {TOPICS[topic]} | {share:.0%} | {f'{before[topic]:.0%}' if topic in before else '–'} |"
        for topic, share in sorted(now.items(), key=lambda item: item[1])
    ]
    return "\n".join(["| topic | this time | before |", "|---|---|---|", *rows])


def _next(done: Sequence[Turn]) -> str:
    """Where most points were lost, with the notebook that answers it."""
    lost: dict[str, list[Turn]] = {}
    for turn in done:
        if turn.points < turn.most:
            lost.setdefault(find_question(turn.question).notebook, []).append(turn)
    worst = sorted(lost.items(), key=lambda item: -sum(turn.most - turn.points for turn in item[1]))[:NEXT]
    if not worst:
        return "## What to study next\n\nNothing was missed. Ask for a higher level, or for less time."
    lines = [
        f"- `notebooks/{notebook}.ipynb`: {_many(sum(turn.most - turn.points for turn in turns), 'point')} lost, "
        f"first of all on “{asks(turns[0])}”"
        for notebook, turns in worst
    ]
    return "\n".join(["## What to study next", "", *lines])


def _calibration(done: Sequence[Turn]) -> str:
    """How well the points were foreseen before the rubric was shown."""
    guessed = [(turn.expected, turn.points) for turn in done if turn.expected is not None]
    if not guessed:
        return ""
    over = sum(expected - points for expected, points in guessed)
    if not over:
        return "You expected as many points as the rubric gave."
    off = f"{_many(abs(over), 'point')} {'more' if over > 0 else 'fewer'}"
    return f"You expected {off} than the rubric gave, over {_many(len(guessed), 'question')}."


def _turn(turn: Turn) -> str:
    marked = turn.lines or ()
    lines = [
        f"- {'✓' if number in marked else '✗'} {point.points}: {point.what}"
        for number, point in enumerate(rubric(turn), 1)
    ]
    said = "\n".join(f"> {line}" for line in turn.said.splitlines()) or "> (nothing)"
    level = "####" if turn.path else "###"
    head = f"{level} {asks(turn)}\n\n{turn.points} of {turn.most}, {_clock(turn.seconds)}"
    return "\n\n".join(filter(None, (head, said, "\n".join(lines), _opinion(turn))))


def _opinion(turn: Turn) -> str:
    if turn.opinion is None:
        return ""
    if turn.opinion.void:
        return f"*A machine's opinion ({turn.opinion.by}): none, for {turn.opinion.void}.*"
    found = ", ".join(map(str, turn.opinion.lines)) or "none"
    return f"*A machine's opinion ({turn.opinion.by}): {turn.opinion.points} of {turn.most}; lines {found}.*"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
