"""The map of topics: what there is to learn, and which notebooks are there already.

Reads ``course/topics.yaml`` and looks for the notebooks; nothing is marked as ready by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.study.card import Card


@dataclass(frozen=True)
class Topic:
    """One topic: its notebook's name, where the question comes from, minutes to plan, and whether it is there."""

    notebook: str
    source: str
    question: str
    minutes: int
    ready: bool


def topics(root: Path | None = None) -> list[Topic]:
    """Every topic in the order of study, from ``course/topics.yaml``; ``WorkbookError`` for an entry that is none."""
    import yaml

    root = root or repo_root()
    path = root / "course" / "topics.yaml"
    there = {found.stem for found in (root / "notebooks").glob("*.ipynb")}
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return [Topic(**row, ready=row["notebook"] in there) for row in rows]
    except (TypeError, KeyError) as error:
        raise WorkbookError(
            f"{path.name}: {error}", "Each topic has notebook, source, question and minutes."
        ) from error


def topic_map(root: Path | None = None) -> Card:
    """The topics as a table with links, for notebook 00."""
    rows = topics(root)
    lines = ["| | question | from | minutes |", "|---|---|---|---|"]
    for topic in rows:
        number = topic.notebook[:2]
        link = f"[{topic.question}]({topic.notebook}.ipynb)" if topic.ready else f"{topic.question} *(coming)*"
        lines.append(f"| {number} | {link} | {topic.source} | {topic.minutes} |")
    ready = sum(topic.ready for topic in rows)
    return Card(f"{len(rows)} topics, {ready} of them ready", "\n".join(lines))
