"""Finding notebooks by name, and the checks before a run.

papermill lets several mistakes pass: an unknown parameter only warns, without a ``parameters`` cell the
notebook's own values win, and types are seen only where there is an annotation. All are errors here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import nearest, repo_root, unknown

PARAMETERS = "parameters"
# The first fails the run all the same, the second is left out without a word.
FORBIDDEN_TAGS = {
    "raises-exception": "catch the exception in the cell and show it",
    "skip-execution": "an unattended run must run every cell",
}
EXAMPLE = 'profile: str = "study"  # ci, study or full'
PLAIN_TYPES: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "str": str, "bool": bool}
"""The annotations that a value is held to; any other says too little about its values."""


def find_notebooks(names: Iterable[str] = (), folder: Path | None = None) -> list[Path]:
    """The notebooks that ``names`` stand for (a path, a file name, a number such as ``01``); all without names.

    Raises ``WorkbookError`` where there is none; an unknown name names the nearest.
    """
    folder = folder or repo_root() / "notebooks"
    known = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    found = list(dict.fromkeys(_find(name, known) for name in names)) or known
    if not found:
        raise WorkbookError(f"there is no notebook in {folder.name}/", "Their names look like 01_topic.ipynb.")
    return found


def _find(name: str, known: list[Path]) -> Path:
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    wanted = Path(name).name.removesuffix(".ipynb")
    matches = [path for path in known if wanted == path.stem or wanted == path.stem[:2]]
    if not matches:
        raise unknown("notebook", name, [path.stem for path in known])
    return matches[0]


def problems(notebook: Any, given: Mapping[str, Any]) -> list[str]:
    """What keeps this notebook from a sound run with the parameters ``given``; empty when nothing does."""
    return [*_tag_problems(notebook), *parameter_problems(notebook, given)]


def require_sound(path: Path, notebook: Any, given: Mapping[str, Any]) -> None:
    """Raise :class:`WorkbookError` with every problem of the notebook."""
    found = problems(notebook, given)
    if found:
        raise WorkbookError("; ".join(found), f"Mend {path.name} and run it again.")


def parameter_problems(notebook: Any, given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the notebook's parameters cell, or with ``given`` as values for it."""
    tagged = [cell for cell in notebook.cells if PARAMETERS in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        count = "no cell is" if not tagged else f"{len(tagged)} cells are"
        return [f"{count} tagged {PARAMETERS!r}; exactly one must be"]
    source = tagged[0].source
    try:
        declared = declared_parameters(source)
    except SyntaxError as error:
        return [f"the parameters cell is not Python: {error.msg}, line {error.lineno}"]
    return [*_statement_problems(source), *_unknown_problems(given, list(declared)), *_type_problems(given, declared)]


def declared_parameters(source: str) -> dict[str, ast.AnnAssign]:
    """The annotated assignments of a parameters cell by name. Raises ``SyntaxError`` when it is not Python."""
    statements = [node for node in ast.parse(source).body if isinstance(node, ast.AnnAssign)]
    return {node.target.id: node for node in statements if isinstance(node.target, ast.Name)}


def _tag_problems(notebook: Any) -> list[str]:
    return [
        f"cell {number} is tagged {tag!r}: {advice}"
        for number, cell in enumerate(notebook.cells, 1)
        for tag, advice in FORBIDDEN_TAGS.items()
        if tag in cell.metadata.get("tags", [])
    ]


def _statement_problems(source: str) -> list[str]:
    found = []
    lines = source.splitlines()
    for node in ast.parse(source).body:
        text = ast.unparse(node).splitlines()[0]
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value):
            found.append(f"the parameter `{text}` needs an annotation, as in `{EXAMPLE}`")
        elif "#" not in lines[(node.end_lineno or node.lineno) - 1]:
            found.append(f"the parameter `{text}` needs a comment that says what it is, as in `{EXAMPLE}`")
    return found


def _unknown_problems(given: Mapping[str, Any], declared: list[str]) -> list[str]:
    found = []
    for name in given:
        if name not in declared:
            close = nearest(name, declared)
            hint = f"; did you mean {close!r}?" if close else ""
            found.append(f"unknown parameter {name!r}{hint} (there are: {', '.join(declared) or 'none'})")
    return found


def _type_problems(given: Mapping[str, Any], declared: Mapping[str, ast.AnnAssign]) -> list[str]:
    found = []
    for name in given.keys() & declared.keys():
        kind = ast.unparse(declared[name].annotation)
        if not _fits(given[name], kind):
            found.append(f"the parameter {name!r} takes {kind}, not {given[name]!r}")
    return sorted(found)


def _fits(value: Any, kind: str) -> bool:
    """Whether ``value`` is of the type ``kind``; True is no number here, though Python calls it one."""
    if kind not in PLAIN_TYPES:
        return True
    return isinstance(value, PLAIN_TYPES[kind]) and isinstance(value, bool) == (kind == "bool")
