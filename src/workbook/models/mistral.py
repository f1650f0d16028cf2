"""Mistral's form: ``[INST]`` turns, ``[AVAILABLE_TOOLS]``, and calls after ``[TOOL_CALLS]``.

Renders tokenizer version 3 (a JSON list of calls). Reads that and version 11, in which
each call is ``[TOOL_CALLS]name[ARGS]{...}``. Source: mistral-common's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbook.core.chat import Message, Tool, ToolCall
from workbook.models.base import Reply
from workbook.models.json_text import call_from_json, dumps, read_json

CALLS, ARGS = "[TOOL_CALLS]", "[ARGS]"
_NAMED = re.compile(r"\s*([\w.-]+)\s*(?:\[CALL_ID\]\s*\w+\s*)?" + re.escape(ARGS))


def render_calls(calls: Sequence[ToolCall]) -> str:
    """``[TOOL_CALLS]`` and a JSON list of all calls of one turn: version 3 of the form."""
    return f"{CALLS}[{', '.join(dumps(call.to_dict()) for call in calls)}]"


def render(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
    """Turns in order; the tools stand before the last user message, where Mistral's own template puts them."""
    last_user = max((i for i, message in enumerate(messages) if message.role == "user"), default=-1)
    listed = f"[AVAILABLE_TOOLS][{', '.join(dumps(tool.to_dict()) for tool in tools)}][/AVAILABLE_TOOLS]"
    system_text = "\n\n".join(message.content for message in messages if message.role == "system")
    parts: list[str] = ["<s>"]
    for index, message in enumerate(messages):
        lead = (listed if tools else "") if index == last_user else ""
        parts.append(lead + _turn(message, system_text if index == last_user else ""))
    return "".join(parts)


def _turn(message: Message, system_text: str) -> str:
    if message.role == "system":
        return ""
    if message.role == "user":
        body = f"{system_text}\n\n{message.content}" if system_text else message.content
        return f"[INST]{body}[/INST]"
    if message.role == "tool":
        return f"[TOOL_RESULTS]{dumps({'content': message.content})}[/TOOL_RESULTS]"
    return (render_calls(message.tool_calls) if message.tool_calls else message.content) + "</s>"


def parse(text: str) -> Reply:
    """Content is what stands before the first ``[TOOL_CALLS]``."""
    content, *sections = text.removesuffix("</s>").split(CALLS)
    calls: list[ToolCall] = []
    problems: list[str] = []
    for section in sections:
        found, wrong = _parse_section(section)
        calls += found
        problems += wrong
    return Reply(content.strip(), tuple(calls), tuple(problems))


def _parse_section(section: str) -> tuple[list[ToolCall], list[str]]:
    named = _NAMED.match(section)
    value, end, problem = read_json(section, named.end() if named else 0)
    if problem:
        return [], [problem]
    trailing = section[end:].strip()
    problems = [f"text after the calls: {trailing[:40]!r}"] if trailing else []
    listed = [{"name": named[1], "arguments": value}] if named else value if isinstance(value, list) else [value]
    results = [call_from_json(item) for item in listed]
    return [call for call, _ in results if call], problems + [wrong for _, wrong in results if wrong]
