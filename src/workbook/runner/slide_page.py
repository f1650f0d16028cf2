"""How slides look: a deck as one page with reveal.js in it, light or dark as its reader's screen is.

reveal.js comes with a pinned package and is written into the page, so that a deck is one file. Text that is too long
for its slide is set smaller until it fits. Leaves out what stands on the slides (``slides``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from workbook.runner.report import PALETTE, code_colours, page

SIZE = (1280, 720)
SMALLEST = 0.5
"""How far a text may shrink, against its usual size."""
STYLE = """
html, body.reveal-viewport { background: var(--page); color: var(--ink); height: 100%; margin: 0; }
.reveal { font: 30px/1.35 system-ui, sans-serif; }
.reveal .slides { text-align: left; }
.reveal .slides section { box-sizing: border-box; flex-direction: column; gap: .6em; height: 720px; overflow: hidden;
  padding: 24px 40px 48px; }
.reveal h1, .reveal h2 { flex: none; font-weight: 650; line-height: 1.15; margin: 0; }
.reveal h1 { font-size: 2em; margin: auto 0 0; } .reveal h1 + * { margin-bottom: auto; }
.reveal h2 { font-size: 1.35em; }
.reveal .part { color: var(--soft); flex: none; font-size: .65em; margin: 0; min-height: 1.35em; }
.reveal p, .reveal ol, .reveal ul { margin: .3em 0; } .reveal li { margin: .3em 0; }
.reveal .large { font-size: 1.2em; margin: auto 0; } .reveal .large em { font-style: normal; }
.reveal .picture { display: flex; flex: 1 1 0; justify-content: center; min-height: 150px; padding: 0 4%; }
.reveal .picture > * { height: 100%; max-height: none; max-width: 100%; object-fit: contain; width: 100%; }
.reveal code, .reveal pre { font-family: ui-monospace, monospace; }
.reveal pre { background: var(--box); border-radius: 6px; font-size: .6em; margin: 0; padding: .8em;
  white-space: pre-wrap; }
.reveal em { font-style: italic; } .reveal strong { font-weight: 650; } .reveal ol, .reveal ul { padding-left: 1.2em; }
.reveal table { border-collapse: collapse; font-size: .75em; margin: auto 0; }
.reveal :is(td, th) { border-bottom: 1px solid var(--line); padding: .4em 1em .4em 0; text-align: left; }
.reveal .verdicts td + td { white-space: nowrap; }
.reveal section:has(.tall) { column-gap: 40px; grid-template: auto auto 1fr / 1fr 1fr; }
.reveal section.present:has(.tall) { display: grid !important; } .reveal .tall { grid-column: 2; grid-row: 3; }
.reveal section:has(.tall) > :is(.part, h2) { grid-column: 1 / 3; }
.reveal .controls, .reveal .progress { color: var(--link); }
.reveal .slide-number a { text-decoration: none; }
.reveal .slide-number { background: none; bottom: auto; color: var(--soft); font-size: 16px; top: 16px; }
"""
# Only the slide in view has a size, so each is fitted when it is turned to. A drawing is made for one font, and a
# reader may have a wider one.
SCRIPT = """
function fit({currentSlide: slide}) {
  for (const drawing of slide.querySelectorAll("svg[viewBox]")) {
    const drawn = drawing.getBBox(), frame = drawing.viewBox.baseVal;
    frame.width = Math.max(frame.width, drawn.x + drawn.width);
  }
  for (let size = 1; size > SMALLEST && slide.scrollHeight > slide.clientHeight; size -= 0.05)
    slide.style.fontSize = size + "em";
}
Reveal.on("ready", fit); Reveal.on("slidechanged", fit);
Reveal.initialize({width: WIDTH, height: HEIGHT, margin: 0.02, center: false, display: "flex", hash: true,
  slideNumber: "c/t", transition: "none"});
"""


@dataclass(frozen=True)
class Slide:
    """One slide: the part that it belongs to, its title in Markdown, and its contents as HTML."""

    part: str
    title: str
    body: str


def deck(name: str, slides: Iterable[Slide]) -> str:
    """One HTML page with all slides, and the styles and scripts that show them."""
    first, *rest = slides
    shown = "\n".join([_section(first, "h1"), *(_section(slide, "h2") for slide in rest)])
    width, height = SIZE
    start = SCRIPT.replace("WIDTH", str(width)).replace("HEIGHT", str(height)).replace("SMALLEST", str(SMALLEST))
    style = _vendored("reset.css") + _vendored("reveal.css") + PALETTE + STYLE + code_colours()
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(name)}</title>'
        f'<style>{style}</style></head><body><div class="reveal"><div class="slides">{shown}</div></div>'
        f"<script>{_vendored('reveal.js')}</script><script>{start}</script></body></html>"
    )


def index(decks: Mapping[str, tuple[str, int]]) -> str:
    """The list of decks: name, title and number of slides of each."""
    rows = "".join(
        f'<tr><td><a href="{name}.html">{name}</a></td><td>{_inline(title)}</td><td class="number">{count}</td></tr>'
        for name, (title, count) in decks.items()
    )
    keys = "Arrow keys turn the slides, F fills the screen, O shows all of a deck, B makes it black."
    head = "<tr><th>deck</th><th>question</th><th>slides</th></tr>"
    return page("Slides", f"<h1>Slides</h1><p class='soft'>{keys}</p><table>{head}{rows}</table>")


def as_text(markdown: str, large: bool = False) -> str:
    """Markdown as HTML; ``large`` for the one text of a slide."""
    return f"<div{' class=large' * large}>{_markdown().render(markdown)}</div>"


def as_code(source: str) -> str:
    """Python as HTML with pygments' classes; the page brings their colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return str(highlight(source, PythonLexer(), HtmlFormatter()))


def _section(slide: Slide, heading: str) -> str:
    part = "" if slide.part == slide.title else _inline(slide.part)
    title = f"<{heading}>{_inline(slide.title)}</{heading}>"
    return f'<section><p class="part">{part}</p>{title}{slide.body}</section>'


def _inline(markdown: str) -> str:
    return str(_markdown().renderInline(markdown))


def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _vendored(name: str) -> str:
    """A file of reveal.js, without the address of its source map, which is not there."""
    text = files("sphinx_revealjs").joinpath("_static", "revealjs", "dist", name).read_text(encoding="utf-8")
    return text.rpartition("//# sourceMappingURL")[0] or text
