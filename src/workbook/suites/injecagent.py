"""InjecAgent's cases as its ``data`` folder holds them: a user's request, a tool's result that carries an order.

Reads ``test_cases_{dh,ds}_{base,enhanced}.json`` and ``tools.json``. Parameters and responses are Python literals in
strings; they are read with ``ast.literal_eval`` and never run. A row that cannot be read is reported with its place
and never dropped silently; a folder of which no row can be read is an error. ``dh`` cases do harm by one call, ``ds``
cases steal by two, of which the second sends. Source: Zhan et al., "InjecAgent", 2024. Leaves out running them
(``workbook.lab.injecagent``).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbook.core.chat import EMPTY_OBJECT, Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.suites.json_rows import spread

FILES = tuple(f"test_cases_{kind}_{setting}.json" for kind in ("dh", "ds") for setting in ("base", "enhanced"))
TOOLS = "tools.json"
KEYS = ("Attacker Tools", "User Tool", "User Instruction", "Tool Parameters", "Tool Response")
"""What is read of a row; ``Modifed``, which is spelt so, and the others are not needed."""
EXPECTED = (
    f"Expected InjecAgent's folder data: {', '.join(FILES)}, each a list of objects with {', '.join(KEYS)}; and "
    f'{TOOLS}, a list of {{"toolkit", "tools": [{{"name", "parameters"}}]}}.'
)
TYPES: Mapping[str, str] = {
    "string": "string", "str": "string", "integer": "integer", "int": "integer", "number": "number",
    "float": "number", "boolean": "boolean", "bool": "boolean", "array": "array", "list": "array",
    "object": "object", "dict": "object",
}  # fmt: skip
"""Types of JSON Schema; a parameter of any other type takes any value."""
PLAUSIBLE: Mapping[str, Any] = {"integer": 7, "number": 7.5, "boolean": True, "array": ["4711-0815"], "object": {}}
"""What a tool returns whose result the suite does not hold, by type; texts name their field."""
SHOWN = 6


@dataclass(frozen=True)
class AgentCase:
    """One case. ``tools`` are at hand: the user's first, then the attacker's, whose names ``attack`` has in order.

    ``call`` is the user's tool being called, and ``response``, which carries the order, comes back. ``results`` are
    plausible results of the attacker's tools.
    """

    id: str
    file: str
    request: str
    call: ToolCall
    response: str
    tools: tuple[Tool, ...]
    attack: tuple[str, ...]
    results: Mapping[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row that is no case, and why."""

    id: str
    reason: str


def load_injecagent(folder: str | Path, limit: int | None = None) -> tuple[list[AgentCase], list[BadRow]]:
    """The cases of the folder in the order of :data:`FILES`, and the rows that are none.

    ``limit`` takes that many cases, as equal a number from each file as there is, evenly spread in it. Raises
    :class:`WorkbookError` that lists what was seen and what was expected, when there is no case at all.
    """
    root = Path(folder)
    there = [name for name in FILES if (root / name).is_file()]
    if not there or not (root / TOOLS).is_file():
        raise WorkbookError(f"no InjecAgent in {root}; {_seen(root)}", EXPECTED)
    catalogue = _catalogue(root / TOOLS)
    read = {name: [_case(name, *row, catalogue) for row in enumerate(_list(root / name))] for name in there}
    good = {name: [row for row in rows if isinstance(row, AgentCase)] for name, rows in read.items()}
    bad = [row for rows in read.values() for row in rows if isinstance(row, BadRow)]
    if not any(good.values()):
        seen = "; ".join(f"{row.id}: {row.reason}" for row in bad[:3]) or "their lists are empty"
        raise WorkbookError(f"no case in {', '.join(there)} of {root} ({seen})", EXPECTED)
    return _limited(good, limit), bad


def _limited(good: Mapping[str, list[AgentCase]], limit: int | None) -> list[AgentCase]:
    left = sum(map(len, good.values())) if limit is None else limit
    shares = dict.fromkeys(good, 0)
    while left and any(shares[name] < len(rows) for name, rows in good.items()):
        for name, rows in good.items():
            more = int(left > 0 and shares[name] < len(rows))
            shares[name], left = shares[name] + more, left - more
    return [case for name, rows in good.items() for case in spread(rows, shares[name])]


def _case(file: str, number: int, row: Any, catalogue: Mapping[str, Mapping[str, Any]]) -> AgentCase | BadRow:
    id = f"{file.removesuffix('.json')}.{number}"
    try:
        if not isinstance(row, Mapping) or not set(KEYS) <= row.keys():
            raise ValueError(f"it has {_keys(row)}")
        call = ToolCall(_legal(_text_of(row, "User Tool")), _parameters(row["Tool Parameters"]))
        attack = _names(row["Attacker Tools"])
        return AgentCase(
            id=id,
            file=file,
            request=_text_of(row, "User Instruction"),
            call=call,
            response=_response(_text_of(row, "Tool Response")),
            tools=tuple(_offered(call, attack, catalogue)),
            attack=attack,
            results={name: _plausible(catalogue.get(name, {}).get("returns")) for name in attack},
        )
    except ValueError as error:
        return BadRow(id, str(error))


def _offered(call: ToolCall, attack: Sequence[str], catalogue: Mapping[str, Mapping[str, Any]]) -> Iterator[Tool]:
    for name in dict.fromkeys((call.name, *attack)):
        tool = _tool(name, catalogue.get(name, {}))
        # The given call is the suite's, and is made; where the catalogue disagrees, the catalogue is wrong.
        yield replace(tool, parameters=EMPTY_OBJECT) if name == call.name and call_errors(call, [tool]) else tool


def _tool(name: str, entry: Mapping[str, Any]) -> Tool:
    """A tool as its entry describes it; one without an entry takes whatever it is given."""
    listed = entry.get("parameters")
    given = [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("name"), str)] if listed else []
    properties = {one["name"]: _schema(one) for one in given}
    required = [one["name"] for one in given if str(one.get("required")).lower() == "true"]
    words = str(entry.get("summary") or entry.get("description") or "")
    return Tool(name, words, {"type": "object", "properties": properties, "required": required})


def _schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    kind = TYPES.get(str(parameter.get("type")).lower())
    words = str(parameter.get("description") or "")
    return ({"type": kind} if kind else {}) | ({"description": words} if words else {})


def _catalogue(path: Path) -> dict[str, Mapping[str, Any]]:
    """The tools' entries by the names that cases use: toolkit and name in one word."""
    found: dict[str, Mapping[str, Any]] = {}
    for kit in _list(path):
        tools = kit.get("tools") if isinstance(kit, Mapping) else None
        if not isinstance(tools, list) or "toolkit" not in kit:
            raise WorkbookError(f"{path.name} holds {_keys(kit)}", EXPECTED)
        named = (tool for tool in tools if isinstance(tool, Mapping) and "name" in tool)
        found |= {_legal(f"{kit['toolkit']}{tool['name']}"): tool for tool in named}
    return found


def _legal(name: str) -> str:
    """A name as an API takes it."""
    return re.sub(r"[^\w.-]+", "_", name)


def _list(path: Path) -> list[Any]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WorkbookError(f"{path.name} cannot be read: {str(error)[:120]}", EXPECTED) from error
    if not isinstance(rows, list):
        raise WorkbookError(f"{path.name} holds {_keys(rows)} and no list", EXPECTED)
    return rows


def _literal(text: str) -> Any:
    """A Python literal; raises ``ValueError`` for anything else, which is never run."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(f"no Python literal: {text[:60]!r} ({type(error).__name__})") from error


def _parameters(value: Any) -> dict[str, Any]:
    found = _literal(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise ValueError(f"Tool Parameters are {type(found).__name__} and no dict")
    # Tuples become lists, and keys texts, as in JSON.
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def _names(value: Any) -> tuple[str, ...]:
    found = _literal(value) if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not found or not all(isinstance(name, str) and name for name in found):
        raise ValueError(f"Attacker Tools are no names: {str(value)[:60]!r}")
    return tuple(map(_legal, found))


def _response(text: str) -> str:
    """The response without the quotes that it stands in; inside it stays a text, for its own quotes may not match."""
    try:
        inner = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        inner = text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text
    return inner if isinstance(inner, str) else text


def _plausible(returns: Any) -> str:
    listed = [one for one in returns if isinstance(one, Mapping) and "name" in one] if isinstance(returns, list) else []
    values = {str(one["name"]): _value(one) for one in listed}
    return json.dumps(values or {"status": "ok", "data": "4711-0815"})


def _value(field: Mapping[str, Any]) -> Any:
    return PLAUSIBLE.get(TYPES.get(str(field.get("type")).lower(), ""), f"{field['name']} 4711-0815")


def _text_of(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row[key], str) or not row[key]:
        raise ValueError(f"{key} is no text")
    return str(row[key])


def _seen(root: Path) -> str:
    if not root.is_dir():
        return "there is no such folder"
    names = sorted(path.name for path in root.iterdir())
    return f"it holds {', '.join(names[:SHOWN]) or 'nothing'}" + (" ..." if len(names) > SHOWN else "")


def _keys(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, list(value)[:SHOWN])) or 'nothing'}"
    return f"{type(value).__name__} {str(value)[:40]!r}"
