"""What of README.md is made and not written: what there is to learn, with measured numbers, and the table of topics.

``make readme`` puts both between their markers. Numbers come from the measurements that are shipped, never from a run
of this machine. Leaves out the words around them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.core.settings import repo_root
from workbook.lab.card import SIGNS
from workbook.lab.claims import load_claims
from workbook.lab.ledger import claims_table, row_interval
from workbook.lab.units import show_interval
from workbook.study.topics import Topic, topics

MOST = 8
"""Claims on the front page."""
TELLING = ("fails", "depends", "holds")
"""Verdicts that teach something, the most surprising first."""
STANDINGS = {
    "holds": "hold",
    "fails": "fail",
    "depends": "depend on the model's ability",
    "not distinguishable": "not distinguishable with so few trials",
    "documented": "documented with their sources",
    None: "not measured yet",
}
START = Topic("00_start_here", "", "What is this, and how do I use it?", 15, True)


def main() -> None:
    """Renew README.md's measured parts from the ledger; raises as :func:`renewed` does."""
    path = repo_root() / "README.md"
    write_whole(path, renewed(path.read_text(encoding="utf-8")))


def renewed(readme: str) -> str:
    """``readme`` with the parts between markers made anew; raises ``WorkbookError`` where markers are missing."""
    for name, make in PARTS.items():
        begin, end = f"<!-- {name}: made by `make readme` -->", f"<!-- end of {name} -->"
        if not (begin in readme and end in readme):
            raise WorkbookError(f"README.md has no place for {name!r}", f"Put {begin!r} and {end!r} where it belongs.")
        before, rest = readme.split(begin, 1)
        readme = f"{before}{begin}\n\n{make()}\n\n{end}{rest.split(end, 1)[1]}"
    return readme


def learned(rows: Iterable[Mapping[str, Any]]) -> str:
    """How all claims stand, and one of each notebook in full."""
    table = list(rows)
    counted = Counter(row["kind"] if row["kind"] == "documented" else row["verdict"] for row in table)
    standing = ", ".join(f"{words} {counted[key]}" for key, words in STANDINGS.items() if counted[key])
    lines = ["| | The notes say | Measured here | |", "|---|---|---|---|", *map(_line, chosen(table))]
    return "\n".join([f"How {len(table)} claims stand: {standing}. The most telling of each notebook:", "", *lines])


def chosen(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One measured claim of each notebook, the most telling, among those whose metric has words; in their order."""
    named = {claim.id for claim in load_claims().values() if claim.said}
    fit = [row for row in rows if row["id"] in named and row["n"] and row["verdict"] in TELLING]
    fit.sort(key=lambda row: TELLING.index(row["verdict"]))
    first = {row["notebook"]: row for row in reversed(fit)}
    best = sorted(first.values(), key=lambda row: TELLING.index(row["verdict"]))[:MOST]
    return sorted(best, key=lambda row: str(row["notebook"]))


def topic_table(listed: Iterable[Topic], root: Path) -> str:
    """The topics with their notebooks, or as planned, and the minutes that they take."""
    lines = ["| | The question | Notebook | Minutes |", "|---|---|---|---|"]
    for topic in listed:
        path = f"notebooks/{topic.notebook}.ipynb"
        cell = f"[{_title(root / path)}]({path})" if topic.ready else "planned"
        lines.append(f"| {topic.notebook[:2]} | {topic.question} | {cell} | {topic.minutes} |")
    return "\n".join(lines)


def _line(row: Mapping[str, Any]) -> str:
    link = f"[{row['notebook'][:2]}](notebooks/{row['notebook']}.ipynb)"
    shown = f"{show_interval(row_interval(row), row['unit'])}, n = {row['n']}"
    sign, _ = SIGNS[row["verdict"]]
    said = load_claims()[row["id"]].said
    return f"| {link} | {row['claim']} | {said}: **{shown}** | {sign} {row['verdict']} |"


def _title(notebook: Path) -> str:
    """The notebook's own title, without its number."""
    import nbformat

    first = nbformat.read(notebook, as_version=4).cells[0].source.splitlines()[0]
    return re.sub(r"^# (\d\d · )?", "", first)


PARTS: Mapping[str, Callable[[], str]] = {
    "what you will learn": lambda: learned(claims_table(live=False)),
    "topics": lambda: topic_table([START, *topics()], repo_root()),
}

if __name__ == "__main__":
    main()
