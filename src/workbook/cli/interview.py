"""``workbook interview``: a mock interview in the terminal, kept after every line, with a report at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.cli.console import err, stdout_kept_free
from workbook.core.errors import UsageError
from workbook.core.files import write_whole
from workbook.study.question import LEVELS, TOPICS

if TYPE_CHECKING:
    from rich.console import Console

    from workbook.study.interview import Sitting
    from workbook.study.interview_turn import Turn

END = "/end"


class _Left(Exception):
    """The candidate went away: the end of the input, or Ctrl-C."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("interview", epilog="Example: workbook interview --topic security --level senior --minutes 15")(
        interview
    )


def interview(
    topic: Annotated[str | None, typer.Option(help=f"All, or one of {', '.join(TOPICS)}.")] = None,
    level: Annotated[str | None, typer.Option(help=f"All, or one of {', '.join(LEVELS)}.")] = None,
    minutes: Annotated[int, typer.Option(help="Time for your answers; reading rubrics is free.")] = 20,
    seed: Annotated[int | None, typer.Option(help="For the same questions again.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A server's URL, whose model also grades: a machine's opinion.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes; your data folder without.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin anew, and end the one under way.")] = False,
) -> None:
    """Sit a mock interview: timed answers, follow-ups, your own grading by the rubric, and a written report.

    Answers end with an empty line. An interview that was left goes on where it stopped. All of them are in what
    `workbook quiz export --format json` writes.
    """
    from rich.console import Console

    from workbook.study.interview import begin

    console = Console(highlight=False)
    chosen = any(option is not None for option in (topic, level, seed))
    sitting = _seated(console, new, chosen, lambda: begin(topic, level, minutes, seed))
    try:
        while (turn := sitting.turn()) is not None:
            _take(console, sitting, turn)
    except (_Left, KeyboardInterrupt):
        err.print("\nKept. Go on with: workbook interview", markup=False)
        raise typer.Exit(1) from None
    _finish(console, sitting, model, out)


def _seated(console: Console, new: bool, chosen: bool, begin: Callable[[], Sitting]) -> Sitting:
    """The interview that was left, or another one; whoever has ``chosen`` questions wants another."""
    from workbook.study.interview import under_way

    left = under_way()
    if left is None:
        return begin()
    if new:
        another = begin()  # options that are refused leave the old one as it is
        left.end()
        return another
    if chosen:
        raise UsageError("an interview is under way", "Go on with `workbook interview`, or add --new.")
    _say(console, "*Going on with the interview that was left.*")
    return left


def _take(console: Console, sitting: Sitting, turn: Turn) -> None:
    """One step of a turn: its answer, the points expected, or the grading."""
    {"answer": _answer, "expect": _expect, "grade": _grade}[turn.stage](console, sitting, turn)


def _answer(console: Console, sitting: Sitting, turn: Turn) -> None:
    from workbook.study.interview_plan import allowed, asks

    left = 60 * sitting.interview.minutes - sitting.interview.seconds
    console.rule(
        f"{'follow-up' if turn.path else 'question'}, {allowed(turn)} s; {left / 60:.0f} min left", align="left"
    )
    _say(console, asks(turn))
    said = turn.said.splitlines()
    if said:
        _say(console, "*You had said:* " + turn.said)
    while True:
        begun = time.monotonic()
        typed = _line(console, "> ")
        if typed == END:
            sitting.end()
            return
        if not typed.strip():
            break
        said.append(typed)
        sitting.draft("\n".join(said), time.monotonic() - begun)
    sitting.finish()


def _expect(console: Console, sitting: Sitting, turn: Turn) -> None:
    from workbook.study.interview_plan import rubric

    most = sum(point.points for point in rubric(turn))
    _until(console, f"How many of {most} points do you expect? ", lambda typed: sitting.expect(int(typed)))


def _grade(console: Console, sitting: Sitting, turn: Turn) -> None:
    from workbook.study.figures import filled, measured
    from workbook.study.interview_plan import answer, rubric

    lines = "\n".join(f"{number}. {point.what} ({point.points})" for number, point in enumerate(rubric(turn), 1))
    _say(console, filled(f"**The answer**\n\n{answer(turn)}\n\n**The rubric**\n\n{lines}", measured()))
    ask = "Which lines did your words earn? Numbers, or 0 for none: "
    _until(console, ask, lambda typed: sitting.grade(_numbers(typed)))


def _numbers(typed: str) -> list[int]:
    return [number for number in map(int, typed.replace(",", " ").split()) if number]


def _until(console: Console, ask: str, take: Callable[[str], None]) -> None:
    """Ask until what is typed can be taken."""
    while True:
        typed = _line(console, ask)
        try:
            take(typed)
            return
        except UsageError as error:
            console.print(str(error), markup=False)
        except ValueError:
            console.print("Type numbers, please.")


def _finish(console: Console, sitting: Sitting, model: str | None, out: Path | None) -> None:
    from workbook.study import progress
    from workbook.study.interview import interviews
    from workbook.study.interview_chart import chart
    from workbook.study.interview_report import report, write_report

    done = sitting.end()
    if model and done.graded:
        with stdout_kept_free():
            _judge(sitting, model)
        done = sitting.interview
    earlier = [one for one in interviews(progress.current()) if one.id < done.id]
    name = "".join(sign for sign in done.id[:19] if sign.isalnum())
    path = write_report(done, out or progress.home() / "interviews" / f"{name}.md", earlier)
    drawn = write_whole(path.with_suffix(".svg"), chart([*earlier, done]).svg)
    _say(console, report(done, earlier))
    err.print(f"report: {path}\nyour topics so far: {drawn}", markup=False, soft_wrap=True)


def _judge(sitting: Sitting, model_id: str) -> None:
    """Ask the model about every answer; its opinions stand beside the candidate's grades."""
    from workbook.models import load_model
    from workbook.study.interview_judge import opinion

    model = load_model(model_id)
    for number, turn in enumerate(sitting.interview.turns):
        if turn.stage == "done":
            sitting.add_opinion(number, opinion(turn, model))


def _line(console: Console, ask: str) -> str:
    console.print(ask, end="", markup=False, soft_wrap=True)
    line = sys.stdin.readline()
    if not line:
        raise _Left
    if not sys.stdin.isatty():
        console.print()  # a terminal shows the end of the line itself
    return line.rstrip("\n")


def _say(console: Console, markdown: str) -> None:
    from rich.markdown import Markdown

    console.print(Markdown(markdown))
