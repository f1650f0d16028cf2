"""Constraints as values: *what* the output must look like, never how that is enforced.

``workbook.grammar`` compiles them for an engine; ``workbook.models`` never sees them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.core.chat import Tool


@dataclass(frozen=True)
class JsonSchema:
    """The whole output is one JSON value that satisfies ``schema``."""

    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Regex:
    """The whole output matches ``pattern``."""

    pattern: str


@dataclass(frozen=True)
class Gbnf:
    """The whole output is derived from the rule ``root`` of a GBNF grammar (llama.cpp's dialect)."""

    grammar: str


@dataclass(frozen=True)
class ToolCalls:
    """Calls of ``tools`` in Hermes form, name and arguments tied together.

    With ``required`` the output is one call or several and nothing else;
    without it, free text may stand before, or instead of, the calls.
    """

    tools: Sequence[Tool]
    required: bool = True
    parallel: bool = False


Constraint = JsonSchema | Regex | Gbnf | ToolCalls
