"""A notebook taken apart: each text and each output with the headings that it stands under.

Leaves out which pieces a deck takes (``slides``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from workbook.lab.card import SIGNS
from workbook.lab.claims import find_claim
from workbook.lab.ledger import row_interval
from workbook.lab.record import MIME
from workbook.lab.units import show_interval, show_number

HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)\s]+\)")
SIZE = re.compile(r'<svg[^>]*? width="([\d.]+)[^>]*? height="([\d.]+)')
ASKED = "**Before you run on**"
"""How the words begin that stand for a prediction in an executed notebook (``study.predict``)."""
UNGUESSED = re.compile(r"<text[^>]*>◆ No guess[^<]*</text>")
"""What a guess that nobody committed to says of itself: of use where the cell can be run again."""
OPENING = 240
"""Signs of text above a picture."""


@dataclass(frozen=True)
class Piece:
    """Something that a notebook shows.

    ``part`` is the heading of the first or second level above it, ``heading`` the nearest of any level. ``kind`` is
    ``text``, ``code``, ``said`` (text that a cell gave), ``asked`` (a prediction), ``plot``, ``drawing``, ``guess`` (a
    guess beside what was measured), ``table``, ``printed`` or ``verdict``. ``content`` is Markdown where it was
    text, said or asked, Python where it was code, and HTML of all others.
    """

    part: str
    heading: str
    kind: str
    content: str

    def within(self, parts: Collection[str]) -> bool:
        """Whether it stands in one of the ``parts``, known by how their headings begin."""
        return any(title.startswith(part) for part in parts for title in (self.part, self.heading))


def pieces(notebook: Any) -> Iterator[Piece]:
    """Everything that the notebook shows, in its order."""
    part = heading = ""
    for cell in notebook.cells:
        for kind, content in _shown(cell):
            if kind not in ("text", "said"):
                yield Piece(part, heading, kind, content)
                continue
            for level, title, text in _blocks(content):
                heading = title or heading
                part = title if 0 < level <= 2 else part
                if text:
                    yield Piece(part, heading, kind, text)


def opening(markdown: str) -> str:
    """The first sentences of a text: as many as leave room for a picture, and one at least."""
    first, *rest = re.split(r"(?<=[.?!:])\s+", paragraphs(markdown)[0])
    for sentence in rest:
        if len(first) + len(sentence) > OPENING:
            break
        first += f" {sentence}"
    return first


def paragraphs(markdown: str) -> list[str]:
    """The blocks of a Markdown text, parted at empty lines; none of them empty."""
    return [text for text in re.split(r"\n\s*\n", markdown.strip()) if text]


def _shown(cell: Any) -> Iterator[tuple[str, str]]:
    """The cell's own text or code, then its outputs that a slide can show."""
    yield ("text" if cell.cell_type == "markdown" else "code"), cell.source
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if MIME in data:
            yield "verdict", _verdict(data[MIME])
        elif "image/png" in data:
            words = escape(data.get("text/plain", ""), quote=True)
            yield "plot", _framed(f'<img alt="{words}" src="data:image/png;base64,{data["image/png"].strip()}">')
        elif "image/svg+xml" in data:
            svg = UNGUESSED.sub("", data["image/svg+xml"])
            yield ("guess" if "reveal(" in cell.source else "drawing"), _framed(svg)
        elif "text/markdown" in data:
            yield _told(data["text/markdown"])
        elif "text/html" in data:
            yield "table", f"<div>{data['text/html']}</div>"
        elif text := output.get("text") or data.get("text/plain"):
            yield "printed", f"<pre>{escape(text)}</pre>"


def _framed(tag: str) -> str:
    """A picture in a box that takes the room which is left on its slide: beside the words when it is tall."""
    size = SIZE.search(tag)
    tall = " tall" * bool(size and float(size[2]) > float(size[1]))
    return f'<div class="picture{tall}">{tag}</div>'


def _verdict(row: Mapping[str, Any]) -> str:
    """A claim, its verdict and what it rests on, as a row of a table."""
    sign, colour = SIGNS[row["verdict"]]
    verdict = f'<strong style="color: {colour}">{sign} {row["verdict"]}</strong>'
    return f"<tr><td>{escape(row['claim'])}</td><td>{verdict}</td><td>{escape(_basis(row))}</td></tr>"


def _basis(row: Mapping[str, Any]) -> str:
    unit = find_claim(row["id"]).unit
    if "kind" not in row:
        return f"{show_interval(row_interval(row), unit)}, n = {row['n']}"
    return "documented" if row["estimate"] is None else f"{show_number(row['estimate'], unit)} ({row['model']})"


def _told(markdown: str) -> tuple[str, str]:
    """A prediction's question without the words around it, or any other text."""
    return ("asked", paragraphs(markdown)[1]) if markdown.startswith(ASKED) else ("said", markdown)


def _blocks(markdown: str) -> Iterator[tuple[int, str, str]]:
    """Level, title and text of each heading's block, links as their words; level 0 before the first heading."""
    before, *rest = HEADING.split(LINK.sub(r"\1", markdown))
    yield 0, "", before.strip()
    for marks, title, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        yield len(marks), title.strip(), text.strip()
