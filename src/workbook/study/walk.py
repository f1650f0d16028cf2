"""Walking through a row of pictures: a slider (arrow keys move it), two buttons, and the picture of the place.

The live half of the widgets that go step by step; each leaves a still picture of its own where nobody sits.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from workbook.study import progress, svg


def walk(draw: Callable[[int], svg.Picture], count: int, at: int, what: str, first: int = 0) -> Any:
    """The widget over ``count`` pictures, of 0 and so on, opened ``at`` one of them.

    ``what`` names a place, and ``first`` is the number that the reader sees for picture 0.
    """
    import ipywidgets as widgets

    place = widgets.IntSlider(
        at + first, first, count - 1 + first, description=what, layout=widgets.Layout(width="28em")
    )
    back = widgets.Button(description="Back", icon="arrow-left", tooltip=f"The {what.lower()} before")
    on = widgets.Button(description="Next", icon="arrow-right", tooltip=f"The next {what.lower()}")
    sheet = widgets.HTML()

    def show(number: int) -> None:
        drawn = draw(number - first)
        sheet.value = f'<div role="img" aria-label="{escape(drawn.words)}">{drawn.svg}</div>'

    def move(by: int) -> None:
        place.value = min(max(place.value + by, place.min), place.max)

    back.on_click(lambda _: move(-1))
    on.on_click(lambda _: move(1))
    place.observe(lambda change: show(change["new"]), names="value")
    show(place.value)
    return widgets.VBox([widgets.HBox([place, back, on]), sheet])


def bundle(still: svg.Picture, live: Callable[[], Any]) -> dict[str, Any]:
    """What a cell shows: the ``still`` picture, and in front of a person the widget that ``live`` makes."""
    shown = still._repr_mimebundle_()
    if not progress.attended():
        return shown
    return {**shown, **live()._repr_mimebundle_(), "text/plain": shown["text/plain"]}
