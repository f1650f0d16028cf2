"""pyproject.toml, requirements.lock and environment.yml tell the same story, and what is installed follows it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workbook.core.settings import repo_root

ROOT = repo_root()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_TEXT = (ROOT / "environment.yml").read_text()
CONDA = yaml.safe_load(CONDA_TEXT)

# CUDA's packages and triton follow from the build of torch that pip takes.
LEFT_TO_TORCH = re.compile(r"nvidia-.*|cuda-.*|triton")


def direct() -> list[Requirement]:
    """The direct dependencies, for use and for development."""
    return [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]


def lock_lines() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def lock() -> dict[str, Requirement]:
    parsed = [Requirement(line) for line in lock_lines()]
    return {canonicalize_name(r.name): r for r in parsed}


def pin(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


@pytest.mark.parametrize("requirement", direct(), ids=lambda r: r.name)
def test_the_lock_holds_each_direct_dependency_within_its_bounds(requirement):
    locked = lock()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pin(locked))
    assert locked.marker is None, "a direct dependency is needed under every Python"


def test_conda_gets_the_same_direct_dependencies_at_the_same_versions():
    (pip_lines,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    pinned = {}
    for line in pip_lines:
        if not line.startswith("--"):
            requirement = Requirement(line)
            pinned[canonicalize_name(requirement.name)] = (pin(requirement), requirement.extras)
    wanted = {canonicalize_name(r.name): (pin(lock()[canonicalize_name(r.name)]), r.extras) for r in direct()}
    assert pinned == wanted
    assert "--constraint requirements.lock" in pip_lines
    assert "--editable ." in pip_lines


def test_conda_takes_the_pythons_of_the_project():
    (python,) = [entry for entry in CONDA["dependencies"] if str(entry).startswith("python ")]
    assert python.removeprefix("python ") == PROJECT["requires-python"]


def test_every_line_of_the_conda_file_gives_a_reason():
    lines = CONDA_TEXT.split("dependencies:")[1].splitlines()
    bare = [line for line in lines if line.strip().startswith("- ") and "#" not in line and line.strip() != "- pip:"]
    assert bare == []


def test_the_lock_is_complete():
    """Each locked package's own requirements are locked too, so that pip has nothing left to choose."""
    locked, absent = lock(), set()
    for name, requirement in locked.items():
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            applies = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *_extras(name))
            )
            if applies and canonicalize_name(needed.name) not in locked:
                absent.add(f"{needed.name}, for {name}")
    assert {line for line in absent if not LEFT_TO_TORCH.match(line)} == set()


def _extras(name: str) -> set[str]:
    return {extra for r in direct() if canonicalize_name(r.name) == name for extra in r.extras}


def test_what_is_installed_is_what_is_locked():
    wrong = {}
    for name, requirement in lock().items():
        if requirement.marker is None or requirement.marker.evaluate():
            try:
                found = version(name).split("+")[0]
            except PackageNotFoundError:
                found = "nothing"
            if found != pin(requirement):
                wrong[name] = f"{found} instead of {pin(requirement)}"
    assert wrong == {}, "make setup installs the lock"


def test_the_lock_leaves_the_build_of_torch_to_pip():
    text = "\n".join(lock_lines())
    assert pin(lock()["torch"]) == "2.13.0"
    assert "+" not in text, "no local versions"
    assert "--hash" not in text
    assert "://" not in text, "no addresses"
    assert not [name for name in lock() if LEFT_TO_TORCH.fullmatch(name)]


def test_the_lock_is_sorted_and_names_nothing_twice():
    names = [canonicalize_name(Requirement(line).name) for line in lock_lines()]
    assert names == sorted(set(names))


# The module's name where it is not the package's.
MODULES = {
    "yaml": "pyyaml", "PIL": "pillow", "markdown_it": "markdown-it-py", "opentelemetry": "opentelemetry-sdk",
}  # fmt: skip


def test_every_package_that_the_code_imports_is_declared():
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add((node.module or "").split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"workbook"}
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert {canonicalize_name(MODULES.get(name, name)) for name in foreign} - declared == set()


def test_the_licence_is_apache():
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
