"""The dialog: a click allows or denies, silence denies, and a picture of the answer stays behind."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from xml.etree import ElementTree

import IPython.display
import pytest
from agent_toys import Toys, call

from workbook.agent import Approval, Request, State
from workbook.core.chat import user
from workbook.core.errors import UsageError
from workbook.study import approval_dialog as module
from workbook.study.approval_dialog import buttons, dialog, still

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cell shows, the last state last, where a person sits."""
    monkeypatch.delenv("WORKBOOK_UNATTENDED", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    states: list[Any] = []

    class Handle:
        update = staticmethod(states.append)

    monkeypatch.setattr(IPython.display, "display", lambda item, **_: states.append(item) or Handle())
    return states


def request(**arguments: Any) -> Request:
    found = Approval().request(State(Toys().box, (user("Delete 7."),)), call("delete_user", **(arguments or {"id": 7})))
    assert found is not None
    return found


def clicking(monkeypatch: pytest.MonkeyPatch, *labels: str) -> None:
    """Click these buttons from another thread, as a subshell does, soon after they are shown."""

    def made(*given: Any) -> Any:
        box = buttons(*given)
        by_name = {button.description: button for button in box.children[1].children}
        for label in labels:
            threading.Timer(0.02, by_name[label].click).start()
        return box

    monkeypatch.setattr(module, "buttons", made)


@pytest.mark.parametrize(("label", "allowed"), [("Allow", True), ("Deny", False)])
def test_a_click_answers_and_leaves_a_picture(label: str, allowed: bool, shown: list[Any], monkeypatch: Any) -> None:
    clicking(monkeypatch, label, label)
    assert asyncio.run(dialog(request())) is allowed
    question, left = shown
    assert WIDGET in question
    assert "waiting" in question["text/plain"]
    assert f"{'allowed' if allowed else 'denied'} by a person" in repr(left)
    assert set(left._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


def test_silence_is_no_and_says_so(shown: list[Any]) -> None:
    asked = asyncio.run(Approval(dialog, seconds=0.05).ask(request()))
    assert asked.answer == "timed out"
    assert "nobody answered in time" in repr(shown[-1])


def test_an_unattended_run_is_not_asked(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_UNATTENDED", "1")
    assert asyncio.run(dialog(request())) is False
    [picture] = shown
    assert "nobody sits here" in repr(picture)


def test_without_a_notebook_the_error_names_another_approver(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython.display, "display", lambda *_, **__: None)
    with pytest.raises(UsageError, match="terminal"):
        asyncio.run(dialog(request()))


@pytest.mark.parametrize("text", ["<b>& </pre>", "x" * 5000, "\x1b[2J\u202e", ""])
def test_no_argument_can_dress_up_the_question(text: str) -> None:
    found = request(path=text)
    root = ElementTree.fromstring(still(found, "denied").svg)
    assert float(root.attrib["height"]) < 500
    value = buttons(found, print).children[0].value
    assert text not in value or not text
    assert "\u202e" not in value
