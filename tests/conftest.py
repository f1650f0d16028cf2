"""What every test may ask for. ``WORKBOOK_REQUIRE`` names parts whose absence is a failure instead of a skip."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbook.core.settings import data_dir

if TYPE_CHECKING:
    from workbook.runner import RunReport

PARTS = ("notebooks", "pocket", "gpu", "chromium", "bubblewrap", "podman")
"""Parts that a machine or a clone may lack."""


def required_parts(text: str) -> set[str]:
    """The parts that ``WORKBOOK_REQUIRE`` lists; one that does not exist is an error, not a requirement never met."""
    parts = {part.strip() for part in text.split(",") if part.strip()}
    unknown = parts - set(PARTS)
    if unknown:
        raise pytest.UsageError(f"WORKBOOK_REQUIRE: no part {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}")
    return parts


def require(part: str, available: bool, reason: str) -> None:
    """Go on when ``part`` is there; else skip with ``reason``, or fail where it is required."""
    if available:
        return
    if part in required_parts(os.environ.get("WORKBOOK_REQUIRE", "")):
        pytest.fail(f"{part} is required (WORKBOOK_REQUIRE) and absent: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(name="require")
def require_fixture() -> Callable[[str, bool, str], None]:
    """``require(part, available, reason)`` for tests."""
    return require


@pytest.fixture
def pocket() -> str:
    """The id of the shipped model, where it is shipped."""
    weights = data_dir() / "models" / "pocket" / "model.safetensors"
    require("pocket", weights.is_file(), "no weights under data/models/pocket: git checkout -- data/models")
    return "pocket"


def pytest_configure(config: pytest.Config) -> None:
    required_parts(os.environ.get("WORKBOOK_REQUIRE", ""))


@pytest.fixture(autouse=True)
def _gpu_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("gpu"):
        import torch

        require("gpu", torch.cuda.is_available(), "needs a CUDA device and a CUDA build of torch")


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of these cells and give its path."""

    import nbformat
    from made_notebooks import make

    def write(*cells: str, name: str = "90_made.ipynb", **how: Any) -> Path:
        path = tmp_path / name
        nbformat.write(make(*cells, **how), path)
        return path

    return write


@pytest.fixture
def run(save: Callable[..., Path], tmp_path: Path) -> Callable[..., RunReport]:
    """Write a notebook of these cells, run it, and give the report."""

    from workbook.runner import run_notebooks

    def go(*cells: str, options: Mapping[str, Any] | None = None, **how: Any) -> RunReport:
        path = save(*cells, **how)
        return run_notebooks([path], **{"profile": "ci", "out": tmp_path / "out", "cwd": tmp_path, **(options or {})})

    return go
