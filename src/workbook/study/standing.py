"""How a learner stands, notebook by notebook, as one picture: exercises, drills and interviews.

Read from the learner's progress at the moment it is shown. Leaves out what to do next about it (``quiz`` asks what is
due, ``interview_report`` says what to study).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workbook.study import progress, svg
from workbook.study.bank import load_bank
from workbook.study.drills import drills
from workbook.study.exercises import registry
from workbook.study.figures import measured
from workbook.study.interview import interviews
from workbook.study.interview_turn import Interview
from workbook.study.progress import Progress
from workbook.study.schedule import due_at
from workbook.study.topics import topics

FIRST = "00_start_here"
WIDTH, TOP, ROW = 740, 62, 26
DONE, ASKED, BAR, SAID, SCALE = 210, 300, 150, 600, 120
"""Where the columns begin: exercises, drills, and interviews; and how long a bar and a scale are."""
NOTE = "Interviews: your points by your own grading; ● the latest, □ earlier ones."


@dataclass(frozen=True)
class Standing:
    """One notebook: exercises solved of all, drills known and due of all, and each interview's share of the points."""

    notebook: str
    solved: int
    exercises: int
    known: int
    due: int
    drills: int
    shares: tuple[float, ...]


def standing(store: Progress | None = None, now: datetime | None = None) -> svg.Picture:
    """The picture of everything so far; ``now`` decides what is due."""
    rows = standings(store or progress.current(), now or datetime.now(UTC))
    parts = [*_heads(), *(part for number, row in enumerate(rows) for part in _row(TOP + ROW * number, row))]
    bottom = TOP + ROW * len(rows)
    words = in_words(rows)
    below = [svg.text(12, bottom + 18, words), svg.text(12, bottom + 38, NOTE)]
    return svg.picture(WIDTH, bottom + 54, [*parts, *below], words)


def standings(store: Progress, now: datetime) -> list[Standing]:
    """A row for every notebook, in the order of study."""
    bank, cards = load_bank(), store.cards()
    solved = {id for id, tried in store.exercises().items() if tried.passed}
    places = main_notebooks((question.topic, question.notebook) for question in bank.values())
    asked: dict[str, list[str]] = {}
    for drill in drills(bank, measured()):
        asked.setdefault(places[drill.topic], []).append(drill.id)
    shares = _shares(interviews(store))
    rows = []
    for notebook in (FIRST, *(topic.notebook for topic in topics())):
        mine = [id for id, one in registry().items() if one.notebook == notebook[:2]]
        counted = _counted(asked.get(notebook, ()), cards, now)
        rows.append(Standing(notebook, len(solved & set(mine)), len(mine), *counted, shares.get(notebook, ())))
    return rows


def main_notebooks(questions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The notebook that most questions of each topic belong to, from pairs of topic and notebook."""
    return {topic: notebook for (topic, notebook), _ in reversed(Counter(questions).most_common())}


def in_words(rows: Sequence[Standing]) -> str:
    """Exercises solved, drills known and due, in one sentence; or how to begin."""
    solved, known, due = sum(row.solved for row in rows), sum(row.known for row in rows), sum(row.due for row in rows)
    if not any((solved, known, due, *(row.shares for row in rows))):
        return "Nothing yet: solve an exercise, or ask for questions with workbook quiz."
    total = f"{solved} of {sum(row.exercises for row in rows)} exercises solved"
    return f"{total}; of {sum(row.drills for row in rows)} drills {known} known and {due} due again."


def _counted(ids: Sequence[str], cards: Mapping[str, progress.Row], now: datetime) -> tuple[int, int, int]:
    """How many drills are known, how many are due again, and how many there are."""
    due = sum(due_at(cards[id]) <= now for id in ids if id in cards)
    return sum(id in cards for id in ids) - due, due, len(ids)


def _shares(done: Iterable[Interview]) -> dict[str, tuple[float, ...]]:
    """Each interview's share of the points, by notebook, the earliest first."""
    bank, found = load_bank(), dict[str, tuple[float, ...]]()
    for one in done:
        sums: dict[str, tuple[int, int]] = {}
        for turn in one.graded:
            notebook = bank[turn.question].notebook
            points, most = sums.get(notebook, (0, 0))
            sums[notebook] = (points + turn.points, most + turn.most)
        for notebook, (points, most) in sums.items():
            found[notebook] = (*found.get(notebook, ()), points / most)
    return found


def _heads() -> list[str]:
    titles = ((12, "notebook"), (DONE, "exercises"), (ASKED, "drills"), (SAID, "interviews"))
    keys = ((DONE, "● solved"), (ASKED, "known (solid) + due again (hatched)"), (SAID, "0 %"))
    end = svg.text(SAID + SCALE, 46, "100 %", anchor="end")
    return [*(svg.text(x, 22, name, bold=True) for x, name in titles), *(svg.text(x, 46, key) for x, key in keys), end]


def _row(y: float, row: Standing) -> list[str]:
    number, _, name = row.notebook.partition("_")
    marks = "●" * row.solved + "○" * (row.exercises - row.solved)
    parts = [svg.text(12, y + 13, f"{number} {name.replace('_', ' ')}"), svg.text(DONE, y + 13, marks)]
    return [*parts, *_bar(y, row), *_history(y + 8, row.shares)]


def _bar(y: float, row: Standing) -> list[str]:
    if not row.drills:
        return []
    known, due = (BAR * count / row.drills for count in (row.known, row.due))
    hatches = [
        svg.line(ASKED + known + x, y + 15, ASKED + known + min(x + 5, due), y + 3) for x in range(0, int(due), 6)
    ]
    return [
        svg.rect(ASKED, y + 3, BAR, 12, stroke=svg.INK),
        *([svg.rect(ASKED, y + 3, known, 12, fill=svg.BLUE)] if known else []),
        *hatches,
        svg.text(ASKED + BAR + 8, y + 13, f"{row.known} + {row.due} of {row.drills}"),
    ]


def _history(y: float, shares: Sequence[float]) -> list[str]:
    earlier = [svg.rect(SAID + SCALE * share - 4, y - 4, 8, 8, stroke=svg.INK) for share in shares[:-1]]
    latest = [svg.circle(SAID + SCALE * shares[-1], y, 5, fill=svg.BLUE)] if shares else []
    return [svg.line(SAID, y, SAID + SCALE, y, dash="2 4"), *earlier, *latest]
