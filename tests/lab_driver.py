"""JupyterLab as a reader starts it, on a copy of the notebooks, and what a reader does in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from workbook.core.settings import repo_root

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Locator, Page

PATIENCE = 240
"""Seconds to wait for anything; a busy machine is slow, and a test must not fail for it."""
TOKEN = "only-for-this-test"
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent)"
# Lab draws only the cells in view unless told otherwise.
WHOLE = '{"windowingMode": "none"}'


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and the folder that it serves."""

    address: str
    folder: Path

    def open(self, page: Page, notebook: str) -> Notebook:
        """Open a notebook of ``notebooks/`` and wait until its kernel is ready."""
        # A workspace of its own, so that nothing of another test is open.
        where = f"{self.address}/lab/workspaces/{notebook}/tree/notebooks/{notebook}.ipynb?token={TOKEN}"
        page.goto(where)
        opened = Notebook(page)
        opened.settled()
        return opened


@dataclass(frozen=True)
class Notebook:
    """What a reader does in an open notebook."""

    page: Page

    def cell(self, beginning: str) -> Locator:
        """The code cell whose source begins so."""
        return (
            self.page.locator(".jp-CodeCell")
            .filter(has=self.page.locator(".jp-InputArea-editor", has_text=beginning))
            .first
        )

    def run_all(self) -> None:
        """Run every cell, by the menu, and wait for the last."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        self.page.wait_for_function(f"() => {PROMPTS}.every(text => /\\d/.test(text))")

    def run(self, beginning: str) -> Locator:
        """Run one cell by the keyboard; gives its outputs, which may not be whole yet."""
        cell = self.cell(beginning)
        cell.locator(".cm-content").click()
        self._enter(cell)
        return cell.locator(".jp-Cell-outputArea")

    def write(self, beginning: str, source: str) -> None:
        """Put ``source`` in the place of a cell's text, as a reader types it, and run it."""
        cell = self.cell(beginning)
        cell.locator(".cm-content").click()
        handle = cell.element_handle()  # the cell is known by its text, which now changes
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self._enter(handle)
        self.settled()

    def settled(self) -> None:
        """Wait until the kernel has nothing left to do."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        self.page.wait_for_function(f"() => !{PROMPTS}.some(text => text.includes('*'))")

    def errors(self) -> list[str]:
        """What went wrong, in the words that a reader sees."""
        return self.page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()

    def _enter(self, cell: Locator | ElementHandle) -> None:
        """Run the chosen cell, and wait until Lab has taken the order: its number changes, if only to a star."""
        handle = cell.element_handle() if hasattr(cell, "nth") else cell
        number = "(cell) => cell.querySelector('.jp-InputPrompt').textContent"
        before = handle.evaluate(number)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(f"([cell, before]) => ({number})(cell) !== before", arg=[handle, before])


def listen(page: Page) -> list[str]:
    """What the console complains of, and what is asked of a server, from now on."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url) if request.url.startswith("http") else None)
    return heard


@contextmanager
def serving(folder: Path) -> Iterator[Lab]:
    """``workbook lab`` on a copy of the notebooks in the size of a test, so that a reader's answers change nothing."""
    _copy(repo_root(), folder)
    settings = folder / ".settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(WHOLE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    flags += [f"--LabApp.user_settings_dir={folder / '.settings'}", f"--LabApp.workspaces_dir={folder / '.workspaces'}"]
    command = [sys.executable, "-c", "from workbook.cli.main import main; main()", "lab", *flags]
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env=_surroundings(folder), start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address, process, folder / "lab.log")
            yield Lab(address, folder)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)


def _copy(root: Path, folder: Path) -> None:
    for name in ("course", "data", "pyproject.toml", "requirements.lock"):
        (folder / name).symlink_to(root / name)
    (folder / "notebooks").mkdir()
    for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        notebook: Any = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = cell.source.replace('profile: str = "study"', 'profile: str = "ci"')
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / "notebooks" / path.name)


def _surroundings(folder: Path) -> dict[str, str]:
    """A reader's: somebody sits there, and what he answers is kept in a folder of the test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WORKBOOK_", "PYTEST"))}
    return {**kept, "WORKBOOK_ROOT": str(folder), "WORKBOOK_HOME": str(folder / ".home")}


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text()[-3000:]}", pytrace=False)
