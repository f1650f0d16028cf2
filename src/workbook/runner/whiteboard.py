"""A Mermaid figure as SVG, drawn without a browser and without the network, for light and dark pages alike.

A page is a column, so figures run down it: across, their letters would shrink to half their size. Notebooks need none
of this: JupyterLab draws Mermaid itself. Mermaid's own code runs here, in mermaidx.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

from workbook.core.errors import WorkbookError

FENCE = re.compile(r"^```mermaid\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
INK = "#767676"
"""A grey with a contrast of 4.5 to 1 against white and against black."""
PAGE = "var(--color-background-primary, white)"
"""The page's own colour: the book's theme names it, paper is white."""
THEME = {
    "theme": "base",
    "flowchart": {"nodeSpacing": 30, "rankSpacing": 30},
    "themeVariables": {
        **dict.fromkeys(("primaryColor", "edgeLabelBackground", "background"), "transparent"),
        **dict.fromkeys(("primaryBorderColor", "primaryTextColor", "lineColor"), INK),
        "fontFamily": "system-ui, sans-serif",
    },
    # A label hides the arrow below it, and nothing else; a reader's font may be wider than the one it was measured in.
    "themeCSS": f".edgeLabel .labelBkg, .edgeLabel p {{ background-color: {PAGE} !important; }}"
    " foreignObject { overflow: visible; } .nodeLabel p { text-wrap: balance; }",
}


@cache
def drawn(mermaid: str) -> str:
    """The figure as an ``svg`` element. Raises ``WorkbookError`` where Mermaid cannot read it."""
    import mermaidx

    try:
        down = mermaid.replace("flowchart LR", "flowchart TB", 1)
        return str(mermaidx.render(f"%%{{init: {json.dumps(THEME)}}}%%\n{down}").svg())
    except RuntimeError as error:
        first = mermaid.splitlines()[0] if mermaid else "nothing"
        raise WorkbookError(
            f"the figure that begins with {first!r}: {error}", "Mend it as Mermaid's page says."
        ) from error


def with_drawings(markdown: str, put: Callable[[str], str] = str) -> str:
    """``markdown`` with each Mermaid block drawn; ``put`` makes a block of the page's own kind of each picture."""
    return FENCE.sub(lambda found: put(drawn(found[1])), markdown)
