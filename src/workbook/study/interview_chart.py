"""How the topics went over all mock interviews, as one picture: a row a topic, its latest share filled.

Leaves out the words of one interview (``interview_report``).
"""

from __future__ import annotations

from collections.abc import Sequence

from workbook.study import svg
from workbook.study.interview_report import shares_by_topic
from workbook.study.interview_turn import Interview
from workbook.study.question import TOPICS

WIDTH, LEFT, RIGHT, TOP, ROW = 720, 250, 660, 52, 26


def chart(interviews: Sequence[Interview]) -> svg.Picture:
    """The share of the points in each topic that was ever asked; the latest is filled."""
    shares = [found for found in (shares_by_topic([one]) for one in interviews) if found]
    asked = [topic for topic in TOPICS if any(topic in each for each in shares)]
    parts = [svg.text(12, 22, "Points by topic, by your own grading", bold=True)]
    if not asked:
        return svg.picture(WIDTH, 60, [*parts, svg.text(12, 46, "No interview yet.")], "No interview yet.")
    bottom = TOP + ROW * len(asked)
    for share in (0, 0.5, 1):
        parts += [
            svg.line(_x(share), TOP - 8, _x(share), bottom - 8, dash="2 4"),
            svg.text(_x(share), bottom + 10, f"{share:.0%}", anchor="middle"),
        ]
    words = []
    for number, topic in enumerate(asked):
        history = [each[topic] for each in shares if topic in each]
        parts += _row(TOP + ROW * number, topic, history)
        words.append(f"{TOPICS[topic]} {', '.join(f'{share:.0%}' for share in history)}")
    legend = "● latest   □ earlier"
    parts.append(svg.text(_x(1), 22, legend, anchor="end"))
    return svg.picture(WIDTH, bottom + 22, parts, f"Points by topic, the latest last: {'; '.join(words)}.")


def _row(y: float, topic: str, history: Sequence[float]) -> list[str]:
    hollow = [svg.rect(_x(share) - 4, y, 8, 8, stroke=svg.INK) for share in history[:-1]]
    name = TOPICS[topic][0].upper() + TOPICS[topic][1:]
    return [
        svg.text(LEFT - 16, y + 9, name, anchor="end"),
        *hollow,
        svg.circle(_x(history[-1]), y + 4, 5, fill=svg.BLUE),
    ]


def _x(share: float) -> float:
    return LEFT + share * (RIGHT - LEFT)
