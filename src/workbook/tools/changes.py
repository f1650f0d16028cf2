"""What changed between two versions of a tool, which changes break a client, and a pin that shows any change.

Rules look at schemas. What a field *means* stands in words alone, so no rule sees it change; the pin does, and cannot
say whether it matters. Compare OpenAPI's own differs (oasdiff), which know many more rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.core.chat import Tool


@dataclass(frozen=True)
class Change:
    """One difference: the tool, what it is, and whether calls by the old schema may now be refused or misread."""

    tool: str
    what: str
    breaking: bool


def pin(tools: Sequence[Tool]) -> str:
    """A hash of all that a model is shown of these tools, in any order: sha256, hexadecimal."""
    shown = sorted(json.dumps(tool.to_dict(), sort_keys=True) for tool in tools)
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()


def changes(old: Sequence[Tool], new: Sequence[Tool]) -> list[Change]:
    """All differences that rules see, tool by tool; words are differences that break nothing."""
    before, after = ({tool.name: tool for tool in tools} for tools in (old, new))
    found = [Change(name, "removed", True) for name in before if name not in after]
    found += [Change(name, "added", False) for name in after if name not in before]
    for name in before:
        if name in after:
            found += _of_tool(before[name], after[name])
    return found


def _of_tool(old: Tool, new: Tool) -> Iterator[Change]:
    for name in old.properties:
        if name not in new.properties:
            yield Change(old.name, f"parameter {name} removed", True)
    for name in new.properties:
        if name not in old.properties:
            needed = name in new.required
            yield Change(old.name, f"{'required' if needed else 'optional'} parameter {name} added", needed)
    for name in set(old.properties) & set(new.properties):
        yield from _of_parameter(old, new, name)
    if _around(old) != _around(new):
        yield Change(old.name, "rules of all parameters together changed", True)
    if old.description != new.description:
        yield Change(old.name, "description changed", False)


def _of_parameter(old: Tool, new: Tool, name: str) -> Iterator[Change]:
    before, after = old.properties[name], new.properties[name]
    if name in new.required and name not in old.required:
        yield Change(old.name, f"parameter {name} is now required", True)
    if _words(before) != _words(after):
        yield Change(old.name, f"words of parameter {name} changed", False)
    if _rules(before) != _rules(after):
        yield Change(old.name, f"schema of parameter {name} changed", not _only_wider(_rules(before), _rules(after)))


def _around(tool: Tool) -> dict[str, Any]:
    """What the schema says besides its parameters, such as ``additionalProperties``."""
    return {
        key: value for key, value in _rules(tool.parameters).items() if key not in ("type", "properties", "required")
    }


def _rules(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("title", "description", "examples")}


def _words(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key in ("title", "description", "examples")}


def _only_wider(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether all that was valid still is, as far as is easily seen: more values of an enum, and nothing else."""
    rest = {key: value for key, value in old.items() if key != "enum"}
    same = rest == {key: value for key, value in new.items() if key != "enum"}
    return same and "enum" in old and ("enum" not in new or all(value in new["enum"] for value in old["enum"]))
