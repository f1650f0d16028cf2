"""The nouns of a tool-using conversation.

Covers messages, tools, calls and results as plain immutable values, and their
JSON forms. Leaves out how a model renders them (``workbook.models``) and how a
tool runs (``workbook.tools``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")

EMPTY_OBJECT: Mapping[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class Tool:
    """A function that a model may call: ``parameters`` is a JSON Schema of type object."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: dict(EMPTY_OBJECT))

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schema of each parameter, by name."""
        return self.parameters.get("properties", {})

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the parameters that a call must give."""
        return tuple(self.parameters.get("required", ()))

    def to_dict(self) -> dict[str, Any]:
        """The form that chat templates and OpenAI-compatible servers take as one entry of ``tools``."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tool:
        """Read a tool with or without the outer ``{"type": "function"}``.

        Raises ``ValueError`` when there is no name.
        """
        function = data.get("function", data)
        if not isinstance(function, Mapping) or not function.get("name"):
            raise ValueError(f"a tool needs a name: {str(data)[:120]}")
        parameters = function.get("parameters") or dict(EMPTY_OBJECT)
        return cls(function["name"], function.get("description", ""), parameters)


@dataclass(frozen=True)
class ToolCall:
    """One request by the model: the tool's name and its arguments."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """``{"name", "arguments"}``, the Hermes form."""
        return {"name": self.name, "arguments": dict(self.arguments)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ToolCall:
        """Read the Hermes form; raises ``ValueError`` when the name or the arguments have the wrong type."""
        name, arguments = data.get("name"), data.get("arguments", {})
        if not isinstance(name, str) or not isinstance(arguments, Mapping):
            raise ValueError(f"a call needs a name and an object of arguments: {str(data)[:120]}")
        return cls(name, dict(arguments))


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave back; ``error`` marks a failure that the model may repair."""

    name: str
    content: str
    error: bool = False


@dataclass(frozen=True)
class Message:
    """One turn. ``tool_calls`` belong to the assistant, ``name`` says which tool a tool message comes from."""

    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}; roles are {', '.join(ROLES)}")

    def to_dict(self) -> dict[str, Any]:
        """The form that chat templates take."""
        data: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            data["tool_calls"] = [{"type": "function", "function": call.to_dict()} for call in self.tool_calls]
        if self.name:
            data["name"] = self.name
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Read what :meth:`to_dict` wrote; calls may also stand without the outer ``function``."""
        calls = tuple(ToolCall.from_dict(c.get("function", c)) for c in data.get("tool_calls") or ())
        return cls(data["role"], data.get("content") or "", calls, data.get("name"))


def system(content: str) -> Message:
    """A message of role ``system``, without calls."""
    return Message("system", content)


def user(content: str) -> Message:
    """A message of role ``user``, without calls."""
    return Message("user", content)


def assistant(content: str = "", *calls: ToolCall) -> Message:
    """An assistant message with text, calls or both."""
    return Message("assistant", content, calls)


def tool_message(result: ToolResult) -> Message:
    """The message that brings a tool's result back to the model."""
    return Message("tool", result.content, (), result.name)
