"""The Hermes form, which Qwen took over: ChatML turns, and calls as JSON between ``<tool_call>`` tags.

Source: the model cards of NousResearch/Hermes-2-Pro and Qwen2.5.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbook.core.chat import Message, Tool, ToolCall
from workbook.models.base import Reply
from workbook.models.json_text import call_from_json, dumps, read_json

OPEN, CLOSE = "<tool_call>", "</tool_call>"

PREAMBLE = (
    "You may call functions. Their signatures, one JSON object a line, stand between the tags:\n"
    "<tools>\n{signatures}\n</tools>\n"
    'To call one, write {{"name": ..., "arguments": ...}} as JSON between <tool_call> tags.'
)


def render_call(call: ToolCall) -> str:
    """One call with its tags, spelled as the tool-call grammar admits it."""
    return f"{OPEN}\n{dumps(call.to_dict())}\n{CLOSE}"


def render(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
    """ChatML turns with the tools in the system turn, up to the assistant's."""
    turns = [_turn(message.role, _body(message)) for message in _with_tools(messages, tools)]
    return "".join(turns) + "<|im_start|>assistant\n"


def _turn(role: str, body: str) -> str:
    return f"<|im_start|>{role}\n{body}<|im_end|>\n"


def _body(message: Message) -> str:
    if message.role == "tool":
        return f"<tool_response>\n{message.content}\n</tool_response>"
    return "\n".join([message.content] * bool(message.content) + [render_call(call) for call in message.tool_calls])


def _with_tools(messages: Sequence[Message], tools: Sequence[Tool]) -> list[Message]:
    if not tools:
        return list(messages)
    preamble = PREAMBLE.format(signatures="\n".join(dumps(tool.to_dict()) for tool in tools))
    if messages and messages[0].role == "system":
        return [Message("system", f"{messages[0].content}\n\n{preamble}"), *messages[1:]]
    return [Message("system", preamble), *messages]


def parse(text: str) -> Reply:
    """Content is what stands outside of the tags; a broken call is a problem, and the others are kept."""
    content: list[str] = []
    calls: list[ToolCall] = []
    problems: list[str] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        content.append(text[position:start])
        call, position, found = _parse_call(text, start + len(OPEN))
        calls += [call] if call else []
        problems += [f"call {len(content)}: {problem}" for problem in found]
    content.append(text[position:])
    if CLOSE in "".join(content):
        problems.append(f"{CLOSE} without {OPEN}")
    return Reply("".join(content).strip(), tuple(calls), tuple(problems))


def _parse_call(text: str, start: int) -> tuple[ToolCall | None, int, list[str]]:
    """The call whose JSON begins at ``start``, where the text goes on, and the problems."""
    value, end, problem = read_json(text, start)
    close = text.find(CLOSE, end)
    after = len(text) if close < 0 else close + len(CLOSE)
    if problem:
        reopened = text.find(OPEN, start)
        return None, after if reopened < 0 else min(after, reopened), [problem]
    found = [] if close >= 0 else [f"no {CLOSE}: the call may be cut"]
    if close >= 0 and text[end:close].strip():
        found.append(f"text between the call and {CLOSE}: {text[end:close].strip()[:40]!r}")
    call, problem = call_from_json(value)
    return call, after, found + [problem] * bool(problem)
