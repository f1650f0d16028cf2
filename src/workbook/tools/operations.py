"""One row of the registry: an operation with what a search reads, what a model is shown, and on what terms.

Covers the text that stands for an operation, its version hash and its form as a row. Leaves out where rows are kept
(``registry``) and how they are found (``retrieval``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbook.core.chat import Tool
from workbook.tools.toolbox import FREE, BoundTool, Risk, Terms

LONGEST_TEXT = 2000
"""Characters of the text that a search reads; an encoder reads about the first quarter."""


@dataclass(frozen=True)
class Operation:
    """A tool as the registry keeps it; ``source`` is the document that it comes from, by its absolute path."""

    tool: Tool
    source: str
    origin: str = ""
    risk: Risk = "read"
    terms: Terms = FREE

    @property
    def id(self) -> str:
        """What tells the operation from every other: a name is unique within its document only."""
        return f"{self.source}#{self.tool.name}"

    @property
    def version(self) -> str:
        """A hash of everything that a search or a caller sees; it changes when any of it does."""
        written = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(f"{written}{text_of(self.tool)}".encode(errors="replace")).hexdigest()[:16]

    def to_row(self) -> dict[str, Any]:
        """The row, without its vector; half a surrogate pair, which JSON can hold and a table cannot, becomes ``?``."""
        row = {
            "id": self.id,
            "name": self.tool.name,
            "description": self.tool.description,
            "text": text_of(self.tool),
            "schema": json.dumps(self.tool.parameters),
            "version": self.version,
            "owner": self.terms.owner,
            "risk": self.risk,
            "origin": self.origin,
            "source": self.source,
        }
        whole = {key: value.encode(errors="replace").decode() for key, value in row.items()}
        return {**whole, "permissions": json.dumps(sorted(self.terms.permissions)), "cost": self.terms.cost}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Operation:
        """Read what :meth:`to_row` wrote."""
        tool = Tool(row["name"], row["description"], json.loads(row["schema"]))
        terms = Terms(tuple(json.loads(row["permissions"])), row["owner"], row["cost"])
        return cls(tool, row["source"], row["origin"], row["risk"], terms)

    @classmethod
    def of(cls, bound: BoundTool, source: str) -> Operation:
        """The operation that a tool of the document ``source`` stands for."""
        return cls(bound.tool, source, bound.origin, bound.risk, bound.terms)


def text_of(tool: Tool) -> str:
    """What a search reads: the name in words, the description, then each parameter's name and description."""
    parts = [words_of(tool.name), tool.description.strip(), *_parameters(tool)]
    return ". ".join(part for part in parts if part)[:LONGEST_TEXT]


def words_of(name: str) -> str:
    """A name as words: ``getUserById``, ``get_user_by_id`` and ``users/get-by-id`` all fall apart."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.sub(r"[^\w]+|_+", " ", parted).split())


def _parameters(tool: Tool) -> Iterator[str]:
    for name, schema in tool.properties.items():
        said = schema.get("description") if isinstance(schema, Mapping) else None
        yield f"{words_of(name)}: {said.strip()}" if isinstance(said, str) and said.strip() else words_of(name)
