"""How much of a right call its grammar forces: an engine follows given texts, no model takes part.

So vocabularies are compared on the same texts. Each tokenizer spells them its own way, and a forced token counts where
the text has it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.constraints import JsonSchema
from workbook.grammar import GrammarError
from workbook.grammar.compiling import compiled
from workbook.grammar.schemas import call_schema
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    from workbook.models.local import TransformersModel

PARTS = ("whole call", "arguments alone")
"""With the tool's name, which the schema knows, and the object around it; or only what the name does not settle."""


def forced_counts(
    model: TransformersModel, tasks: Sequence[Task], part: str = "whole call", engine: str = "llguidance"
) -> list[tuple[int, int]]:
    """Forced tokens and all tokens of each task's first right call; ``part`` is one of :data:`PARTS`.

    Raises ``GrammarError`` where the engine refuses the tool's schema, or the call itself.
    """
    return [_follow(model, *_text(task, part), engine) for task in tasks]


def _text(task: Task, part: str) -> tuple[dict[str, Any], str]:
    """The schema and the text."""
    call = task.expected[0]
    tool = next(tool for tool in task.tools if tool.name == call.name)
    schema, value = {"whole call": _call, "arguments alone": _arguments}[part](tool, call)
    return schema, json.dumps(value, ensure_ascii=False)


def _call(tool: Tool, call: ToolCall) -> tuple[dict[str, Any], Any]:
    return call_schema(tool), call.to_dict()


def _arguments(tool: Tool, call: ToolCall) -> tuple[dict[str, Any], Any]:
    return {"type": "object", "properties": {}, **tool.parameters}, call.arguments


def _follow(model: TransformersModel, schema: dict[str, Any], text: str, engine: str) -> tuple[int, int]:
    tokens = model.tokenizer.encode(text, add_special_tokens=False)
    matcher = compiled(model, JsonSchema(schema), engine)[0].matcher()
    at = forced = 0
    while at < len(tokens):
        known = _shared(matcher.forced(), tokens[at:])
        forced += known
        for token in tokens[at : at + max(known, 1)]:
            if not matcher.consume(token):
                raise GrammarError(f"{engine} refuses {model.decode([token])!r} in the right call {text}")
        at += max(known, 1)
    return forced, len(tokens)


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(first), len(second)))
