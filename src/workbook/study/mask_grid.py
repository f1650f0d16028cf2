"""A picture of token masks step by step: a row a token, a column a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from workbook.study import svg
from workbook.study.stepper import VISIBLE

CELL, LABELS, TOP = 24, 110, 30


def mask_grid(tokens: Sequence[str], steps: Sequence[tuple[str, Collection[str]]]) -> svg.Picture:
    """Draw which ``tokens`` were allowed at each of ``steps``, pairs of the token written and those allowed.

    A box is an allowed token, a disc the one that was written, nothing a forbidden one;
    a column with a single box was forced.
    """
    names = [name.translate(VISIBLE) for name in tokens]
    left = max(LABELS, 12 + max(len(name) for name in names) * 8.2)
    parts = [svg.text(left - 10, TOP - 10, "step", anchor="end")]
    parts += [svg.text(left + CELL * (i + 0.5), TOP - 10, str(i + 1), anchor="middle") for i in range(len(steps))]
    for row, (token, name) in enumerate(zip(tokens, names, strict=True)):
        y = TOP + row * CELL
        parts.append(svg.text(left - 10, y + 17, name, anchor="end", mono=True))
        parts.append(svg.line(left, y + CELL / 2, left + CELL * len(steps), y + CELL / 2, width=0.4, dash="1 4"))
        for column, (chosen, allowed) in enumerate(steps):
            parts += _cell(left + column * CELL, y, token in allowed, token == chosen)
    bottom = TOP + len(tokens) * CELL
    forced = sum(len(allowed) == 1 for _, allowed in steps)
    legend = f"□ allowed   ● written   {forced} of {len(steps)} steps forced"
    parts.append(svg.text(10, bottom + 22, legend))
    written = "".join(chosen for chosen, _ in steps)
    words = f"Allowed tokens step by step while writing {written}: {forced} of {len(steps)} steps had a single option."
    return svg.picture(max(left + CELL * len(steps) + 10, 360), bottom + 32, parts, words)


def _cell(x: float, y: float, allowed: bool, chosen: bool) -> list[str]:
    box = [svg.rect(x + 3, y + 3, CELL - 6, CELL - 6, stroke=svg.BLUE)] if allowed else []
    disc = [svg.circle(x + CELL / 2, y + CELL / 2, 5.5, fill=svg.ORANGE)] if chosen else []
    return box + disc
