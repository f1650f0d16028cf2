"""A whiteboard sketch: boxes on a grid and arrows between them, as one would draw it in an interview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbook.study import svg

BOX, GAP_X, GAP_Y, HEIGHT, EDGE = 138, 62, 46, 52, 10
CORNER = 48
"""How far from the middle of a box a sloping arrow begins and ends."""

Place = tuple[int, int, str]
"""Column, row, and the text of a box; ``|`` breaks its line."""


def sketch(boxes: Mapping[str, Place], arrows: Sequence[tuple[str, str, str]], words: str) -> svg.Picture:
    """Draw ``boxes`` by name and ``arrows`` as (from, to, label); ``words`` says the same for screen readers.

    Arrows run along a row or a column, or diagonally between boxes that share neither.
    """
    parts = [part for name in boxes for part in _box(boxes[name])]
    for start, end, label in arrows:
        parts += _arrow(boxes[start], boxes[end], label)
    columns = 1 + max(column for column, _, _ in boxes.values())
    rows = 1 + max(row for _, row, _ in boxes.values())
    width = 2 * EDGE + columns * BOX + (columns - 1) * GAP_X
    height = 2 * EDGE + rows * HEIGHT + (rows - 1) * GAP_Y
    return svg.picture(width, height, parts, words)


def _corner(place: Place) -> tuple[float, float]:
    column, row, _ = place
    return EDGE + column * (BOX + GAP_X), EDGE + row * (HEIGHT + GAP_Y)


def _box(place: Place) -> list[str]:
    x, y = _corner(place)
    lines = place[2].split("|")
    first = y + HEIGHT / 2 + 5 - 8 * (len(lines) - 1)
    texts = [svg.text(x + BOX / 2, first + 16 * i, line, anchor="middle", bold=i == 0) for i, line in enumerate(lines)]
    return [svg.rect(x, y, BOX, HEIGHT, stroke=svg.INK), *texts]


def _arrow(start: Place, end: Place, label: str) -> list[str]:
    x1, y1 = _edge(start, end)
    x2, y2 = _edge(end, start)
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1)
    along, across = ((x2 - x1) / length, (y2 - y1) / length), (-(y2 - y1) / length, (x2 - x1) / length)
    parts = [svg.line(x1, y1, x2, y2, stroke=svg.BLUE, width=1.6)]
    for side in (4, -4):
        back = (x2 - 8 * along[0] + side * across[0], y2 - 8 * along[1] + side * across[1])
        parts.append(svg.line(x2, y2, *back, stroke=svg.BLUE, width=1.6))
    if label:
        upright = start[0] == end[0]
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        # Beside an upright arrow; above any other, and further where it slopes through the label's width.
        place = (x + 8, y + 4) if upright else (x, y - 6 - 4 * len(label) * abs((y2 - y1) / (x2 - x1)))
        parts.append(svg.text(*place, label, anchor="start" if upright else "middle"))
    return parts


def _edge(place: Place, towards: Place) -> tuple[float, float]:
    """Where a line to the other box leaves this one: a side within a row, else top or bottom.

    A sloping line leaves near the corner that it runs to, so that it meets none that comes straight.
    """
    x, y = _corner(place)
    aside = (towards[0] > place[0]) - (towards[0] < place[0])
    if place[1] == towards[1]:
        return (x + BOX, y + HEIGHT / 2) if aside > 0 else (x, y + HEIGHT / 2)
    return x + BOX / 2 + aside * CORNER, y + HEIGHT if towards[1] > place[1] else y
