"""``workbook eval injection``: how many attacks through tool results succeed, with and without guards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from workbook.cli.console import MODEL_HELP, err, print_json, print_table, stdout_kept_free
from workbook.core.settings import unknown

EXAMPLE = "Example: workbook eval injection --data InjecAgent/data --limit 200 --model http://localhost:8000/v1 --json"
DECODINGS = ("free", "grammar")
BAD_SHOWN = 10
BY_DESIGN = (
    "In these cases the user's tool is all that an errand needs: with least privilege, and so with all guards, no "
    "attack can succeed. Utility and questions are of attacked runs, for there are no others."
)


def injection(
    data: Annotated[str, typer.Option(help="InjecAgent's folder data; our own office without.")] = "",
    arm: Annotated[
        list[str] | None, typer.Option(help="Besides all guards together; again for more. Every one.")
    ] = None,
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    decoding: Annotated[str, typer.Option(help="free, or grammar: only valid calls can be written.")] = "free",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N attacks, evenly spread over all files.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Orders in what tools return: which attacks succeed, and what the guards cost."""
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    with stdout_kept_free():
        document = _evaluate(data, arm or [], model, decoding, limit)
    if document["too_weak"]:
        err.print("Undefended, under 10 % of the attacks succeed: too weak to be attacked, which is no safety.")
    elif document["too_weak"] is None:
        err.print("Whether the model can be attacked at all is not known: add --arm none.")
    if document["failed"]:
        reason = document["failed"][0]["reason"]
        err.print(f"{len(document['failed'])} runs are in no share, the first: {reason}", soft_wrap=True, markup=False)
    if json:
        print_json(document)
    else:
        _show(document)


def _evaluate(data: str, names: list[str], model: str, decoding: Any, limit: int | None) -> dict[str, Any]:
    from workbook.lab.defences import defences
    from workbook.models import load_model

    arms = defences(names)  # a name that does not exist is said before a model is loaded
    if data:
        return _injecagent(data, arms, model, decoding, limit)
    from workbook.lab.injection import evaluate_injection
    from workbook.suites.injecagent import spread
    from workbook.suites.office_jobs import JOBS
    from workbook.suites.tool_injection import injections

    cases, jobs = injections(limit), spread(JOBS, limit or len(JOBS))
    err.print(f"{len(cases)} attacks and {len(jobs)} errands in the office, {len(arms)} arms")
    return evaluate_injection(load_model(model), cases, jobs, arms, decoding, _followed)


def _injecagent(data: str, arms: Any, model: str, decoding: Any, limit: int | None) -> dict[str, Any]:
    from workbook.lab.injecagent import evaluate_injecagent
    from workbook.models import load_model
    from workbook.suites.injecagent import FILES, load_injecagent

    cases, bad = load_injecagent(data, limit)
    err.print(f"{len(cases)} cases of InjecAgent, {len(arms)} arms. {BY_DESIGN}", soft_wrap=True)
    absent = [name for name in FILES if not any(case.file == name for case in cases)]
    if absent:
        err.print(f"no case of {', '.join(absent)}", markup=False)
    for row in bad[:BAD_SHOWN]:
        err.print(f"not a case: {row.id}: {row.reason}", soft_wrap=True, markup=False)
    if len(bad) > BAD_SHOWN:
        err.print(f"... and {len(bad) - BAD_SHOWN} more, in the JSON document")
    return evaluate_injecagent(load_model(model), cases, bad, arms, decoding, _followed)


def _followed(rows: Sequence[Any]) -> Iterable[Any]:
    """The rows, with a bar on stderr."""
    from rich.progress import track

    return track(rows, description="injection", console=err, transient=True)


def _show(document: dict[str, Any]) -> None:
    """A table with one row for each arm."""
    metrics = document["metrics"]
    names = [name for name in metrics if "." not in name]
    arms = dict.fromkeys(key.rpartition(".")[0] for key in metrics)
    rows = [[arm or "all", *(_cell(metrics[f"{arm}.{name}" if arm else name]) for name in names)] for arm in arms]
    print_table(["arm", *names], rows, title=f"{document['n']} attacks, {document['model']}")


def _cell(metric: dict[str, Any]) -> str:
    return f"{metric['estimate']:.3f} of {metric['n']}" if metric["n"] else "-"
