"""A tool that can run, and a box of them: what the model is shown on one side, what is called on the other.

Whatever a tool comes from (a Python function, an OpenAPI operation, a plugin, an MCP server) ends as a
:class:`BoundTool`. Leaves out who calls it, with which limits and guards (``workbook.agent``).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.tools.causes import Cause

Risk = Literal["read", "write", "destructive"]
"""What a tool may do: look, change something, or change something that cannot be taken back."""
Run = Callable[[Mapping[str, Any]], Awaitable[str]]
Check = Callable[[Mapping[str, Any]], list[str]]
LONGEST_NAME = 64
"""Characters of a tool's name; the limit of OpenAI's API, and of most others."""


class ToolError(WorkbookError):
    """A tool says no: a failure whose message goes back to the model, which may repair its call."""

    def __init__(self, message: str, remedy: str = "", cause: Cause = "semantic") -> None:
        super().__init__(message, remedy)
        self.cause: Cause = cause


@dataclass(frozen=True)
class Terms:
    """On what terms a tool may be used: what its caller must be allowed, who answers for it, what a call costs.

    ``permissions`` are all needed; ``cost`` is in the unit of whoever wrote it down.
    """

    permissions: tuple[str, ...] = ()
    owner: str = ""
    cost: float = 0.0


FREE = Terms()
"""For everyone, of nobody, at no cost."""


@dataclass(frozen=True)
class BoundTool:
    """A tool with what runs it.

    ``run`` takes arguments that satisfy the schema and gives the result as text; it raises :class:`ToolError` for what
    the model may repair, any other exception for what it cannot. ``check`` says what is wrong with arguments beyond
    their schema, before anything runs. ``origin`` says where the tool comes from, for a person to read. ``terms`` are
    for a registry to keep: nothing here enforces them.
    """

    tool: Tool
    run: Run
    origin: str
    risk: Risk = "read"
    check: Check = lambda arguments: []
    terms: Terms = FREE

    @property
    def name(self) -> str:
        """The tool's own name; a :class:`Toolbox` may give it another, legal one."""
        return self.tool.name


class Toolbox:
    """Tools by the names that the model knows, in the order in which it sees them.

    Names are made legal and unique (``get /users/{id}`` becomes ``get_users_id``); ``origin`` keeps the real one.
    """

    def __init__(self, tools: Iterable[BoundTool] = ()) -> None:
        self._tools: dict[str, BoundTool] = {}
        for bound in tools:
            name = legal_name(bound.name, self._tools)
            renamed = bound if name == bound.name else replace(bound, tool=replace(bound.tool, name=name))
            self._tools[name] = renamed

    def __getitem__(self, name: str) -> BoundTool:
        """The tool of that name; raises ``UsageError`` that names the nearest."""
        if name not in self._tools:
            raise unknown("tool", name, tuple(self._tools))
        return self._tools[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[BoundTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __add__(self, other: Toolbox) -> Toolbox:
        return Toolbox([*self, *other])

    @property
    def shown(self) -> tuple[Tool, ...]:
        """The schemas alone, in order: what a prompt lists."""
        return tuple(bound.tool for bound in self)


def legal_name(text: str, taken: Iterable[str] = ()) -> str:
    """``text`` as a name of letters, digits, ``_``, ``-`` and ``.``, at most 64 characters, none of ``taken``."""
    words = re.sub(r"[^a-zA-Z0-9_.-]+", "_", text).strip("_.-") or "tool"
    name, count, others = words[:LONGEST_NAME], 1, set(taken)
    while name in others:
        count += 1
        name = f"{words[: LONGEST_NAME - len(str(count)) - 1]}_{count}"
    return name
