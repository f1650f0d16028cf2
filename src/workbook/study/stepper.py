"""The token stepper: walk through a generation and see what the mask did to each token.

Takes the records of ``workbook.grammar`` (``steps``). In a live notebook it is a slider over the
tokens (arrow keys move it); everywhere else it leaves a still picture of the steps where the mask took the most,
a step with a real choice among them.
Leaves out how the records are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbook.core.errors import UsageError
from workbook.study import svg
from workbook.study.walk import bundle, walk

WIDTH = 720
STILL_STEPS = 3
ROWS = 6
VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})
CHIP_HEIGHT, CHIP_LETTER = 25, 8.2
ROW_HEIGHT, BAR_LEFT, BAR_LENGTH = 28, 170, 330


class Step(Protocol):
    """One generated token. ``top``: ``(text, probability before, after the mask, allowed)``, likeliest first."""

    @property
    def text(self) -> str:
        """The token's own text, blanks included."""

    @property
    def top(self) -> Sequence[tuple[str, float, float, bool]]:
        """The likeliest tokens: text, probability before and after the mask, whether it is allowed."""

    @property
    def allowed_count(self) -> int:
        """How many tokens the mask allows."""

    @property
    def allowed_mass(self) -> float:
        """The probability that the model, unconstrained, gave to what is allowed."""

    @property
    def forced(self) -> bool:
        """Whether it allows this one only."""


def removed(step: Step) -> float:
    """How much of the model's probability the mask took away: 0 to 1."""
    return 1 - step.allowed_mass


def stepper(steps: Sequence[Step], at: int | None = None) -> Stepper:
    """Show a generation token by token; ``at`` is where it opens, by default where the mask took the most.

    Raises ``UsageError`` where there is no token, or none at ``at``.
    """
    if not steps:
        raise UsageError("there is no token to step through", "The generation was empty: raise max_new_tokens.")
    start = max(range(len(steps)), key=lambda i: removed(steps[i])) if at is None else at
    if not 0 <= start < len(steps):
        raise UsageError(f"no token {start}", f"The generation has tokens 0 to {len(steps) - 1}.")
    return Stepper(tuple(steps), start)


def departure(steps: Sequence[Step], right: str) -> int | None:
    """Where what was written departs from the ``right`` JSON: the number of a token, or None where it does not.

    Both are compared from the first brace on, character by character: give the text with its keys in the same order.
    """
    place, begun = 0, False
    for number, step in enumerate(steps):
        text = step.text
        if not begun:
            begun = "{" in text
            text = text[text.index("{") :] if begun else ""
        left = right[place:]
        if not (left.startswith(text) or text.startswith(left)):
            return number
        place += len(text)
    return None


@dataclass(frozen=True, repr=False)
class Stepper:
    """A generation to walk through; a cell that returns it shows it."""

    steps: tuple[Step, ...]
    at: int

    def __repr__(self) -> str:
        return self.still().words

    def still(self) -> svg.Picture:
        """The picture for paper and code hosts: all tokens, and the steps where the mask took the most.

        Most of these are forced, so the last place is for the step with a choice where it took the most.
        """
        by_effect = sorted(range(len(self.steps)), key=lambda i: removed(self.steps[i]), reverse=True)
        chosen = list(dict.fromkeys([self.at, *by_effect]))[: STILL_STEPS - 1]
        choices = [i for i in by_effect if not self.steps[i].forced and i not in chosen]
        return draw(self.steps, sorted([*chosen, *choices[:1]]))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self.still(), self.walk)

    def walk(self) -> Any:
        """The widget: a slider over the tokens, and the step under it."""
        return walk(lambda number: draw(self.steps, [number]), len(self.steps), self.at, "Token")


def draw(steps: Sequence[Step], chosen: Sequence[int]) -> svg.Picture:
    """The whole text as a strip of tokens, and one panel of probabilities for each chosen step."""
    parts, y = _strip(steps, chosen)
    for number in chosen:
        panel, y = _panel(steps[number], number, y + 14)
        parts += panel
    return svg.picture(WIDTH, y + 6, parts, " ".join(describe(steps[i], i) for i in chosen))


def describe(step: Step, number: int) -> str:
    """What happened at one token, in a sentence."""
    allowed = "forced, the only token allowed" if step.forced else f"{step.allowed_count} tokens allowed"
    return f"Token {number}, “{_seen(step.text)}”: {allowed}; the mask took {_took(step)} of the probability."


def _took(step: Step) -> str:
    share = removed(step)
    return "less than 1 %" if share < 0.005 else f"{share:.0%}".replace("%", " %")


def candidates(step: Step, most: int = ROWS) -> list[tuple[str, float, float, bool]]:
    """The likeliest candidates, and the one that was written even where it was unlikely."""
    likely = list(step.top[:most])
    written = [c for c in step.top if c[0] == step.text and c[3]]
    return likely if not written or written[0] in likely else [*likely[:-1], written[0]]


def _seen(text: str) -> str:
    return text.translate(VISIBLE) or "∅"


def _strip(steps: Sequence[Step], chosen: Sequence[int]) -> tuple[list[str], float]:
    """Chips for all tokens, wrapped to the page; forced ones filled and underlined, chosen ones numbered."""
    parts, x, y = [], 8.0, 24.0
    for number, step in enumerate(steps):
        label = _seen(step.text)
        width = CHIP_LETTER * len(label) + 8
        if x + width > WIDTH - 8:
            x, y = 8.0, y + CHIP_HEIGHT + 22
        parts += _chip(step, label, x, y, width)
        if number in chosen:
            parts += [svg.rect(x - 2, y - 2, width + 4, CHIP_HEIGHT + 4, stroke=svg.ORANGE)]
            parts.append(svg.text(x + width / 2, y - 6, str(number), anchor="middle", bold=True))
        x += width + 4
    share = sum(step.forced for step in steps) / len(steps)
    bottom = y + CHIP_HEIGHT
    legend = [
        svg.text(8, bottom + 22, f"underlined: forced, {share:.0%} of {len(steps)} tokens      numbered: shown below"),
        svg.text(8, bottom + 40, "hollow bar: before the mask      solid bar: after it      ✓ allowed   ✗ forbidden"),
    ]
    return [*parts, *legend], bottom + 46


def _chip(step: Step, label: str, x: float, y: float, width: float) -> list[str]:
    parts = [svg.rect(x, y, width, CHIP_HEIGHT, stroke=svg.INK), svg.text(x + 4, y + 15, label, mono=True)]
    if step.forced:
        parts.append(svg.line(x + 3, y + CHIP_HEIGHT - 2, x + width - 3, y + CHIP_HEIGHT - 2, stroke=svg.BLUE, width=3))
    return parts


def _panel(step: Step, number: int, y: float) -> tuple[list[str], float]:
    """Two bars a candidate: hollow before the mask, solid after it."""
    parts = [svg.text(8, y + 12, describe(step, number), bold=True)]
    y += 22
    for candidate in candidates(step):
        parts += _bars(candidate, y)
        y += ROW_HEIGHT
    return parts, y


def _bars(candidate: tuple[str, float, float, bool], y: float) -> list[str]:
    text, before, after, allowed = candidate
    label = _seen(text)
    short = label if len(label) <= 16 else label[:15] + "…"
    parts = [
        svg.text(BAR_LEFT - 12, y + 16, f"{short} {'✓' if allowed else '✗'}", anchor="end", mono=True),
        svg.rect(BAR_LEFT, y + 2, BAR_LENGTH * before, 9, stroke=svg.INK),
        svg.rect(BAR_LEFT, y + 13, BAR_LENGTH * after, 9, fill=svg.BLUE),
    ]
    numbers = f"{before:.1%} → {after:.1%}" if allowed else f"{before:.1%} → not allowed"
    return [*parts, svg.text(BAR_LEFT + BAR_LENGTH + 12, y + 16, numbers)]
