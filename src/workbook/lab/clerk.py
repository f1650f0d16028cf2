"""A clerk: a scripted policy that runs the errands of ``errands`` by the book, from what it sees and nothing else.

It never fails for want of wit: where it loops, it was not shown something, or, ``stubborn``, takes no for no answer.
What a bare note does to a model is an assumption: a ``trusting`` clerk never calls what a note says it has run, the
other one minds notes only where they tell results.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from workbook.agent.history import HEADING, exchanges
from workbook.agent.scripted import Scripted
from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.models.base import Reply

UNKNOWN = "I could not find out."


class Seen(NamedTuple):
    """A call that is in view; ``result`` is None for an error, and for a note that does not tell it."""

    call: ToolCall
    result: Mapping[str, Any] | None
    noted: bool = False


class Rule(NamedTuple):
    """How one kind of errand is run: the next call, or None when there is none to make; and the answer."""

    call: Callable[[Sequence[Seen], str], ToolCall | None]
    answer: Callable[[Sequence[Seen], str], str]


def clerk(stubborn: bool = False, trusting: bool = True) -> Scripted:
    """The clerk; a ``stubborn`` one searches on with other words when a search finds nothing."""

    def script(messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        seen, request = _seen(messages), next(m.content for m in messages if m.role == "user")
        names = {tool.name for tool in tools} or {one.call.name for one in seen}
        rule = next((rule for name, rule in RULES.items() if name in names), None)
        if rule is None:
            raise WorkbookError(f"the clerk has no rule for {', '.join(sorted(names)) or 'no tools'}", "Add one.")
        call = _other_words(seen) if stubborn and "find_file" in names else rule.call(seen, request)
        done = {json.dumps(one.call.to_dict()) for one in seen if one.noted and trusting}
        if call is None or not tools or json.dumps(call.to_dict()) in done:
            return Reply(rule.answer(seen, request))
        return Reply("", (call,))

    return Scripted(script, "a stubborn clerk" if stubborn else "a clerk")


def _seen(messages: Sequence[Message]) -> list[Seen]:
    found = [Seen(call, _result(text)) for call, text in exchanges(messages)]
    notes = [line for m in messages if m.content.startswith(HEADING) for line in m.content.splitlines()[1:]]
    for line in notes:
        call, _, text = line.removeprefix("- ").partition(" gave ")
        found.append(Seen(ToolCall.from_dict(json.loads(call)), _result(text), noted=not text))
    return found


def _result(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, Mapping) and "error" not in value else None


def _results(seen: Sequence[Seen], tool: str) -> list[Mapping[str, Any]]:
    return [one.result for one in seen if one.call.name == tool and one.result is not None]


def _totals(seen: Sequence[Seen]) -> dict[str, int]:
    return {result["name"]: result["total"] for result in _results(seen, "read_bill")}


def _next_bill(seen: Sequence[Seen], request: str) -> ToolCall | None:
    lists, known = _results(seen, "list_bills"), _totals(seen)
    if not lists:
        return ToolCall("list_bills")
    return next((ToolCall("read_bill", {"name": name}) for name in lists[-1]["bills"] if name not in known), None)


def _next_of_job(seen: Sequence[Seen], request: str) -> ToolCall | None:
    started, told = _results(seen, "start_job"), _results(seen, "job_status")
    if any(result["status"] == "done" for result in told):
        return None
    asked = [one.call.arguments["job"] for one in seen if one.call.name == "job_status"]
    job = started[-1]["job"] if started else asked[-1] if asked else None
    return ToolCall("job_status", {"job": job}) if job else ToolCall("start_job")


def _desk(seen: Sequence[Seen], request: str) -> str | None:
    wanted = request.split()[3]
    return next((page["desks"][wanted] for page in _results(seen, "list_desks") if wanted in page["desks"]), None)


def _next_page(seen: Sequence[Seen], request: str) -> ToolCall | None:
    turned = _results(seen, "list_desks")
    if _desk(seen, request) or (turned and all("next" not in page for page in turned)):
        return None
    return ToolCall("list_desks", {"page": max((page.get("next", 0) for page in turned), default=1)})


def _next_report(seen: Sequence[Seen], request: str) -> ToolCall | None:
    return None if _results(seen, "get_report") else ToolCall("get_report")


def _next_search(seen: Sequence[Seen], request: str) -> ToolCall | None:
    words = request.removeprefix("Where is the file about ").rstrip("?")
    return None if _results(seen, "find_file") else ToolCall("find_file", {"words": words})


def _other_words(seen: Sequence[Seen]) -> ToolCall:
    tried = sum(one.call.name == "find_file" for one in seen)
    return ToolCall("find_file", {"words": f"file {tried + 1}"})


def _not_found(seen: Sequence[Seen], request: str) -> str:
    return "It was not found." if _results(seen, "find_file") else UNKNOWN


def _told(tool: str, key: str) -> Callable[[Sequence[Seen], str], str]:
    def answer(seen: Sequence[Seen], request: str) -> str:
        values = [result[key] for result in _results(seen, tool) if key in result]
        return f"It is {values[-1]}." if values else UNKNOWN

    return answer


RULES: Mapping[str, Rule] = {
    "list_bills": Rule(_next_bill, lambda seen, request: f"They come to {sum(_totals(seen).values())}."),
    "read_bill": Rule(_next_bill, lambda seen, request: f"They come to {sum(_totals(seen).values())}."),
    "start_job": Rule(_next_of_job, _told("job_status", "result")),
    "job_status": Rule(_next_of_job, _told("job_status", "result")),
    "list_desks": Rule(_next_page, lambda seen, request: f"It is {_desk(seen, request)}."),
    "get_report": Rule(_next_report, _told("get_report", "code")),
    "find_file": Rule(_next_search, _not_found),
}
"""By a tool that the errand has."""
