"""``workbook finetune data``: rows to train on, from a suite or from a person's own API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.cli.console import err
from workbook.core.errors import UsageError
from workbook.core.files import write_whole
from workbook.core.settings import unknown

if TYPE_CHECKING:
    from workbook.finetune.pipeline import Made
    from workbook.finetune.rows import Row

EXAMPLE = "Example: workbook finetune data --suite drift --out runs/drift.jsonl"
SUITE_HELP = "drift: its APIs to learn by heart. written-checked, written-unchecked: what an early model wrote. "
SUITE_HELP += "generated: calls, asks, declines, answers and repairs, checked in stages, with the funnel beside. "
SUITE_HELP += "asked-or-guessed: pairs for --method dpo. apis-generalist, apis-memorised, apis-retrieved: obscure APIs."
SUITE_HELP += " calls-as-json, calls-as-python: the same calls, spelled in two ways."


@dataclass(frozen=True)
class Asked:
    """The options, as every suite is given them."""

    out: Path
    wordings: int
    seed: int
    rows: int
    workers: int
    against: list[Path]


def data(
    out: Annotated[Path, typer.Option(help="Write this file of JSON Lines.")],
    suite: Annotated[str, typer.Option(help=SUITE_HELP)] = "drift",
    wordings: Annotated[int, typer.Option(min=1, help="For drift: requests for each tool.")] = 96,
    seed: Annotated[int, typer.Option(help="For wordings and values.")] = 0,
    rows: Annotated[int, typer.Option(min=10, help="For generated, asked-or-guessed: how many.")] = 2000,
    workers: Annotated[int, typer.Option(min=1, help="For generated: processes; the rows are the same.")] = 2,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="For generated: a folder of an evaluation set to keep out; again for more."),
    ] = None,
    openapi: Annotated[
        list[str] | None, typer.Option(help="With --logs, in place of a suite: OpenAPI documents, or folders of them.")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines of {text, operation, arguments} or {text, method, path, body}."),
    ] = None,
) -> None:
    """Write rows to train on, in TRL's conversational form."""
    if suite not in SUITES:
        raise unknown("suite", suite, SUITES)
    asked = Asked(out, wordings, seed, rows, workers, against or [])
    if openapi or logs:
        _from_logs(asked, openapi or [], logs or [])
    else:
        SUITES[suite](asked)


def _drift(asked: Asked) -> None:
    from workbook.finetune.by_heart import rows_by_heart
    from workbook.suites.drift import by_heart

    _write(rows_by_heart([made.before for made in by_heart()], asked.wordings, asked.seed), asked)


def _written(checked: bool) -> Callable[[Asked], None]:
    def write(asked: Asked) -> None:
        from workbook.finetune.written import written_rows

        _write(written_rows(checked=checked, seed=asked.seed), asked)

    return write


def _apis(learner: str) -> Callable[[Asked], None]:
    def write(asked: Asked) -> None:
        from workbook.finetune.obscure import rows

        _write(rows(learner, seed=asked.seed), asked)

    return write


def _spelled(spelling: str) -> Callable[[Asked], None]:
    def write(asked: Asked) -> None:
        from workbook.finetune.spelled import rows

        _write(rows(spelling, seed=asked.seed), asked)

    return write


def _pairs(asked: Asked) -> None:
    from workbook.finetune.preferences import asked_or_guessed

    _write(asked_or_guessed(asked.rows, asked.seed), asked)


def _generated(asked: Asked) -> None:
    """The rows, the funnel as JSON and as a picture, all beside each other."""
    from workbook.finetune.pipeline import make_rows

    _check_folders(asked.against)
    _report(make_rows(asked.rows, asked.out, asked.seed, asked.workers, asked.against), asked.out)


SUITES: Mapping[str, Callable[[Asked], None]] = {
    "drift": _drift,
    "written-checked": _written(True),
    "written-unchecked": _written(False),
    "generated": _generated,
    "asked-or-guessed": _pairs,
    **{learner: _apis(learner) for learner in ("apis-generalist", "apis-memorised", "apis-retrieved")},
    **{f"calls-as-{spelling}": _spelled(spelling) for spelling in ("json", "python")},
}


def _from_logs(asked: Asked, openapi: list[str], logs: list[Path]) -> None:
    """Rows of a person's own API."""
    from workbook.finetune.own_logs import rows_of_logs
    from workbook.finetune.pipeline import write_made

    if not (openapi and logs):
        raise UsageError("documents say what can be called, and logs what was asked", "Give --openapi and --logs.")
    _check_folders(asked.against)
    made = rows_of_logs(openapi, logs, asked.against, asked.seed)
    write_made(made, asked.out, asked.seed)
    _report(made, asked.out)


def _check_folders(against: list[Path]) -> None:
    missing = next((folder for folder in against if not folder.is_dir()), None)
    if missing:
        raise UsageError(f"no folder {missing}", "Give --against the folder of an evaluation set.")


def _write(rows: Iterable[Row], asked: Asked) -> None:
    from workbook.finetune.rows import write_rows

    written = list(rows)
    write_rows(written, asked.out)
    err.print(f"{asked.out}: {len(written)} rows", markup=False)


def _report(made: Made, out: Path) -> None:
    """The funnel as a picture beside the rows, and in words."""
    from workbook.lab.funnel import funnel_plot

    write_whole(out.with_suffix(".funnel.png"), funnel_plot(made.funnel).png)
    for stage in made.funnel:
        causes = ", ".join(f"{cause} {count}" for cause, count in stage["causes"].items())
        told = f"{stage['stage']}: {stage['in']} in, {stage['out']} out"
        err.print(told + (f" ({causes})" if causes else ""), markup=False)
    err.print(f"{out}: {len(made.rows)} rows", markup=False)
