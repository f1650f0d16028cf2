"""What a study cell shows: Markdown for every front end, plain text for a terminal, and a machine-readable part.

Markdown and not HTML, because code hosts strip styles from HTML outputs, and
because ``<details>`` keeps hints and solutions closed until they are opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, repr=False)
class Card:
    """A title and a body in Markdown; with ``folded`` the body stays closed until the reader opens it.

    ``data`` maps MIME types of our own to JSON values, for tests and tools that read executed notebooks.
    """

    title: str
    body: str
    folded: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.title}\n\n{self.body}".strip()

    def __repr__(self) -> str:
        return f"{self.title} (folded; print() shows it)" if self.folded else str(self)

    def markdown(self) -> str:
        """The body below its title, or folded under it."""
        if self.folded:
            return f"<details><summary><b>{self.title}</b></summary>\n\n{self.body}\n\n</details>"
        return f"**{self.title}**\n\n{self.body}".strip()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/markdown": self.markdown(), "text/plain": repr(self), **self.data}
