"""What a conversion gives: the tools it could make, and one line for each operation that it could not.

Covers the check that every source shares: parameters are a JSON Schema of 2020-12, of type object, whose references
stay inside. Leaves out where the schemas come from (``functions``, ``openapi``, ``plugins``, ``mcp_tools``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from workbook.core.errors import WorkbookError
from workbook.tools.toolbox import BoundTool, Toolbox

SHORT = 200
"""Characters of a reason; validators quote whole instances."""


class Unconvertible(WorkbookError):
    """An operation that cannot become a tool; the message is the reason that is reported."""


@dataclass(frozen=True)
class Failure:
    """What did not become a tool: its ``operationId``, ``METHOD path`` or name, and why."""

    operation: str
    reason: str


@dataclass(frozen=True)
class Converted:
    """The tools of one document, with unique legal names, and what could not be converted."""

    tools: list[BoundTool] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    @property
    def toolbox(self) -> Toolbox:
        """The tools in a :class:`Toolbox`, in the document's order."""
        return Toolbox(self.tools)


def checked(parameters: Any) -> dict[str, Any]:
    """``parameters`` as they are, when they can be a tool's; raises :class:`Unconvertible` with the reason."""
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        raise Unconvertible("the parameters are no JSON Schema of type object")
    valid(parameters)
    for reference in references(parameters):
        resolve(parameters, reference)
    return parameters


def valid(schema: Any) -> Any:
    """``schema`` as it is, when it is one of 2020-12; raises :class:`Unconvertible` that says where it is none."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        raise Unconvertible(f"not a JSON Schema at {where or 'the root'}: {error.message}"[:SHORT]) from error
    return schema


def expect(value: Any, kind: Any, what: str) -> Any:
    """``value``, when it is of that type; raises :class:`Unconvertible` that says what is not."""
    if not isinstance(value, kind):
        raise Unconvertible(f"{what} has the wrong type: {str(value)[:60]!r}")
    return value


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` below ``node``, in order, repeated where it is repeated."""
    pending = [node]
    while pending:
        found = pending.pop()
        if isinstance(found, Mapping):
            if isinstance(found.get("$ref"), str):
                yield found["$ref"]
            pending.extend(reversed(list(found.values())))
        elif isinstance(found, list):
            pending.extend(reversed(found))


def resolve(document: Any, reference: str) -> Any:
    """What a local reference such as ``#/components/schemas/User`` points to; raises :class:`Unconvertible`."""
    if not reference.startswith("#"):
        raise Unconvertible(f"$ref to another document: {reference}"[:SHORT])
    found = document
    for part in reference[1:].split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            raise Unconvertible(f"$ref to something that is not there: {reference}"[:SHORT])
    return found
