"""The house of packages: who may import whom, what a public name says, how large all of it may grow."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.core.settings import repo_root

ROOT = repo_root()
SOURCE = ROOT / "src" / "workbook"
# From the ground up: a package imports only from itself and from those before it. The command starts runs.
ORDER = (
    "core", "suites", "models", "grammar", "tools", "agent", "gateway", "finetune", "lab", "study", "runner", "cli",
)  # fmt: skip
HEAVY = (
    "torch", "transformers", "pandas", "matplotlib", "outlines", "scipy", "lancedb", "IPython", "papermill",
    "httpx2", "mcp", "pydantic", "uvicorn", "fastapi", "pyarrow", "sentence_transformers", "sklearn",
    "opentelemetry", "distributed", "dask",
)  # fmt: skip
MIB = 2**20
MODULES = sorted(SOURCE.rglob("*.py"))


def package_of(path: Path, source: Path = SOURCE) -> str:
    """The package of a module; the top module itself counts as none."""
    parts = path.relative_to(source).parts
    return parts[0] if len(parts) > 1 else ""


def imported_packages(tree: ast.AST, inside: str) -> set[str]:
    """The packages of ours that a module imports, inside functions and under TYPE_CHECKING too."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(("workbook", inside)[: 3 - node.level] + ((base,) if base else ()))
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("workbook.") and name.split(".")[1] in ORDER}


def upward(tree: ast.AST, package: str) -> set[str]:
    """The packages that ``package`` must not import, and does."""
    allowed = ORDER[: ORDER.index(package) + 1]
    return imported_packages(tree, package) - set(allowed)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_imports_point_downward(path):
    package = package_of(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if package:
        assert package in ORDER, f"the package {package} has no place in the house"
        assert upward(tree, package) == set()
    else:
        assert imported_packages(tree, "") == set()


@pytest.mark.parametrize(
    "source",
    [
        "from workbook.lab import plots",
        "def f():\n    import workbook.cli.main",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from workbook.study.exercises import check",
        "from workbook import runner",
        "from ..finetune import mixes",
    ],
)
def test_the_check_sees_an_import_wherever_it_hides(source):
    assert upward(ast.parse(source), "grammar")


def test_the_check_lets_downward_imports_pass():
    source = "from workbook.core.chat import Tool\nfrom workbook.models import load_model\nfrom .engines import compile"
    assert upward(ast.parse(source), "grammar") == set()


@pytest.mark.parametrize("module", ["workbook", "workbook.core", "workbook.tools", "workbook.cli.main"])
def test_opening_the_package_loads_nothing_heavy(module):
    """The cause of a slow start, rather than its seconds, which depend on the machine."""
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


def test_modules_are_about_one_thing():
    lines = {
        path.relative_to(SOURCE).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    assert {name: count for name, count in lines.items() if count > 320} == {}
    vague = {path.stem for path in MODULES} & {"utils", "util", "helpers", "helper", "misc", "common"}
    assert vague == set()


Function = (ast.FunctionDef, ast.AsyncFunctionDef)
# Not the name's own words, and not those that hold a sentence together: what is left is what a docstring says.
LITTLE_WORDS = {*"a all an and are as at be by for from has in is it its of on one or that the to was with".split()}


def public(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Public classes, functions and methods by their qualified names.

    What begins with an underscore is private with all that it holds, and what a function defines is its own business.
    Of names with two underscores only ``__init__`` is looked at, for its types: the language documents the others.
    """

    def inside(node: ast.AST, path: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (*Function, ast.ClassDef)):
                name = f"{path}{child.name}"
                if not child.name.startswith("_") or child.name == "__init__":
                    yield name, child
                    if isinstance(child, ast.ClassDef):
                        yield from inside(child, f"{name}.")
            elif not isinstance(child, ast.expr):
                yield from inside(child, path)

    return inside(tree, "")


def untyped(node: ast.AST) -> list[str]:
    """Parameters without a type, and ``return``; ``self`` and ``cls`` have theirs from the class."""
    if not isinstance(node, Function):
        return []
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    bare = [one.arg for one in named if one.annotation is None and one.arg not in ("self", "cls")]
    return bare + ["return"] * (node.returns is None)


def says_nothing(name: str, docstring: str) -> bool:
    """Whether a docstring has no word that the name does not have: forms of a word count as one."""
    known = {_stem(word) for word in re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())}
    said = [word for word in re.findall(r"[a-z0-9]+", docstring.lower()) if word not in LITTLE_WORDS]
    return all(_stem(word) in known for word in said)


def _stem(word: str) -> str:
    return re.sub(r"(?<=..)(?<=[^aeiou])(ings?|ion|ed|es|e|s)$", "", word)


def faults(tree: ast.Module) -> dict[str, str]:
    """What public names lack: a docstring, one that says more than the name, or types."""
    found = {}
    for name, node in public(tree):
        docstring = ast.get_docstring(node)
        if not name.endswith("__init__") and (docstring is None or says_nothing(name, docstring)):
            found[name] = "no docstring" if docstring is None else f"its docstring repeats it: {docstring}"
        elif untyped(node):
            found[name] = f"no types for {', '.join(untyped(node))}"
    return found


def test_public_names_have_docstrings_and_types():
    found = {
        f"{path.relative_to(SOURCE).as_posix()}: {name}": fault
        for path in MODULES
        for name, fault in faults(ast.parse(path.read_text(encoding="utf-8"))).items()
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def f() -> None: ...", "f"),
        ("async def f() -> None: ...", "f"),
        ("class A: ...", "A"),
        ("class A:\n    'Holds letters.'\n    def f(self) -> None: ...", "A.f"),
        ("class A:\n    'Holds letters.'\n    class B: ...", "A.B"),
        ("if True:\n    def f() -> None: ...", "f"),
        ("def f(x) -> None:\n    'Sorts letters.'", "f"),
        ("def f(x: int):\n    'Sorts letters.'", "f"),
        ("def f(*x, y: int) -> None:\n    'Sorts letters.'", "f"),
        ("def f(*, x=1, **y: int) -> None:\n    'Sorts letters.'", "f"),
        ("class A:\n    'Holds letters.'\n    def __init__(self, x) -> None: ...", "A.__init__"),
        ("def write_rows() -> None:\n    'Write the rows.'", "write_rows"),
        ("class TaskSet:\n    'A set of tasks.'", "TaskSet"),
        (
            "class Tool:\n    'A thing to call.'\n    def named(self) -> str:\n        'The name of the tool.'",
            "Tool.named",
        ),
    ],
)
def test_the_check_sees_a_public_name_that_says_too_little(source, name):
    assert list(faults(ast.parse(source))) == [name]


@pytest.mark.parametrize(
    "source",
    [
        "def _f(x): ...",
        "class _A:\n    def f(self, x): ...",
        "class A:\n    'Holds letters.'\n    def __len__(self): ...\n    def _f(self): ...",
        "def f() -> None:\n    'Sorts letters.'\n    def inner(x): ...\n    class Inner: ...",
        "def write_rows(path: str) -> int:\n    'Write JSON Lines, in one step.'",
        "class A:\n    'Holds letters.'\n    @classmethod\n    def read(cls, x: int) -> int:\n        'As saved.'",
    ],
)
def test_the_check_lets_the_private_and_the_told_pass(source):
    assert faults(ast.parse(source)) == {}


def test_the_repository_stays_small():
    sizes = tracked_sizes()
    checkpoints = {path: size for path, size in sizes.items() if path.endswith((".safetensors", ".gguf", ".bin"))}
    notebooks = {path: size for path, size in sizes.items() if path.endswith(".ipynb")}
    assert {path: size for path, size in checkpoints.items() if size > 15 * MIB} == {}
    assert {path: size for path, size in notebooks.items() if size > 300_000} == {}
    assert sum(sizes.values()) < 48 * MIB


def tracked_sizes() -> dict[str, int]:
    """Sizes of all files that git tracks; an archive without git counts what lies there."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        hidden = {".venv", "runs", "build"}
        paths = [p for p in ROOT.rglob("*") if not hidden & set(p.relative_to(ROOT).parts)]
    return {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in paths if path.is_file()}
