"""The question whether a call may run, as two buttons in a notebook; the answer stays behind as a picture.

Clicks arrive while a cell is still running only where the front end sends them past it (JupyterLab 4.4 and later, with
subshells); elsewhere the question times out, which counts as no. An unattended run is not asked: use
``agent.recorded``. Leaves out which calls are asked about (``agent.approval``).
"""

from __future__ import annotations

import asyncio
import textwrap
from html import escape
from typing import Any

from workbook.agent.approval import Request
from workbook.core.errors import UsageError
from workbook.study import progress, svg

WIDTH, LINE, COLUMNS, MOST = 720, 20, 84, 12
UNATTENDED = "nobody sits here, so it did not run"


async def dialog(request: Request) -> bool:
    """Ask with two buttons, and leave the question with its answer behind; where nobody sits, the answer is no.

    Raises ``UsageError`` outside a notebook.
    """
    from IPython.display import display

    if not progress.attended():
        display(still(request, UNATTENDED))
        return False
    loop = asyncio.get_running_loop()
    clicked: asyncio.Future[bool] = loop.create_future()

    def answered(allowed: bool) -> None:
        # A click may come from the thread of a subshell, and a second one after the first.
        loop.call_soon_threadsafe(lambda: None if clicked.done() else clicked.set_result(allowed))

    question = still(request, "waiting for an answer")
    bundle = {**question._repr_mimebundle_(), **buttons(request, answered)._repr_mimebundle_()}
    handle = display({**bundle, "text/plain": question.words}, raw=True, display_id=True)
    if handle is None:
        raise UsageError("there is no notebook to ask in", "Use agent.terminal as the approver.")
    outcome = "nobody answered in time, so it did not run"
    try:
        allowed = await clicked
        outcome = "allowed by a person" if allowed else "denied by a person"
        return allowed
    finally:
        handle.update(still(request, outcome))


def still(request: Request, outcome: str) -> svg.Picture:
    """The picture that stays: what the request says, and in bold what came of it."""
    lines = _lines(request)
    parts = [svg.text(12, 24, "May this run?", bold=True)]
    parts += [svg.text(12, 24 + LINE * number, line, mono=True) for number, line in enumerate(lines, 1)]
    bottom = 24 + LINE * (len(lines) + 1)
    parts += [
        svg.text(12, bottom, f"{outcome[0].upper()}{outcome[1:]}.", bold=True),
        svg.rect(1, 1, WIDTH - 2, bottom + 14, stroke=svg.INK),
    ]
    return svg.picture(WIDTH, bottom + 17, parts, f"May this run? {' '.join(lines)}: {outcome}.")


def buttons(request: Request, answered: Any) -> Any:
    """The call, and one button for each answer; ``answered`` is told which. The safe one comes first."""
    import ipywidgets as widgets

    lines = "\n".join(_lines(request))
    words = widgets.HTML(f"<b>May this run?</b><pre>{escape(lines)}</pre>")
    deny = widgets.Button(description="Deny", tooltip="The call does not run", icon="times")
    allow = widgets.Button(description="Allow", tooltip="The call runs once", icon="check", button_style="warning")
    deny.on_click(lambda _: answered(False))
    allow.on_click(lambda _: answered(True))
    return widgets.VBox([words, widgets.HBox([deny, allow])])


def _lines(request: Request) -> list[str]:
    """What the request says, in short lines; too long a line is cut."""
    return [line for text in request.lines for line in _wrapped(text)]


def _wrapped(text: str) -> list[str]:
    lines = textwrap.wrap(text, COLUMNS, drop_whitespace=False)
    return lines[:MOST] + [f"… and {len(lines) - MOST} lines more"] * (len(lines) > MOST)
