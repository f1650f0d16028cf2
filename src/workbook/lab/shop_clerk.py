"""A scripted clerk for the shop: hasty, and able to read an error, which shows what feedback is worth to such a one.

Of some requests it copies the code with a slip at first, and where none is said it makes one up. When an error comes
back it looks into the request again, and asks where that does not help. Leaves out models.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

from workbook.agent.history import exchanges
from workbook.agent.scripted import Scripted
from workbook.core.chat import Message, Tool, ToolCall
from workbook.models.base import Reply

CODE = re.compile(r"\b[A-Z]{2}\d{4}\b")
NAME = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")
GUESSES = {"order": "AA1234", "customer": "John Doe"}
ONE_IN = 3
"""Of so many requests with a code, one is copied with a slip."""


def hasty() -> Scripted:
    """The clerk; which requests it copies with a slip depends on their words alone."""
    return Scripted(_next, "hasty, reads errors")


def _next(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
    request = next(message.content for message in messages if message.role == "user")
    said, done = _read(request), list(exchanges(messages))
    wanted = "customer" if "voucher" in request else "order"
    if not done:
        value = _hastily(said[wanted], request) if wanted in said else GUESSES[wanted]
        return Reply("", (_call(request, {**said, wanted: value}),))
    call, result = done[-1]
    if '"error"' not in result:
        return Reply("Done.")
    if wanted in said and said[wanted] != call.arguments[wanted]:
        return Reply("", (_call(request, said),))
    return Reply(f"Which {'customer number' if 'customers are called' in result else wanted} is it?")


def _read(request: str) -> dict[str, Any]:
    """What the request says, by the name of the parameter."""
    code, name, amount = CODE.search(request), NAME.search(request), re.search(r"\b\d+\b", request)
    if "voucher" not in request:
        return {"order": code[0]} if code else {}
    return ({"customer": name[0]} if name else {}) | ({"amount": int(amount[0])} if amount else {})


def _call(request: str, arguments: dict[str, Any]) -> ToolCall:
    tools = {"voucher": "send_voucher", "cancel": "cancel_order", "call off": "cancel_order"}
    found = (tool for word, tool in tools.items() if word in request.lower())
    return ToolCall(next(found, "get_order"), arguments)


def _hastily(value: str, request: str) -> str:
    """A code, in one of a few requests with its last two digits exchanged."""
    slips = CODE.fullmatch(value) and zlib.crc32(request.encode()) % ONE_IN == 0
    return value[:-2] + value[:-3:-1] if slips else value
