"""``workbook run``: run notebooks unattended, here or on a cluster, into executed copies and an HTML report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from workbook.cli.console import MODEL_HELP, err, print_json, stdout_kept_free
from workbook.core.errors import UsageError
from workbook.core.settings import profile as find_profile

if TYPE_CHECKING:
    from workbook.runner import NotebookRun, RunReport


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("run", epilog="Example: workbook run 01 --profile ci --grid n_tasks=20,200 seed=0,1")(run)


def run(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Paths, names or numbers; all without.")] = None,
    profile: Annotated[str, typer.Option(help="How much to run: ci, study or full.")] = "",
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    out: Annotated[Path | None, typer.Option(help="Where copies and report go; runs/PROFILE without.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A parameter, as NAME=VALUE.")] = None,
    grid: Annotated[list[str] | None, typer.Option(help="Run each once a combination of NAME=VALUE,VALUE ...")] = None,
    cluster: Annotated[str | None, typer.Option(help="local, or a Dask scheduler's address, tcp://host:8786.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many at a time, on this machine.")] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Also write the outputs into the notebooks.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Run notebooks in fresh kernels and write executed copies and an HTML report.

    One after another; with --grid, --workers or --cluster several at a time, as tasks of a Dask cluster.
    Exit status 1 when a notebook fails; the cell that failed is shown.
    """
    from workbook.runner.grid import read_grid
    from workbook.runner.notebooks import find_notebooks

    size = find_profile(profile or None)
    names, axes = _apart(notebooks or [], grid or [])
    paths = find_notebooks(names)
    parameters = dict(_setting(text) for text in settings or [])
    where = {"grid": read_grid(axes), "cluster": cluster, "workers": workers}
    _require_possible(where, parameters)
    if in_place:
        _require_committable(where, size.name, model)
    with stdout_kept_free():
        report = _run(paths, size.name, model, out, parameters=parameters, **where)
        if in_place:
            _write_back(paths, report)
    if json:
        print_json(report.to_dict())
    raise typer.Exit(0 if report.ok else 1)


def _run(paths: list[Path], profile: str, model: str, out: Path | None, **how: Any) -> RunReport:
    from workbook.core.settings import repo_root
    from workbook.runner import run_notebooks

    folder = out or repo_root() / "runs" / profile
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} cells"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as progress:
        tasks: dict[Path, TaskID] = {}

        def listen(path: Path, done: int, total: int) -> None:
            if path not in tasks:
                tasks[path] = progress.add_task(path.stem)
            progress.update(tasks[path], completed=done, total=total)

        report = run_notebooks(paths, profile, model, folder, listener=listen, finished=_tell, **how)
    err.print(Text(f"report: {folder / 'index.html'}"), soft_wrap=True)
    return report


def _tell(run: NotebookRun) -> None:
    from workbook.runner.grid import point_text

    style = "green" if run.status == "ok" else "bold red"
    what = "  ".join(filter(None, (run.path, point_text(run.grid))))
    err.print(Text.assemble((f"{run.status:<7}", style), f"{what}  {run.seconds:.1f} s  {run.peak_mib:.0f} MiB"))
    if run.error:
        err.print(Text(run.error, "red"), soft_wrap=True)
    if run.cell:
        err.print(Text("in this cell:", "bold"))
        err.print(Text("\n".join(f"    {line}" for line in run.cell.splitlines())), soft_wrap=True)


def _apart(words: list[str], grid: list[str]) -> tuple[list[str], list[str]]:
    """Names of notebooks and axes: after --grid, what looks like NAME=VALUE is one more axis."""
    if not grid:
        return words, grid
    return [word for word in words if "=" not in word], [*grid, *(word for word in words if "=" in word)]


def _require_possible(where: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for options that contradict each other."""
    twice = sorted(where["grid"].keys() & parameters.keys())
    if twice:
        raise UsageError(f"--set and --grid both name {twice[0]!r}", "Leave it out of one of them.")
    if where["workers"] and where["cluster"] not in (None, "local"):
        raise UsageError("--workers starts workers on this machine, and --cluster names others", "Leave one out.")


def _require_committable(where: Mapping[str, Any], profile: str, model: str) -> None:
    """Raise :class:`UsageError` unless the run gives what the repository commits."""
    from workbook.runner.commit import require_committable

    if any(where.values()):
        raise UsageError(
            "committed outputs come from runs one after another, whose seconds nothing disturbs",
            "Leave out --grid, --cluster and --workers, or leave out --in-place.",
        )
    require_committable(profile, model)


def _setting(text: str) -> tuple[str, Any]:
    import yaml

    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        raise UsageError(f"--set takes NAME=VALUE, not {text!r}", "For example: --set n_trials=20")
    return name, yaml.safe_load(value)


def _write_back(paths: list[Path], report: RunReport) -> None:
    from workbook.runner.commit import write_back

    for path, run in zip(paths, report.notebooks, strict=True):
        if run.status == "ok" and run.output:
            write_back(run.output, path)
        else:
            err.print(Text(f"{run.path} keeps its outputs, because it failed", "yellow"))
