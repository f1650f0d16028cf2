"""Sweeps: what ``--grid`` asks for, and the tasks that a run consists of.

A task is one notebook with one set of parameters. A grid names values for some parameters; each combination of them
is a point, and each notebook runs once a point. Leaves out where tasks run (``run``, ``cluster``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from workbook.core.errors import UsageError
from workbook.core.settings import profile as find_profile
from workbook.runner.execute import read_notebook
from workbook.runner.notebooks import parameter_problems

EXAMPLE = "For example: --grid n_tasks=20,200 model=pocket,pocket@40"
CALLED = {"model": "model_id"}
"""What a parameter is called on the command line, where that differs from the notebooks' name."""
NEXT_AXIS = re.compile(r"\s+(?=[A-Za-z_]\w*=)")

Axes = Mapping[str, Sequence[Any]]
"""Values by parameter."""


@dataclass(frozen=True)
class Task:
    """One notebook with one set of parameters: ``name`` is that of its copy, ``point`` what the grid chose."""

    path: Path
    name: str
    parameters: Mapping[str, Any]
    point: Mapping[str, Any] | None = None

    @property
    def profile(self) -> str:
        """The profile of its parameters: how large the notebook runs."""
        return str(self.parameters["profile"])


def read_grid(texts: Iterable[str]) -> dict[str, list[Any]]:
    """The axes that texts such as ``n_tasks=20,200`` name; values are YAML, so ``[1, 2],[3]`` are two lists.

    Raises :class:`UsageError` for anything else, and for a name or a value that comes twice.
    """
    axes: dict[str, list[Any]] = {}
    for text in (part for given in texts for part in NEXT_AXIS.split(given.strip())):
        name, values = _axis(text)
        if name in axes:
            raise UsageError(f"--grid names {name!r} twice", "Give its values together, with commas between them.")
        axes[name] = values
    return axes


def plan(paths: Sequence[Path], given: Mapping[str, Any], axes: Axes | None = None) -> list[Task]:
    """Every notebook with the parameters ``given``, once a point of the grid where there is one.

    Raises :class:`UsageError` before anything runs when the grid does not fit a notebook, or two have one name.
    """
    _require_names_apart(paths)
    if not axes:
        return [Task(path, path.name, given) for path in paths]
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    for path in paths:
        _require_fitting(path, given, points)
    return [
        Task(path, f"{path.stem}.{number}.ipynb", {**given, **point}, point)
        for path in paths
        for number, point in enumerate(points, 1)
    ]


def point_text(point: Mapping[str, Any] | None) -> str:
    """A point as a person would type it: ``n_tasks=20 seed=1``."""
    return " ".join(f"{name}={value}" for name, value in (point or {}).items())


def _axis(text: str) -> tuple[str, list[Any]]:
    import yaml

    name, separator, listed = text.partition("=")
    if not separator or not name.isidentifier():
        raise UsageError(f"--grid takes NAME=VALUE,VALUE, not {text!r}", EXAMPLE)
    try:
        values = yaml.safe_load(f"[{listed}]")
    except yaml.YAMLError:
        raise UsageError(f"--grid cannot read the values of {name!r}: {listed!r}", EXAMPLE) from None
    if not values or None in values:
        raise UsageError(f"--grid gives {name!r} an empty value", EXAMPLE)
    if len({repr(value) for value in values}) < len(values):
        raise UsageError(f"--grid gives {name!r} the same value twice: {listed}", "Each value makes a run of its own.")
    return CALLED.get(name, name), values


def _require_names_apart(paths: Sequence[Path]) -> None:
    names = [path.name for path in paths]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UsageError(f"two notebooks are named {twice[0]}", "Their copies would be one file; run them apart.")


def _require_fitting(path: Path, given: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> None:
    notebook = read_notebook(path)
    found = dict.fromkeys(problem for point in points for problem in parameter_problems(notebook, {**given, **point}))
    if found:
        raise UsageError(f"--grid does not fit {path.name}: {'; '.join(found)}", EXAMPLE)
    for point in points:
        find_profile(str(point.get("profile", given["profile"])))
