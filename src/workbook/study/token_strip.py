"""A call as a strip of tokens: which of them the model chose freely, which the mask changed, which were forced."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from workbook.core.errors import UsageError
from workbook.study import svg
from workbook.study.stepper import CHIP_HEIGHT, CHIP_LETTER, VISIBLE, WIDTH, Step

Kind = Literal["free", "masked", "forced"]

MEANINGS: dict[Kind, str] = {
    "free": "plain box: free, the model's favourite was allowed",
    "masked": "dashed box and ◆: masked, the favourite was forbidden",
    "forced": "thick underline: forced, the grammar left no choice",
}
LINE = CHIP_HEIGHT + 22
LEFT = 8.0
PROMPT = "prompt +"
"""Stands before the first token: pass 1 reads the prompt and what is forced after it."""


def kind(step: Step) -> Kind:
    """What the mask did: nothing (``free``), forbade the likeliest token (``masked``), or left a single one."""
    if step.forced:
        return "forced"
    _, _, _, allowed = max(step.top, key=lambda candidate: candidate[1])
    return "free" if allowed else "masked"


def token_strip(steps: Sequence[Step], passes: bool = False) -> svg.Picture:
    """Draw all tokens of a generation by kind; with ``passes`` numbered by the forward pass that they wait for.

    A forced token waits for none: it goes along with the next pass, at the beginning with the prompt's. Raises
    ``UsageError`` where there is no token.
    """
    if not steps:
        raise UsageError("there is no token to draw", "The generation was empty: raise max_new_tokens.")
    kinds = [kind(step) for step in steps]
    parts, bottom = _chips(steps, kinds, passes)
    words = _counted(kinds)
    lines = [*(MEANINGS[name] for name in MEANINGS if name in kinds), words]
    legend = [svg.text(LEFT, bottom + 20 + 18 * i, line) for i, line in enumerate(lines)]
    text = "".join(step.text for step in steps)
    return svg.picture(WIDTH, bottom + 14 + 18 * len(lines), [*parts, *legend], f"{text}\n{words}")


def _counted(kinds: Sequence[Kind]) -> str:
    counts = ", ".join(f"{kinds.count(name)} {name}" for name in MEANINGS)
    return f"{len(kinds)} tokens: {counts}."


def _chips(steps: Sequence[Step], kinds: Sequence[Kind], passes: bool) -> tuple[list[str], float]:
    """Boxes in lines that fit the page, and where the last line ends."""
    parts = [svg.text(LEFT, 22 + 16, PROMPT)] if passes else []
    x, y, waited = LEFT + (CHIP_LETTER * len(PROMPT) if passes else 0), 22.0, 0
    for step, name in zip(steps, kinds, strict=True):
        label = step.text.translate(VISIBLE) or "∅"
        width = CHIP_LETTER * len(label) + 8
        if x + width > WIDTH - LEFT:
            x, y = LEFT, y + LINE
        parts += _chip(label, name, x, y, width)
        waited += name != "forced"
        if passes and name != "forced":
            parts.append(svg.text(x + width / 2, y - 4, str(waited), anchor="middle"))
        x += width + 4
    return parts, y + CHIP_HEIGHT


def _chip(label: str, name: Kind, x: float, y: float, width: float) -> list[str]:
    word = svg.text(x + 4, y + 16, label, mono=True, bold=name == "masked")
    bottom = y + CHIP_HEIGHT
    if name == "forced":
        return [word, svg.line(x, bottom - 2, x + width, bottom - 2, stroke=svg.BLUE, width=4)]
    if name == "free":
        return [word, svg.rect(x, y, width, CHIP_HEIGHT, stroke=svg.INK)]
    corners = [(x, y), (x + width, y), (x + width, bottom), (x, bottom), (x, y)]
    sides = [svg.line(*a, *b, stroke=svg.ORANGE, width=2, dash="3 3") for a, b in pairwise(corners)]
    return [word, *sides, svg.diamond(x + width, y, 4, fill=svg.ORANGE)]
