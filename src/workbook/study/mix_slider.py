"""The mix slider: move the share of general rows, and see what the model can do and what it has kept.

Takes shares that were measured, and tunes nothing itself. Each bar has its interval, and a tick where the model stood
before. Where nobody sits, the picture of one mix is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.core.errors import UsageError
from workbook.core.stats import Interval
from workbook.study import svg
from workbook.study.walk import bundle, walk

WIDTH, LEFT, LENGTH = 640, 120, 330
TOP, ROW, BAR = 34, 30, 14
Measured = Mapping[str, Interval]
"""Shares from 0 to 1, by what was measured."""


def mix_slider(mixes: Mapping[float, Measured], before: Measured, at: float | None = None) -> MixSlider:
    """The widget over ``mixes``, by their share of general rows, beside the model ``before``; ``at`` opens one.

    Raises ``UsageError`` where there is no mix, or one that lacks what another has.
    """
    if not mixes:
        raise UsageError("there is no mix to show", "Run some: a Plan for each share.")
    if any(set(one) != set(before) for one in mixes.values()):
        raise UsageError("the mixes were not measured alike", "Give the same measures for each, and for before.")
    shares = sorted(mixes)
    if at is not None and at not in mixes:
        raise UsageError(f"no mix has a share of {at:g}", f"There are {', '.join(f'{one:g}' for one in shares)}.")
    place = len(shares) // 2 if at is None else shares.index(at)
    return MixSlider(tuple((share, mixes[share]) for share in shares), before, place)


@dataclass(frozen=True, repr=False)
class MixSlider:
    """Measured mixes in the order of their shares; a cell that returns it shows it."""

    mixes: Sequence[tuple[float, Measured]]
    before: Measured
    place: int

    def __repr__(self) -> str:
        return self.draw(self.place).words

    def draw(self, place: int) -> svg.Picture:
        """One mix: a bar for each measure, its interval as a whisker, the model before as a tick."""
        share, measured = self.mixes[place]
        title = f"{share:.0%} of the rows are general"
        parts = [svg.text(8, 18, title, bold=True)]
        for number, (name, found) in enumerate(measured.items()):
            parts += _bar(name, found, self.before[name], TOP + ROW * number)
        foot = TOP + ROW * len(measured)
        parts += [svg.text(LEFT, foot + 16, "bar: measured; whisker: its interval; dashed: before tuning")]
        said = (f"{name} {_told(found)}, before {self.before[name].estimate:.0%}" for name, found in measured.items())
        return svg.picture(WIDTH, foot + 28, parts, f"{title}: {'; '.join(said)}.")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self.draw(self.place), lambda: walk(self.draw, len(self.mixes), self.place, "Mix", first=1))


def _bar(name: str, found: Interval, before: Interval, y: float) -> list[str]:
    middle = y + BAR / 2
    return [
        svg.text(LEFT - 10, y + 12, name, anchor="end"),
        svg.rect(LEFT, y, LENGTH, BAR, stroke=svg.INK),
        svg.rect(LEFT, y, LENGTH * found.estimate, BAR, fill=svg.BLUE),
        svg.line(LEFT + LENGTH * found.low, middle, LEFT + LENGTH * found.high, middle, width=2),
        svg.line(LEFT + LENGTH * before.estimate, y - 4, LEFT + LENGTH * before.estimate, y + BAR + 4, dash="3 2"),
        svg.text(LEFT + LENGTH + 12, y + 12, _told(found)),
    ]


def _told(found: Interval) -> str:
    return f"{found.estimate:.0%} [{found.low:.0%}, {found.high:.0%}]"
