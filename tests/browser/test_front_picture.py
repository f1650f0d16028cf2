"""The picture of the thing in use on the front page: taken here, by hand put in its place.

Each run leaves a new one as ``runs/browser/in-use.png``; ``cp runs/browser/in-use.png course/pictures/`` shows it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from browser.conftest import PICTURES

from workbook.core.settings import repo_root

if TYPE_CHECKING:
    from lab_driver import Lab
    from playwright.sync_api import Page

SHOWN = repo_root() / "course" / "pictures" / "in-use.png"
SIZE = {"width": 1240, "height": 780}
COLOURS, MOST = 128, 120_000


@pytest.mark.browser
@pytest.mark.slow
def test_a_guess_beside_what_was_measured(lab: Lab, page: Page) -> None:
    from PIL import Image

    page.set_viewport_size(SIZE)
    notebook = lab.open(page, "00_start_here")
    notebook.run_all()
    notebook.settled()
    asked = notebook.cell("from workbook.study.predict")
    asked.get_by_role("slider").focus()
    for _ in range(75):
        page.keyboard.press("ArrowRight")
    asked.get_by_role("button", name="Commit").click()
    asked.get_by_text("Committed: 75 %").wait_for()
    judged = notebook.run('reveal("00.free_right"')
    notebook.settled()
    judged.locator(".jp-RenderedSVG").wait_for()
    judged.evaluate("cell => cell.scrollIntoView({block: 'end'})")
    page.mouse.move(0, 0)
    page.keyboard.press("Escape")
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    PICTURES.mkdir(parents=True, exist_ok=True)
    taken.save(PICTURES / SHOWN.name, optimize=True)
    assert (PICTURES / SHOWN.name).stat().st_size <= MOST


def test_the_one_shown_is_small_and_of_this_size() -> None:
    from PIL import Image

    assert SHOWN.stat().st_size <= MOST
    with Image.open(SHOWN) as shown:
        assert shown.size == (SIZE["width"], SIZE["height"])
