"""What this machine has and lacks: ``diagnose()`` for a notebook cell, ``checks()`` for the command line.

Covers Python, the pinned packages, the device, the grammar engines, retrieval, the shipped models, the optional
programs and what a platform limits. Names versions and never paths or the host's name, so that its
output can be committed. Installs nothing.
"""

from __future__ import annotations

import html
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.lab.shipped import shipped_models
from workbook.tools.embedding import original

Status = Literal["ok", "missing", "warn"]
MARKS: dict[str, str] = {"ok": "✓", "missing": "✗", "warn": "–"}

PYTHONS = ((3, 11), (3, 14))
ENGINE_PACKAGES = {
    "outlines_core": "outlines-core",
    "xgrammar": "xgrammar",
    "llguidance": "llguidance",
    "llama.cpp": "xllamacpp",
}
SET_UP = "make lab (or: pip install -r requirements.lock)"
SYSTEM = "make system-deps"
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One thing looked for. ``missing`` stops the workbook, ``warn`` limits it; ``remedy`` is the way to get it."""

    name: str
    status: Status
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All checks; a notebook shows them as a table, a terminal as lines."""

    device: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is missing that the workbook cannot do without."""
        return all(check.status != "missing" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``workbook doctor --json``."""
        return {"ok": self.ok, "device": self.device, "checks": [asdict(check) for check in self.checks]}

    def __repr__(self) -> str:
        return "\n".join(f"{MARKS[c.status]} {c.name:<14} {c.detail}{_arrow(c)}" for c in self.checks)

    def _repr_html_(self) -> str:
        titles = ("", "what", "found", "how to get it")
        head = "<tr>" + "".join(f'<th style="text-align:left">{title}</th>' for title in titles) + "</tr>"
        rows = "".join(_html_row(check) for check in self.checks)
        return f"<table>{head}{rows}</table>"


def diagnose() -> Diagnosis:
    """Look at everything; takes a second or two, most of it the import of torch."""
    device = device_check()
    return Diagnosis(device.detail, (*_python_checks(), device, *_rest()))


def checks() -> list[Check]:
    """Every check, in the order in which they are shown."""
    return list(diagnose().checks)


def device_check() -> Check:
    """The device that models run on: CUDA with its name, memory and bf16, else the processor."""
    if importlib.util.find_spec("torch") is None:
        return Check("device", "missing", "torch is not installed, so no model can run", SET_UP)
    import torch

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        bf16 = "bf16" if torch.cuda.is_bf16_supported() else "no bf16"
        return Check("device", "ok", f"CUDA: {properties.name}, {properties.total_memory / GIB:.0f} GiB, {bf16}")
    processor = f"CPU: {platform.machine()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB of memory"
    if shutil.which("nvidia-smi") is None:
        return Check("device", "ok", f"{processor} (no CUDA device found; none is needed)")
    built = torch.version.cuda or "none: a build for CPUs"
    return Check(
        "device",
        "warn",
        f"{processor}; an NVIDIA driver is here, but torch cannot use it (its CUDA: {built})",
        f"install a CUDA build: pip install --force-reinstall torch=={torch.__version__.split('+')[0]}",
    )


def _rest() -> Iterator[Check]:
    yield from map(_engine_check, ENGINE_PACKAGES)
    yield from _retrieval_checks()
    yield from (Check(f"model {m.id}", m.status, m.detail, m.remedy) for m in shipped_models())
    yield from map(_program_check, PROGRAMS)
    yield from _platform_checks()


def _python_checks() -> Iterator[Check]:
    found = platform.python_version()
    low, high = (".".join(map(str, v)) for v in (PYTHONS[0], (3, PYTHONS[1][1] - 1)))
    if PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]:
        yield Check("python", "ok", found)
    else:
        yield Check("python", "missing", f"{found}, but {low} to {high} is needed", "make lab PYTHON=python3.12")
    yield _packages_check()
    yield _kernel_check()


def _packages_check() -> Check:
    absent, other = _compare(_pins())
    if absent:
        return Check("packages", "missing", f"not installed: {_some(absent)}", SET_UP)
    if other:
        return Check("packages", "warn", f"not the pinned version: {_some(other)}", SET_UP)
    return Check("packages", "ok", f"all {len(_pins())} at their pinned versions")


def _compare(pins: dict[str, str]) -> tuple[list[str], list[str]]:
    """Names that are not installed, and ``name found instead of pinned`` where the version differs."""
    absent, other = [], []
    for name, pinned in pins.items():
        try:
            found = version(name).split("+")[0]
        except PackageNotFoundError:
            absent.append(name)
            continue
        if found != pinned:
            other.append(f"{name} {found} instead of {pinned}")
    return absent, other


def _pins() -> dict[str, str]:
    """The lock's versions by package, as far as they concern this Python."""
    from packaging.requirements import Requirement

    lines = (repo_root() / "requirements.lock").read_text(encoding="utf-8").splitlines()
    parsed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    wanted = [r for r in parsed if r.marker is None or r.marker.evaluate()]
    return {r.name: next(iter(r.specifier)).version for r in wanted}


def _kernel_check() -> Check:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        argv = KernelSpecManager().get_kernel_spec("python3").argv
    except NoSuchKernel:
        return Check("kernel", "missing", "Jupyter has no Python kernel", SET_UP)
    # jupyter_client puts the running interpreter in place of a bare "python".
    if argv[0] in {"python", "python3"} or os.path.realpath(argv[0]) == os.path.realpath(sys.executable):
        return Check("kernel", "ok", "notebooks run on this Python")
    return Check("kernel", "warn", "another Python's kernel stands in front of this one", "open it with: workbook lab")


def _engine_check(name: str) -> Check:
    try:
        return Check(f"engine {name}", "ok", version(ENGINE_PACKAGES[name]))
    except PackageNotFoundError:
        return Check(f"engine {name}", "missing", "not installed", SET_UP)


def _retrieval_checks() -> Iterator[Check]:
    """The registry's database, and the weights that it searches by meaning with."""
    try:
        yield Check("lancedb", "ok", f"{version('lancedb')}: the registry of tools")
    except PackageNotFoundError:
        yield Check("lancedb", "missing", "not installed; it is the registry of tools", SET_UP)
    try:
        original()
    except WorkbookError as error:
        yield Check("MiniLM", "missing", error.message, error.remedy)
    else:
        yield Check("MiniLM", "ok", "all-MiniLM-L6-v2, byte for byte: searching tools by meaning")


@dataclass(frozen=True)
class Program:
    """An optional program: any of ``commands`` will do, ``use`` is what it is for."""

    name: str
    commands: tuple[str, ...]
    use: str
    remedy: str = SYSTEM


PROGRAMS = (
    Program(
        "make", ("make", "gmake"), "the two commands of the README", "your package manager has it; or use: workbook lab"
    ),
    Program("g++", ("g++", "clang++", "c++"), "compiled training (torch.compile) and engines built from source"),
    Program("chromium", ("chromium", "chromium-browser", "google-chrome"), "the tests that drive JupyterLab"),
    Program("bubblewrap", ("bwrap",), "running code that a model wrote"),
    Program("containers", ("podman", "docker"), "running code that a model wrote, in a container"),
)


def _program_check(program: Program) -> Check:
    found = next((command for command in program.commands if shutil.which(command)), None)
    if found:
        return Check(program.name, "ok", f"{found}: {program.use}")
    return Check(program.name, "warn", f"not here; it is for {program.use}", program.remedy)


def _platform_checks() -> Iterator[Check]:
    """One line where the platform is not the tested one; nothing on plain Linux."""
    system = platform.system()
    if system == "Darwin":
        detail = "macOS: not tested; no bubblewrap, no CUDA (models run on the processor), containers need a machine"
        yield Check("platform", "warn", detail, "podman machine init && podman machine start")
    elif "microsoft" in platform.release().lower():
        detail = "WSL2: not tested; keep the clone on the Linux side, a browser opens on the Windows side"
        yield Check("platform", "warn", detail, "workbook lab --no-browser, and open the printed address")
    elif system != "Linux":
        yield Check("platform", "warn", f"{system}: not supported", "use WSL2")


def _memory_gib() -> float:
    import psutil

    return psutil.virtual_memory().total / GIB


def _some(names: Iterable[str], most: int = 6) -> str:
    listed = list(names)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest


def _arrow(check: Check) -> str:
    return f"  → {check.remedy}" if check.remedy else ""


def _html_row(check: Check) -> str:
    remedy = f"<code>{html.escape(check.remedy)}</code>" if check.remedy else ""
    cells = (MARKS[check.status], html.escape(check.name), html.escape(check.detail), remedy)
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"
