"""The house of packages: who may import whom, how fast it opens, how large the repository may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
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
