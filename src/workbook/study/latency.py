"""Where the time of a call goes: pick a schema, an engine and a strategy, and see its bar beside the free one.

Takes calls that were measured, and measures nothing itself. In a live notebook these are three menus (Tab moves
between them, arrow keys choose); everywhere else it leaves a still picture of all calls of the first schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from workbook.core.errors import UsageError
from workbook.study import progress, svg

WIDTH, LEFT, LENGTH = 720, 190, 330
ROW, BAR = 34, 18
PARTS = ("passes", "masks", "rest")
"""Forward passes (solid), filling masks (crossed lines), all else (hollow)."""


@dataclass(frozen=True)
class Call:
    """One measured call. ``parts``: milliseconds by :data:`PARTS`; ``passes`` include the prompt's."""

    schema: str
    engine: str
    strategy: str
    parts: Mapping[str, float]
    passes: float
    tokens: float

    @property
    def milliseconds(self) -> float:
        """All of it."""
        return sum(self.parts.values())

    @property
    def name(self) -> str:
        """Strategy and engine, as the bar is labelled."""
        return self.strategy.replace("_", "-") + (f", {self.engine}" if self.engine != "none" else "")


def latency(calls: Sequence[Call], baseline: str = "free") -> Latency:
    """The widget over ``calls``; each schema needs one whose strategy is ``baseline``."""
    if not calls:
        raise UsageError("there is no call to show", "Measure some first: one Call for each schema and strategy.")
    bare = {call.schema for call in calls} - {call.schema for call in calls if call.strategy == baseline}
    if bare:
        raise UsageError(f"nothing to compare with for {', '.join(sorted(bare))}", f"Measure {baseline!r} there too.")
    return Latency(tuple(calls), baseline)


@dataclass(frozen=True, repr=False)
class Latency:
    """Measured calls to choose from; a cell that returns it shows it."""

    calls: tuple[Call, ...]
    baseline: str

    def __repr__(self) -> str:
        return self.still().words

    def of(self, schema: str) -> list[Call]:
        """The calls of one schema, the baseline first."""
        mine = [call for call in self.calls if call.schema == schema]
        return sorted(mine, key=lambda call: call.strategy != self.baseline)

    def still(self) -> svg.Picture:
        """All calls of the first schema."""
        return draw(self.of(self.calls[0].schema))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        still = self.still()._repr_mimebundle_()
        if not progress.attended():
            return still
        return {**still, **_menus(self)._repr_mimebundle_(), "text/plain": still["text/plain"]}


def draw(calls: Sequence[Call]) -> svg.Picture:
    """A bar for each call, to one scale; the first is what the others are compared with."""
    first, longest = calls[0], max(call.milliseconds for call in calls)
    parts = [svg.text(8, 18, f"Schema: {first.schema}", bold=True)]
    for number, call in enumerate(calls):
        parts += _bar(call, first, longest, 34 + ROW * number)
    bottom = 34 + ROW * len(calls)
    legend = "solid: forward passes      crossed: masks      hollow: the rest      in brackets: passes / tokens"
    words = " ".join([f"Schema {first.schema}.", *(describe(call, first) for call in calls)])
    return svg.picture(WIDTH, bottom + 24, [*parts, svg.text(8, bottom + 14, legend)], words)


def describe(call: Call, first: Call) -> str:
    """One call in a sentence."""
    ratio = f", {call.milliseconds / first.milliseconds:.2f} times {first.name}" if call is not first else ""
    shares = ", ".join(f"{part} {call.parts.get(part, 0.0):.0f}" for part in PARTS)
    return (
        f"{call.name}: {call.milliseconds:.0f} ms{ratio} ({shares}; {call.passes:g} passes for {call.tokens:g} tokens)."
    )


def _bar(call: Call, first: Call, longest: float, y: float) -> list[str]:
    parts = [svg.text(LEFT - 10, y + 14, call.name, anchor="end")]
    x = float(LEFT)
    for part in PARTS:
        width = LENGTH * call.parts.get(part, 0.0) / longest
        parts += STYLES[part](x, y, width)
        x += width
    ratio = "" if call is first else f"  {call.milliseconds / first.milliseconds:.2f}×"
    parts.append(svg.text(x + 6, y + 14, f"{call.milliseconds:.0f} ms{ratio} ({call.passes:g} / {call.tokens:g})"))
    return parts


def _solid(x: float, y: float, width: float) -> list[str]:
    return [svg.rect(x, y, width, BAR, fill=svg.BLUE)]


def _crossed(x: float, y: float, width: float) -> list[str]:
    """Upright lines, four pixels apart."""
    marks = [svg.line(x + at, y, x + at, y + BAR, stroke=svg.ORANGE) for at in range(2, int(width), 4)]
    return [svg.rect(x, y, width, BAR, stroke=svg.ORANGE), *marks]


def _hollow(x: float, y: float, width: float) -> list[str]:
    return [svg.rect(x, y, width, BAR, stroke=svg.INK)]


STYLES: Mapping[str, Callable[[float, float, float], list[str]]] = {
    "passes": _solid,
    "masks": _crossed,
    "rest": _hollow,
}


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _menus(shown: Latency) -> Any:
    """Three menus and the picture of the chosen call beside the baseline."""
    import ipywidgets as widgets

    constrained = [call for call in shown.calls if call.strategy != shown.baseline] or list(shown.calls)
    menus = [
        widgets.Dropdown(options=_unique(getattr(call, name) for call in constrained), description=name.capitalize())
        for name in ("schema", "engine", "strategy")
    ]
    sheet = widgets.HTML()

    def show(_: Any = None) -> None:
        schema, engine, strategy = (menu.value for menu in menus)
        first, *others = shown.of(schema)
        chosen = [call for call in others if (call.engine, call.strategy) == (engine, strategy)]
        drawn = draw([first, *chosen])
        missing = "" if chosen else "<p>This combination was not measured.</p>"
        sheet.value = f'<div role="img" aria-label="{escape(drawn.words)}">{drawn.svg}</div>{missing}'

    for menu in menus:
        menu.observe(show, names="value")
    show()
    return widgets.VBox([widgets.HBox(menus), sheet])
