"""How an API changes: a task before and after, for each kind of change.

The request stays, the tool and what is right change. A client that holds the old schema breaks in one of two ways: the
server refuses its call, or takes it for something else. Leaves out servers and agents (``workbook.lab.drift``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.settings import unknown
from workbook.core.validation import call_errors
from workbook.suites.tasks import Task, load_tasks

SUFFIXES = ("value", "code", "text", "key")
"""What a renamed parameter gets behind its name."""
PLACES = ("first", "last")
SECONDS_IN_A_MINUTE = 60
SHAPE = ("type", "rename", "optional")
"""The kinds after which the request still holds all that the new call needs."""
BY_HEART = {"optional": 4, "rename": 6, "split": 2, "required": 2, "type": 6, "removal": 2, "meaning": 2}
"""Changes of APIs that the adapter ``drift-memorised`` knows by heart."""
SHORT = 2
"""Parameters of such an API, at most: a tiny model learns them from a few thousand rows."""


@dataclass(frozen=True)
class Drift:
    """One change: the task as it was, and as it is now."""

    kind: str
    before: Task
    after: Task


Change = Callable[[Task, Random], "Drift | None"]


def drift(task: Task, kind: str, seed: int = 0) -> Drift | None:
    """The task under that change; None where it does not apply. Raises ``UsageError`` for an unknown kind.

    ``task`` has one right call.
    """
    if kind not in KINDS:
        raise unknown("kind of change", kind, tuple(KINDS))
    return KINDS[kind](task, Random(f"{task.id} {kind} {seed}"))


def drifts(tasks: Sequence[Task], counts: Mapping[str, int], seed: int = 0) -> list[Drift]:
    """So many changes of each kind, in the order of ``counts``, no task twice; fewer where no task is left."""
    used: set[str] = set()
    found: list[Drift] = []
    for kind, count in counts.items():
        fitting = (made for task in tasks if task.id not in used and (made := drift(task, kind, seed)) is not None)
        some = list(islice(fitting, count))
        used |= {one.before.id for one in some}
        found += some
    return found


def experiment(rare: int, seed: int = 0) -> list[Drift]:
    """``rare`` changes of each kind, three times as many of shape, of the tasks of ``calls`` with one right call."""
    counts = {kind: rare for kind in KINDS if kind not in SHAPE} | dict.fromkeys(SHAPE, 3 * rare)
    return drifts(_one_call(), counts, seed)


def optional_renames(count: int, seed: int = 0) -> list[Drift]:
    """Renames of an optional parameter: the old call is still valid, and loses an argument."""
    made = (drift(task, "rename", seed) for task in _one_call())
    kept = (one for one in made if one and not call_errors(one.before.expected[0], one.after.tools))
    return list(islice(kept, count))


def by_heart(seed: int = 0) -> list[Drift]:
    """Changes of short APIs, whose versions before are those that ``drift-memorised`` was trained on."""
    return drifts([task for task in _one_call() if _is_short(_tool(task))], BY_HEART, seed)


def _one_call() -> list[Task]:
    return [task for task in load_tasks("calls") if len(task.expected) == 1]


def _is_short(tool: Tool) -> bool:
    kinds = [schema["type"] for schema in tool.properties.values()]
    return 0 < len(kinds) <= SHORT and not {"array", "object"} & set(kinds)


def _renamed(task: Task, rng: Random) -> Drift | None:
    """A parameter has another name."""
    [call] = task.expected
    old = _some(rng, list(call.arguments))
    if old is None:
        return None
    new = f"{old}_{rng.choice(SUFFIXES)}"
    return Drift("rename", task, _with_schema(task, _replaced(_tool(task), old, {new: _tool(task).properties[old]}), {
        new if name == old else name: value for name, value in call.arguments.items()
    }))  # fmt: skip


def _split(task: Task, rng: Random) -> Drift | None:
    """One text becomes two, as ``city`` became ``lat`` and ``lon``: ``name`` is now its first and its last word."""
    [call] = task.expected
    old = _some(rng, [n for n, v in call.arguments.items() if isinstance(v, str) and len(v.split()) == 2])
    if old is None:
        return None
    parts = {f"{place}_{old}": word for place, word in zip(PLACES, call.arguments[old].split(), strict=True)}
    noun = old.replace("_", " ")
    words = {f"{place}_{old}": f"the {place} word of the {noun}" for place in PLACES}
    schemas = {name: {"type": "string", "description": told} for name, told in words.items()}
    arguments = {name: value for name, value in call.arguments.items() if name != old} | parts
    return Drift("split", task, _with_schema(task, _replaced(_tool(task), old, schemas), arguments))


def _more_required(task: Task, rng: Random) -> Drift | None:
    """A new required parameter, which the request does not give: the right reply asks."""
    tool, name = _tool(task), rng.choice(("region", "reason", "channel"))
    if name in tool.properties:
        return None
    properties = {**tool.properties, name: {"type": "string", "description": f"the {name}"}}
    parameters = {**tool.parameters, "properties": properties, "required": [*tool.required, name]}
    after = _with_tool(task, replace(tool, parameters=parameters))
    return Drift("required", task, replace(after, kind="ask", expected=(), accept=(name,)))


def _retyped(task: Task, rng: Random) -> Drift | None:
    """A number becomes a text."""
    [call] = task.expected
    numbers = [n for n, v in call.arguments.items() if isinstance(v, int | float) and not isinstance(v, bool)]
    name = _some(rng, numbers)
    if name is None:
        return None
    schema = {"type": "string", "description": _tool(task).properties[name].get("description", f"the {name}")}
    arguments = {**call.arguments, name: str(call.arguments[name])}
    return Drift("type", task, _with_schema(task, _replaced(_tool(task), name, {name: schema}), arguments))


def _removed(task: Task, rng: Random) -> Drift | None:
    """The tool is gone, others stay: the right reply declines."""
    others = tuple(tool for tool in task.tools if tool.name != task.expected[0].name)
    if not others:
        return None
    return Drift("removal", task, replace(task, kind="decline", tools=others, expected=()))


def _reinterpreted(task: Task, rng: Random) -> Drift | None:
    """The same number now counts seconds, which its description alone says; the request gives minutes."""
    [call] = task.expected
    free = [n for n, schema in _tool(task).properties.items() if not {"enum", "maximum"} & set(schema)]
    said = task.messages[-1].content
    whole = [n for n, v in call.arguments.items() if n in free and _is_count(v) and said.count(str(v)) == 1]
    name = _some(rng, whole)
    if name is None:
        return None
    noun = name.replace("_", " ")
    then, now = (
        {**_tool(task).properties[name], "description": f"{noun} in {unit}"} for unit in ("minutes", "seconds")
    )
    minutes = str(call.arguments[name])
    spoken = replace(task.messages[-1], content=said.replace(minutes, f"{minutes} minutes"))
    timed = replace(task, messages=(*task.messages[:-1], spoken))
    before = _with_schema(timed, _replaced(_tool(task), name, {name: then}), dict(call.arguments))
    arguments = {**call.arguments, name: SECONDS_IN_A_MINUTE * call.arguments[name]}
    return Drift("meaning", before, _with_schema(before, _replaced(_tool(before), name, {name: now}), arguments))


def _more_optional(task: Task, rng: Random) -> Drift | None:
    """A new optional parameter: nothing breaks."""
    tool = _tool(task)
    if "locale" in tool.properties:
        return None
    properties = {**tool.properties, "locale": {"type": "string", "description": "the locale"}}
    return Drift(
        "optional", task, _with_tool(task, replace(tool, parameters={**tool.parameters, "properties": properties}))
    )


KINDS: Mapping[str, Change] = {
    "optional": _more_optional, "rename": _renamed, "split": _split, "required": _more_required, "type": _retyped,
    "removal": _removed, "meaning": _reinterpreted,
}  # fmt: skip


def _tool(task: Task) -> Tool:
    """The tool that is called."""
    return next(tool for tool in task.tools if tool.name == task.expected[0].name)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _some(rng: Random, names: list[str]) -> str | None:
    return rng.choice(names) if names else None


def _replaced(tool: Tool, old: str, new: Mapping[str, Any]) -> Tool:
    """The tool with parameters ``new`` in the place of ``old``, required where it was."""
    properties: dict[str, Any] = {}
    for name, schema in tool.properties.items():
        properties |= new if name == old else {name: schema}
    required = [each for name in tool.required for each in (new if name == old else [name])]
    return replace(tool, parameters={**tool.parameters, "properties": properties, "required": required})


def _with_schema(task: Task, tool: Tool, arguments: Mapping[str, Any]) -> Task:
    return replace(_with_tool(task, tool), expected=(ToolCall(tool.name, arguments),))


def _with_tool(task: Task, tool: Tool) -> Task:
    return replace(task, tools=tuple(tool if one.name == tool.name else one for one in task.tools))
