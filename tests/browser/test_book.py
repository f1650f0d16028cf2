"""The book in a real browser, from its file: search, light and dark, and a quiet console."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab_driver import listen

from workbook.runner.book import make_book

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_book(tmp_path_factory.mktemp("book") / "site").parent


def test_its_pages_open_without_a_complaint(book: Path, page: Page) -> None:
    heard = listen(page)
    for path in ["index.html", "claims.html", *sorted(str(p.relative_to(book)) for p in book.glob("notebooks/*.html"))]:
        page.goto((book / path).as_uri())
        assert page.locator("h1").first.is_visible(), path
    assert heard == []


def test_the_search_finds_a_question(book: Path, page: Page) -> None:
    heard = listen(page)
    page.goto((book / "index.html").as_uri())
    page.get_by_role("textbox", name="Search").first.fill("idempotency")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a")
    found.first.wait_for()
    found.first.click()
    page.wait_for_url(lambda url: "search.html" not in url)
    assert "idempot" in page.locator("article").inner_text().lower()
    assert heard == []


def test_light_and_dark_by_the_button(book: Path, page: Page) -> None:
    page.goto((book / "notebooks" / "01_grammars_vs_prompting.html").as_uri())
    seen = set()
    for _ in range(3):
        page.get_by_role("button", name="theme").locator("visible=true").first.click()
        seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_a_link_leads_from_a_question_to_its_notebook(book: Path, page: Page) -> None:
    page.goto((book / "questions" / "01.automata.html").as_uri())
    page.locator("article").get_by_role("link", name="01_grammars_vs_prompting").click()
    page.wait_for_url("**/notebooks/01_grammars_vs_prompting.html")
    assert page.locator("h1").first.inner_text().startswith("01")
