"""Chat formats: how conversations and calls are written for a family of models, and read back.

Each format is a pair of pure functions in a module of its own; here they get names
and are told apart. Reading never raises: what cannot be understood becomes a
sentence in ``Reply.problems``. Leaves out tokenizers' own templates, which take
precedence for rendering wherever a model ships one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbook.core.chat import Message, Tool
from workbook.core.settings import unknown
from workbook.models import hermes, mistral, python_calls
from workbook.models.base import Reply


@dataclass(frozen=True)
class ChatFormat:
    """``render`` writes a prompt up to the assistant's turn; ``parse`` reads what the assistant wrote.

    ``markers`` stand around a call when the format has such; the grammar of tool calls uses them.
    """

    name: str
    render: Callable[[Sequence[Message], Sequence[Tool]], str]
    parse: Callable[[str], Reply]
    markers: tuple[str, str] | None = None


FORMATS: dict[str, ChatFormat] = {
    "hermes": ChatFormat("hermes", hermes.render, hermes.parse, (hermes.OPEN, hermes.CLOSE)),
    "mistral": ChatFormat("mistral", mistral.render, mistral.parse),
    "raven": ChatFormat("raven", python_calls.render_raven, python_calls.parse_raven),
    "gorilla": ChatFormat("gorilla", python_calls.render_gorilla, python_calls.parse_gorilla),
}

TRACES = {"<tool_call>": "hermes", "[TOOL_CALLS]": "mistral", "<human_end>": "raven", "<<function>>": "gorilla"}


def chat_format(name: str) -> ChatFormat:
    """The format of that name; an unknown one names the nearest."""
    if name not in FORMATS:
        raise unknown("chat format", name, FORMATS)
    return FORMATS[name]


def format_of(template: str | None) -> ChatFormat:
    """The format that a chat template writes, told by its traces; Hermes when there are none."""
    found = (name for trace, name in TRACES.items() if template and trace in template)
    return FORMATS[next(found, "hermes")]
