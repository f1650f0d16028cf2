"""A scripted stand-in for a model that is good at calling: it knows how a task is solved, and uses what it sees.

With the tool that it needs among those at hand it makes the next call of the task. Without it, it declines one half of
the requests, and in the other reaches for a tool that takes the record in question, which is how models fail; what it
does not know it makes up in the form that the schema asks for, so that its calls are legal. Where nothing holds it to a
schema it misnames arguments at times; it reads errors, mends such a call, and tries again what may pass. Which requests
these are hangs on their words alone. Leaves out models: what it shows of stages says nothing of how good a model is.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.agent import Scripted
from workbook.agent.history import exchanges
from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import UsageError
from workbook.models.base import Reply
from workbook.suites.enterprise import EnterpriseTask, filled

ERROR = '{"error"'
MISNAMED = ("Additional properties", "is a required property")
TRIES = 2
"""How often the same call is made, when an error says that it may pass."""
ONE_IN = 4
"""Of so many requests, one has an argument misnamed where no grammar holds."""
ANY = ("as asked", "09:00", "DE")
"""Texts, times of day and countries, where nothing is known."""
DECLINED = "Sorry, none of the tools is able to do that."
REFUSED = "Sorry, that is not possible; the system refused it."


def stand_in(task: EnterpriseTask, bound: bool = True) -> Scripted:
    """The stand-in at one task; ``bound`` when a grammar holds it to the schemas that it is shown."""

    def script(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        return _next(task, bound, list(exchanges(messages)), {tool.name: tool for tool in tools})

    return Scripted(script, "stand-in")


def _next(task: EnterpriseTask, bound: bool, done: list[tuple[ToolCall, str]], tools: Mapping[str, Tool]) -> Reply:
    if task.kind == "ask":
        return Reply(f"Could you please tell me the {task.accept[0]}?")
    if task.kind == "absent":
        return Reply(DECLINED)
    if done and done[-1][1].startswith(ERROR):
        return _after_error(task, done, tools)
    good = [(call, result) for call, result in done if not result.startswith(ERROR)]
    if any(call.name != wanted.name for (call, _), wanted in zip(good, task.calls, strict=False)):
        return Reply("Done.")  # with the wrong tool, and none the wiser
    if len(good) >= len(task.calls):
        return Reply(f"Done: {task.accept[0]}." if task.accept else "Done.")
    return _step(task, bound, good, tools)


def _step(task: EnterpriseTask, bound: bool, good: list[tuple[ToolCall, str]], tools: Mapping[str, Tool]) -> Reply:
    try:
        wanted = filled(task.calls[len(good)], [_read(result) for _, result in good])
    except UsageError:
        return Reply("Sorry, I was unable to find it.")
    if wanted.name not in tools:
        return _without(task, wanted, tools)
    slips = not bound and _drawn(task, "slips") % ONE_IN == 0
    return Reply("", (_spelled(wanted, tools[wanted.name], slips),))


def _after_error(task: EnterpriseTask, done: list[tuple[ToolCall, str]], tools: Mapping[str, Tool]) -> Reply:
    """Try again what may pass, mend names that were refused, and give in otherwise."""
    call, error = done[-1]
    good = [_read(result) for _, result in done if not result.startswith(ERROR)]
    if "Try again later" in error and sum(one == call for one, _ in done) <= TRIES:
        return Reply("", (call,))
    wanted = filled(task.calls[len(good)], good) if len(good) < len(task.calls) else call
    if any(said in error for said in MISNAMED) and wanted.name == call.name and wanted != call:
        return Reply("", (wanted,))
    return Reply(REFUSED)


def _without(task: EnterpriseTask, wanted: ToolCall, tools: Mapping[str, Tool]) -> Reply:
    """What becomes of a request whose tool is not at hand."""
    if not tools or _drawn(task, "declines") % 2 == 0:
        return Reply(DECLINED)
    tool = next((one for one in tools.values() if _about(one, wanted)), next(iter(tools.values())))
    return Reply("", (ToolCall(tool.name, {name: _value(tool.properties[name], wanted) for name in tool.required}),))


def _about(tool: Tool, wanted: ToolCall) -> bool:
    """Whether the tool takes a record that the request is about."""
    ids = [tool.properties[name] for name in tool.required if "pattern" in tool.properties[name]]
    return bool(ids) and all(any(_fits(schema, value) for value in wanted.arguments.values()) for schema in ids)


def _value(schema: Mapping[str, Any], wanted: ToolCall) -> Any:
    """Something that the schema takes: what the request is about, where it fits, else something in its form."""
    given = [value for value in wanted.arguments.values() if _fits(schema, value)]
    if found := given or _in_form(schema):
        return found[0]
    usual = {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True}
    text = {"date": "2026-03-02", "email": "someone@harbourline.example"}.get(schema.get("format", ""), ANY[0])
    return schema["enum"][0] if "enum" in schema else usual.get(schema.get("type", ""), text)


def _in_form(schema: Mapping[str, Any]) -> list[str]:
    """What a pattern takes: the description's example, such as "number of the badge (BG-5149)", or one made up."""
    if "pattern" not in schema:
        return []
    shown = re.findall(r"[\w:-]+", schema.get("description", ""))
    made_up = schema["pattern"].strip("^$").replace("[0-9]+", "1042")
    return [word for word in (*shown, made_up, *ANY) if _fits(schema, word)]


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    if schema.get("type") != "string" or not isinstance(value, str) or "enum" in schema or "format" in schema:
        return False
    return re.search(schema.get("pattern", ""), value) is not None


def _spelled(wanted: ToolCall, tool: Tool, slips: bool) -> ToolCall:
    """The call, with names from memory where the prompt shows none, or where it slips."""
    if tool.properties and not slips:
        return wanted
    return ToolCall(wanted.name, {_remembered(name): value for name, value in wanted.arguments.items()})


def _remembered(name: str) -> str:
    """``employee_id`` as ``employeeId``: right in the next department, and wrong here; one word stays as it is."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _read(result: str) -> Any:
    try:
        return json.loads(result)
    except ValueError:
        return None


def _drawn(task: EnterpriseTask, what: str) -> int:
    return zlib.crc32(f"{what} {task.request}".encode())
