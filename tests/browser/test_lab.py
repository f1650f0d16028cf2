"""JupyterLab in a real browser: the first notebook runs, every widget does what its label says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab_driver import PATIENCE

if TYPE_CHECKING:
    from lab_driver import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RIGHT = 'my_call = {"name": "get_weather", "arguments": {"city": "Lima", "unit": "fahrenheit"}}'
WRONG = 'my_call = {"name": "get_weather", "arguments": {"city": "Lima", "unit": "kelvin"}}'
WIDGETS = {
    "guess": """
from workbook.study.predict import predict
predict("90.toy", "How many of the toys fit?")""",
    "walk": """
from dataclasses import dataclass
from workbook.study.stepper import stepper

@dataclass(frozen=True)
class Step:
    token_id: int
    text: str
    top: tuple
    allowed_count: int
    allowed_mass: float
    forced: bool = False

top = (("Sure", 0.6, 0.0, False),)
stepper([Step(n, text, ((text, 0.4, 1.0, True), *top), 1, 0.4) for n, text in enumerate("{a}")], 0)""",
    "time": """
from workbook.study.latency import Call, latency
parts = {"passes": 20.0, "masks": 4.0, "following": 1.0, "rest": 1.0}
latency([Call("toy", engine, strategy, parts, 9, 9) for engine, strategy in
         [("none", "free"), ("xgrammar", "masked"), ("xgrammar", "lazy")]])""",
    "run": """
from workbook.agent import Agent, canned
from workbook.core.chat import ToolCall, user
from workbook.study.trace_player import play
from workbook.tools import Toolbox, from_function

def name_of(id: int) -> str:
    \"\"\"Tell a name.\"\"\"
    return "Ann"

agent = Agent(canned(ToolCall("name_of", {"id": 7}), "She is Ann."), Toolbox([from_function(name_of)]))
play(await agent.run([user("Who is user 7?")]))""",
    "drift": """
from workbook.study.drift_machine import drift_machine
from workbook.suites.drift import experiment
one = next(one for one in experiment(2) if one.kind == "meaning")
drift_machine(one.before, {"seconds, not minutes": one.after})""",
    "mix": """
from workbook.core.stats import Interval
from workbook.study.mix_slider import mix_slider

def half(value: float) -> dict[str, Interval]:
    return {"right calls": Interval(value, value - 0.1, value + 0.1, 9)}

mix_slider({0.0: half(0.2), 0.25: half(0.4), 0.5: half(0.6)}, half(0.8), at=0.25)""",
    "shelf": """
from workbook.study.shelf import Shelf
from workbook.core.chat import Tool
from workbook.tools.retrieval import Hit

class Words:
    name = "by words"

    def search(self, queries, k=5, permissions=()):
        return [[Hit(one.name, one.name, 0.5) for one in MENU if one.name in query][:k] for query in queries]

MENU = [Tool("soup", "Serve soup."), Tool("bread", "Serve bread.")]
Shelf(MENU, [Words()], lambda tools: 7 * len(tools), k=1).ask("a soup, please")""",
    "quiz": """
from workbook.study.quiz_form import quiz
quiz("grammars", n=1, seed=0)""",
    "agent": """
from workbook.agent import Approval, State
from workbook.core.chat import ToolCall, user
from workbook.study.approval_dialog import dialog
from workbook.tools import Toolbox, from_function

def delete_user(id: int) -> str:
    \"\"\"Delete a user.\"\"\"
    return "gone"

box = Toolbox([from_function(delete_user, risk="destructive")])
request = Approval().request(State(box, (user("Delete 7."),)), ToolCall("delete_user", {"id": 7}))""",
}
LEFT_BEHIND = ".jp-RenderedSVG"
WAIT = 1000 * PATIENCE
ASK = "allowed = await dialog(request)\nprint('it ran' if allowed else 'it did not run')"


@pytest.fixture(scope="module")
def widgets(lab: Lab) -> Lab:
    """A notebook of one cell a widget, beside the others."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [nbformat.v4.new_code_cell(source.strip()) for source in (*WIDGETS.values(), ASK)]
    nbformat.write(notebook, lab.folder / "notebooks" / "90_widgets.ipynb")
    return lab


def test_the_first_notebook_runs_and_takes_an_answer(lab: Lab, page: Page) -> None:
    notebook = lab.open(page, "00_start_here")
    notebook.run_all()
    notebook.settled()
    assert notebook.errors() == []
    assert "model pocket" in page.locator(".jp-Notebook").inner_text(), "the doctor's first look"
    notebook.write("# The user says", WRONG)
    shown = notebook.run('check("00.write_a_call"')
    notebook.settled()
    assert "Not yet" in shown.inner_text()
    notebook.write("my_call", RIGHT)
    shown = notebook.run('check("00.write_a_call"')
    notebook.settled()
    assert "Right" in shown.inner_text()
    shown = notebook.run('hint("00.write_a_call"')
    notebook.settled()
    assert "hint" in shown.inner_text().lower()


def test_a_guess_by_keyboard(widgets: Lab, page: Page) -> None:
    notebook = widgets.open(page, "90_widgets")
    shown = notebook.run("from workbook.study.predict")
    commit = shown.get_by_role("button", name="Commit")
    commit.wait_for()
    assert commit.is_disabled()
    shown.get_by_role("slider").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    commit.click()
    shown.get_by_text("Committed: 40 %").wait_for()


def test_a_step_back_and_on(widgets: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    notebook = widgets.open(page, "90_widgets")
    shown = notebook.run("from dataclasses")
    picture = shown.locator("div[role='img'][aria-label]")
    first = picture.get_attribute("aria-label") or ""
    shown.get_by_role("button", name="Next").click()
    expect(picture).not_to_have_attribute("aria-label", first, timeout=WAIT)
    shown.get_by_role("button", name="Back").click()
    expect(picture).to_have_attribute("aria-label", first, timeout=WAIT)


@pytest.mark.parametrize(
    ("beginning", "what", "first", "second"),
    [
        ("from workbook.agent import Agent, canned", "Moment", "1 of 6, before", "2 of 6, turn 1"),
        (
            "from workbook.study.drift_machine",
            "Version",
            "Version 1, as it was: Taken, and right",
            "Version 2, seconds",
        ),
        ("from workbook.core.stats", "Mix", "25% of the rows are general", "50% of the rows are general"),
    ],
    ids=["a run", "versions", "mixes"],
)
def test_a_walk_by_button_and_by_keyboard(
    beginning: str, what: str, first: str, second: str, widgets: Lab, page: Page
) -> None:
    shown = widgets.open(page, "90_widgets").run(beginning)
    picture = shown.locator("div[role='img'][aria-label]")
    shown.locator(f"div[role='img'][aria-label^='{first}']").wait_for()
    shown.get_by_role("button", name="Next").click()
    shown.locator(f"div[role='img'][aria-label^='{second}']").wait_for()
    shown.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    shown.locator(f"div[role='img'][aria-label^='{first}']").wait_for()
    assert picture.count() == 1
    assert shown.get_by_text(what, exact=True).count() == 1


def test_a_call_is_chosen_by_its_menus(widgets: Lab, page: Page) -> None:
    notebook = widgets.open(page, "90_widgets")
    shown = notebook.run("from workbook.study.latency")
    menu = shown.get_by_label("Strategy")
    menu.wait_for()
    menu.select_option("lazy")
    picture = shown.locator("div[role='img'][aria-label*='lazy']")
    picture.wait_for()
    assert "masked" not in (picture.get_attribute("aria-label") or "")


def test_a_request_is_typed_and_the_tools_follow(widgets: Lab, page: Page) -> None:
    shown = widgets.open(page, "90_widgets").run("from workbook.study.shelf")
    field = shown.get_by_label("Request")
    shown.get_by_role("cell", name="soup 0.500").wait_for()
    assert field.input_value() == "a soup, please"
    field.fill("bread, please")
    field.press("Enter")
    shown.get_by_role("cell", name="bread 0.500").wait_for()
    assert shown.get_by_role("cell", name="soup 0.500").count() == 0, "the table follows, and stays one"
    assert shown.get_by_text("All 2 tools: 14 tokens.").count() == 1


def test_a_quiz_is_answered_and_leaves_its_sum(widgets: Lab, page: Page) -> None:
    notebook = widgets.open(page, "90_widgets")
    shown = notebook.run("from workbook.study.quiz_form")
    shown.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    shown.get_by_role("button", name="Answer").click()
    shown.get_by_text(re.compile(r"^[✓✗] (Right|No)\.")).wait_for()
    shown.get_by_role("button", name="The sum").click()
    shown.locator(LEFT_BEHIND).wait_for()
    assert shown.get_by_role("button").count() == 0


@pytest.mark.parametrize(("button", "said"), [("Allow", "it ran"), ("Deny", "it did not run")])
def test_a_person_decides_while_the_cell_runs(button: str, said: str, widgets: Lab, page: Page) -> None:
    notebook = widgets.open(page, "90_widgets")
    notebook.run("from workbook.agent import Approval")
    notebook.settled()
    shown = notebook.run("allowed = await")
    shown.get_by_role("button", name=button).click()
    shown.get_by_text(said).wait_for()
    shown.locator(LEFT_BEHIND).wait_for()
    notebook.settled()
    assert shown.get_by_role("button").count() == 0, "nobody is asked twice"
