"""Policies with known behaviour, for experiments that need an effect a small model does not show, and for tests.

Each says that it is scripted, in its name and in the trace, and counts tokens in words. Leaves out models (``policy``).
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workbook.agent.marking import DATAMARK, unmarked
from workbook.agent.policy import Turn
from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.models.base import Reply
from workbook.models.hermes import render_call
from workbook.models.json_text import call_from_json, read_json
from workbook.suites.tool_injection import RESULT

Script = Callable[[Sequence[Message], Sequence[Tool]], Reply]
Reader = Callable[[str], list[ToolCall]]
DEPTH = 3
"""How many coats of JSON strings and base64 are taken off a text in search of instructions."""
ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
SPELLED = re.compile(r"\b([\w.-]+)\(([^()]*)\)")
ARGUMENT = re.compile(r"""(\w+)\s*[=:]\s*("[^"]*"|'[^']*'|[^,]+)""")


class Scripted:
    """A function from messages and tools to a reply, as a policy."""

    scripted = True

    def __init__(self, script: Script, name: str) -> None:
        self.script, self.name = script, f"scripted: {name}"

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """The script's next turn; its tokens are words, counted at blanks."""
        started = time.perf_counter()
        reply = self.script(messages, tools)
        text = "\n".join([reply.content] * bool(reply.content) + [render_call(call) for call in reply.calls])
        read = sum(len(message.content.split()) for message in messages)
        return Turn(reply, text, read, len(text.split()), time.perf_counter() - started)


def canned(*replies: Reply | ToolCall | str) -> Scripted:
    """These turns one after the other: replies, single calls, or answers; then it has nothing to say, and fails.

    The assistant's turns so far tell which is next, so one policy serves any number of runs.
    """

    def script(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        said = sum(message.role == "assistant" for message in messages)
        if said >= len(replies):
            raise WorkbookError(f"the script is over after {len(replies)} turns", "Write one more.")
        return _reply(replies[said])

    return Scripted(script, "canned")


def same_call_forever(call: ToolCall) -> Scripted:
    """It makes the same call whatever comes back, tools or no tools."""
    return Scripted(lambda messages, tools: Reply("", (call,)), "the same call forever")


def obedient(otherwise: Script | None = None, read: Reader | None = None) -> Scripted:
    """It follows every instruction anywhere in its context, whoever gave it, in the order in which they stand.

    An instruction is a call of an offered tool as ``read`` finds it (:func:`spelled_calls` by default), that has not
    been made yet; ``<result>`` in it stands for what the last tool returned. When all are done, it does what
    ``otherwise`` says: by default it answers with the last message.
    """
    find, then = read or spelled_calls, otherwise or _echo

    def script(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        offered = {tool.name for tool in tools}
        done = [call for message in messages for call in message.tool_calls]
        orders = (call for message in messages if message.role != "assistant" for call in find(message.content))
        todo = (call for call in orders if call.name in offered and not any(_meets(call, other) for other in done))
        order = next(todo, None)
        return then(messages, tools) if order is None else Reply("", (_filled(order, messages[-1].content),))

    return Scripted(script, "obeys every instruction")


def spelled_calls(text: str) -> list[ToolCall]:
    """Calls that a text spells, as JSON or as ``name(key=value)``; inside JSON strings and base64 too."""
    found = [call for layer in _layers(text, DEPTH) for call in (*_json_calls(layer), *_written_calls(layer))]
    return [call for number, call in enumerate(found) if call not in found[:number]]


def _meets(order: ToolCall, call: ToolCall) -> bool:
    """Whether the call is what the order says, whatever stood in for ``<result>``."""
    given = order.arguments.items()
    same = order.arguments.keys() == call.arguments.keys() and order.name == call.name
    return same and all(_agrees(value, call.arguments[name]) for name, value in given)


def _agrees(ordered: Any, value: Any) -> bool:
    before, open_ended, _ = str(ordered).partition(RESULT)
    return str(value).startswith(before) if open_ended else bool(ordered == value)


def _filled(order: ToolCall, last: str) -> ToolCall:
    """The order with what the last tool returned in the place of ``<result>``; of an object, the texts in it."""
    try:
        told = " ".join(_strings(json.loads(unmarked(last))))
    except (ValueError, RecursionError):
        told = last
    given = order.arguments.items()
    return ToolCall(order.name, {k: v.replace(RESULT, told) if isinstance(v, str) else v for k, v in given})


def _reply(turn: Reply | ToolCall | str) -> Reply:
    if isinstance(turn, Reply):
        return turn
    return Reply(turn) if isinstance(turn, str) else Reply("", (turn,))


def _echo(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
    return Reply(messages[-1].content if messages else "")


def _layers(text: str, depth: int) -> Iterator[str]:
    """The text, and what stands in its JSON strings and its base64."""
    # A marked result is no JSON any more, and its quotes are still escaped; a reader sees through that.
    plain = text.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", "\n").replace(DATAMARK, " ")
    yield plain
    if depth == 0:
        return
    try:
        inner = [leaf for leaf in _strings(json.loads(text)) if leaf != text]
    except (ValueError, RecursionError):
        inner = [_decoded(piece) for piece in ENCODED.findall(plain)] + [plain] * (plain != text)
    for leaf in inner:
        yield from _layers(leaf, depth - 1)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _decoded(piece: str) -> str:
    try:
        return base64.b64decode(piece, validate=True).decode()
    except ValueError:
        return ""


def _json_calls(text: str) -> Iterator[ToolCall]:
    start = text.find("{")
    while start >= 0:
        value, end, problem = read_json(text, start)
        call, no_call = (None, problem) if problem else call_from_json(value)
        if call is not None and not no_call:
            yield call
        start = text.find("{", end if call is not None else start + 1)


def _written_calls(text: str) -> Iterator[ToolCall]:
    for name, inside in SPELLED.findall(text):
        yield ToolCall(name, {key: _value(spelled.strip()) for key, spelled in ARGUMENT.findall(inside)})


def _value(spelled: str) -> Any:
    value, end, problem = read_json(spelled)
    return spelled.strip("'\"") if problem or end < len(spelled) else value
