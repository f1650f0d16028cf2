"""The slides in a real browser, from their files: the keys turn them, and nothing on them is cut."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab_driver import listen

from workbook.runner.notebooks import find_notebooks
from workbook.runner.slides import make_slides

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DECKS = [path.stem for path in find_notebooks()]
CUT = """() => {
  const slide = Reveal.getCurrentSlide(), edge = slide.getBoundingClientRect();
  const over = [...slide.querySelectorAll("*")].filter(part => {
    const box = part.getBoundingClientRect();
    return box.width && (box.bottom > edge.bottom + 1 || box.right > edge.right + 1 || box.left < edge.left - 1);
  });
  return over.map(part => part.tagName + ": " + part.textContent.slice(0, 60));
}"""


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_slides(find_notebooks(), tmp_path_factory.mktemp("slides")).parent


def test_the_list_leads_to_a_deck(slides: Path, page: Page) -> None:
    heard = listen(page)
    page.goto((slides / "index.html").as_uri())
    page.get_by_role("link", name=DECKS[1]).click()
    page.locator("section.present h1").wait_for()
    assert heard == []


def test_the_arrow_keys_turn_the_slides(slides: Path, page: Page) -> None:
    page.goto((slides / f"{DECKS[1]}.html").as_uri())
    shown = page.locator("section.present")
    first = shown.locator("h1").inner_text()
    page.keyboard.press("ArrowRight")
    shown.get_by_text("What do you expect?").wait_for()
    page.keyboard.press("ArrowLeft")
    shown.get_by_text(first).wait_for()
    page.keyboard.press("End")
    page.wait_for_function("Reveal.isLastSlide()")


@pytest.mark.parametrize("name", DECKS)
def test_no_slide_is_cut_and_the_console_is_quiet(name: str, slides: Path, page: Page) -> None:
    heard = listen(page)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((slides / f"{name}.html").as_uri())
    count = page.evaluate("Reveal.getTotalSlides()")
    for number in range(count):
        page.wait_for_function(f"Reveal.getState().indexh === {number}")
        assert page.evaluate(CUT) == [], f"slide {number + 1}"
        page.keyboard.press("ArrowRight")
    assert heard == []


def test_a_slide_that_holds_too_much_is_found(slides: Path, page: Page) -> None:
    page.goto((slides / f"{DECKS[1]}.html").as_uri())
    page.evaluate("Reveal.getCurrentSlide().insertAdjacentHTML('beforeend', '<p>much</p>'.repeat(60))")
    assert page.evaluate(CUT) != []


def test_light_and_dark_as_the_screen_is(slides: Path, browser: Browser) -> None:
    seen = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((slides / f"{DECKS[0]}.html").as_uri())
        seen.add(page.evaluate("getComputedStyle(document.body).background + getComputedStyle(document.body).color"))
        page.close()
    assert len(seen) == 2
