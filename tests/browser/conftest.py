"""A browser without a window, and JupyterLab to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from conftest import require
from lab_driver import PATIENCE, Lab, serving

from workbook.core.settings import repo_root
from workbook.runner.book import BROWSERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = repo_root() / "runs" / "browser"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program, where there is one."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    require("chromium", found is not None, "no browser: make system-deps")
    return str(found)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for a file of tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The pages are ours; where root runs the tests, the browser's own sandbox does not start.
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page whose last look is kept under ``runs/browser``."""
    opened = browser.new_page(viewport={"width": 1300, "height": 1000})
    opened.set_default_timeout(1000 * PATIENCE)
    yield opened
    PICTURES.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=PICTURES / f"{request.node.name}.png")
    opened.close()


@pytest.fixture(scope="module")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab, for a file of tests."""
    with serving(tmp_path_factory.mktemp("clone")) as running:
        yield running
