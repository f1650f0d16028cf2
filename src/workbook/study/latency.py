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
from workbook.lab.canvas import COLOURS
from workbook.study import progress, svg

WIDTH, LEFT, LENGTH = 720, 190, 330
TOP, ROW, BAR = 34, 28, 18
PARTS: Mapping[str, str] = {
    "passes": "forward passes",
    "masks": "masks, filled and applied",
    "following": "the grammar follows the text",
    "rest": "the loop itself",
}
"""The parts of a call and what they are; colours and hatches are those of all the workbook's bars (``lab.canvas``)."""


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
        """The parts added up: from the prompt to the last token."""
        return sum(self.parts.values())

    @property
    def name(self) -> str:
        """Strategy and engine, as the bar is labelled."""
        return self.strategy.replace("_", "-") + (f", {self.engine}" if self.engine != "none" else "")


def latency(calls: Sequence[Call], baseline: str = "free") -> Latency:
    """The widget over ``calls``; each schema needs one whose strategy is ``baseline``, or ``UsageError`` is raised."""
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
        """The first schema's bars, as they stay where nobody sits."""
        return draw(self.of(self.calls[0].schema))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        still = self.still()._repr_mimebundle_()
        if not progress.attended():
            return still
        return {**still, **_menus(self)._repr_mimebundle_(), "text/plain": still["text/plain"]}


def draw(calls: Sequence[Call]) -> svg.Picture:
    """A bar for each call, to one scale in milliseconds; the first is what the others are compared with."""
    first, longest = calls[0], max(call.milliseconds for call in calls)
    parts = [svg.text(8, 18, f"Schema: {first.schema}", bold=True)]
    for number, call in enumerate(calls):
        parts += _bar(call, first, longest, TOP + ROW * number)
    axis = TOP + ROW * len(calls)
    parts += [*_axis(axis, longest), *_legend(axis + 44)]
    words = " ".join([f"Schema {first.schema}.", *(describe(call, first) for call in calls)])
    return svg.picture(WIDTH, axis + 86, parts, words)


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
    for number, part in enumerate(PARTS):
        width = LENGTH * call.parts.get(part, 0.0) / longest
        parts += _filled(number, x, y, width)
        x += width
    ratio = "" if call is first else f"  {call.milliseconds / first.milliseconds:.2f}×"
    parts.append(svg.text(x + 6, y + 14, f"{call.milliseconds:.0f} ms{ratio} ({call.passes:g} / {call.tokens:g})"))
    return parts


def _filled(number: int, x: float, y: float, width: float) -> list[str]:
    """A piece of a bar: solid for the first part, then ``///``, crosses, dots."""
    colour = COLOURS[number]
    if number == 0:
        return [svg.rect(x, y, width, BAR, fill=colour)]
    return [svg.rect(x, y, width, BAR, stroke=colour), *HATCHES[number](x, y, width, colour)]


def _slanted(x: float, y: float, width: float, colour: str, up: bool = True) -> list[str]:
    """Lines at 45 degrees, six pixels apart, cut off at the ends of the piece."""
    lines = []
    for start in range(-BAR, int(width), 6):
        a, b = max(0, start), min(width, start + BAR)
        if b > a:
            ends = (BAR - (a - start), BAR - (b - start)) if up else (a - start, b - start)
            lines.append(svg.line(x + a, y + ends[0], x + b, y + ends[1], stroke=colour, width=0.8))
    return lines


def _crossed(x: float, y: float, width: float, colour: str) -> list[str]:
    return _slanted(x, y, width, colour) + _slanted(x, y, width, colour, up=False)


def _dotted(x: float, y: float, width: float, colour: str) -> list[str]:
    return [svg.circle(x + at, y + down, 1, fill=colour) for at in range(3, int(width), 6) for down in (4, 9, 14)]


HATCHES: Sequence[Callable[[float, float, float, str], list[str]]] = (
    lambda *_: [],
    _slanted,
    _crossed,
    _dotted,
)


def _axis(y: float, longest: float) -> list[str]:
    """Milliseconds, with three to seven round ticks."""
    step = next(unit * 10**power for power in range(-2, 7) for unit in (1, 2, 5) if longest / (unit * 10**power) <= 7)
    parts = [svg.line(LEFT, y, LEFT + LENGTH, y)]
    for number in range(int(longest / step) + 1):
        x = LEFT + LENGTH * number * step / longest
        parts += [svg.line(x, y, x, y + 4), svg.text(x, y + 17, f"{number * step:g}", anchor="middle")]
    return [*parts, svg.text(LEFT + LENGTH + 12, y + 17, "ms")]


def _legend(y: float) -> list[str]:
    """What each filling means, in two columns, and what stands in brackets."""
    parts = []
    for number, meaning in enumerate(PARTS.values()):
        x, line = 8 + 250 * (number % 2), y + 20 * (number // 2)
        parts += [*_filled(number, x, line - 14, 24), svg.text(x + 32, line, meaning)]
    return [*parts, svg.text(508, y, "in brackets: passes / tokens")]


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
