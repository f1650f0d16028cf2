"""``workbook quiz``: a round of questions in the terminal, and ``workbook quiz export``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.cli.console import err, stdout_kept_free
from workbook.core.errors import UsageError
from workbook.study.question import TOPICS

if TYPE_CHECKING:
    from rich.console import Console

    from workbook.study.drill import Drill

QUIT, UNKNOWN = ("q", "quit"), "?"


class Format(StrEnum):
    """What ``quiz export`` writes: ``anki``, a deck of cards, or ``json``, questions with all progress."""

    anki = "anki"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the command and its subcommand to ``app``."""
    made = typer.Typer(invoke_without_command=True, epilog="Example: workbook quiz --topic loops --n 5")
    made.callback()(quiz)
    made.command("export", epilog="Example: workbook quiz export --format anki --out bank.apkg")(export)
    app.add_typer(made, name="quiz")


def quiz(
    context: typer.Context,
    topic: Annotated[str | None, typer.Option(help=f"All, or one of {', '.join(TOPICS)}.")] = None,
    n: Annotated[int, typer.Option(help="How many questions.")] = 10,
    seed: Annotated[int | None, typer.Option(help="For the same draw of new questions again.")] = None,
) -> None:
    """Ask a round of questions: what is due first, then new ones. A ? shows the answer, a q ends the round.

    Answers come from the terminal, or one a line from standard input.
    """
    if context.invoked_subcommand:
        return
    from rich.console import Console

    from workbook.study import progress
    from workbook.study.quiz import Answered, answer, round_of, summary

    with stdout_kept_free():
        asked = round_of(topic, n, seed)
    console, done = Console(highlight=False), list[Answered]()
    for number, drill in enumerate(asked, 1):
        console.rule(f"{number} of {len(asked)}", align="left")
        _say(console, drill.ask())
        line = _line(console, drill)
        if line is None:
            break
        graded = answer(drill, None if line == UNKNOWN else drill.read(line))
        done.append(Answered(drill, graded))
        _say(console, f"{graded.mark} {graded.said}")
    console.rule(align="left")
    _say(console, summary(done, progress.current().reviews()))


def export(
    format: Annotated[Format, typer.Option(help="A deck for Anki, or everything as JSON, your progress included.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Write the questions to a file for another program; as JSON with your progress, interviews and exercises too."""
    from workbook.study.quiz_export import export_anki, export_json

    with stdout_kept_free():
        count = export_anki(out) if format is Format.anki else export_json(out)
    err.print(f"{count} {'notes' if format is Format.anki else 'questions'} in {out}", markup=False, soft_wrap=True)


def _line(console: Console, drill: Drill) -> str | None:
    """A line that the drill can read, or ``?``; None at the end of the input, or for a q."""
    while True:
        console.print(
            f"Answer with {drill.how}; ? if you do not know, q to end: ", end="", markup=False, soft_wrap=True
        )
        line = sys.stdin.readline()
        if not sys.stdin.isatty():
            console.print()  # a terminal shows the end of the line itself
        typed = line.strip()
        if not line or typed.lower() in QUIT:
            return None
        try:
            if typed != UNKNOWN:
                drill.read(typed)
            return typed
        except UsageError as error:
            console.print(str(error), markup=False, soft_wrap=True)


def _say(console: Console, markdown: str) -> None:
    from rich.markdown import Markdown

    console.print(Markdown(markdown))
