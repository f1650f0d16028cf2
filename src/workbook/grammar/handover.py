"""Constraints for models that run elsewhere, as the fields of a request: their logits are out of our reach.

A server gets them as its protocol has them, and may ignore them: the check afterwards tells. llama.cpp gets
one thing, a grammar in GBNF, whatever the constraint is: what GBNF cannot say is refused here, by keyword.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar.engine import GrammarError
from workbook.grammar.gbnf import gbnf_of
from workbook.grammar.limits import check_limits
from workbook.grammar.regex_gbnf import regex_gbnf
from workbook.grammar.tool_gbnf import tool_calls_gbnf
from workbook.models.llamacpp import LlamaCppModel


def requests_for(
    model: Any, constraints: Sequence[Constraint | None], engine: str = "auto", plan: str | None = None
) -> list[dict[str, Any]]:
    """The extra fields of each request to ``model``, none where there is no constraint.

    Raises :class:`GrammarError` for what llama.cpp would not enforce.
    """
    if not isinstance(model, LlamaCppModel):
        return [response_format(one) if one is not None else {} for one in constraints]
    if engine != "auto" or plan is not None:
        raise GrammarError(
            f"{model.name} runs in llama.cpp, and engine {engine!r} and plan {plan!r} are not its own",
            "Leave engine and plan out, or load the model with transformers.",
        )
    return [{"grammar": grammar_for(model, one)} if one is not None else {} for one in constraints]


def grammar_for(model: LlamaCppModel, constraint: Constraint) -> str:
    """The constraint as a grammar for llama.cpp; raises :class:`GrammarError`, naming what GBNF cannot say of it."""
    check_limits(constraint, "llama.cpp")
    try:
        return WRITERS[type(constraint)](model, constraint)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise GrammarError(
            f"no grammar can be made of this: {str(error)[:200]}",
            "Check the schema itself: jsonschema.Draft202012Validator.check_schema(schema).",
        ) from error


def _tool_calls(model: LlamaCppModel, constraint: ToolCalls) -> str:
    form = model.chat_format
    if form.markers is None:
        raise GrammarError(
            f"{model.name} writes calls in the form {form.name!r}, and a constraint to tool calls is for Hermes form",
            "Ask for the call as JSON in the prompt, and constrain with Gbnf(call_gbnf(tools)).",
        )
    return tool_calls_gbnf(constraint, form.markers, model.controls)


WRITERS: dict[type, Callable[[LlamaCppModel, Any], str]] = {
    JsonSchema: lambda _, constraint: gbnf_of(constraint.schema),
    Regex: lambda _, constraint: regex_gbnf(constraint.pattern),
    Gbnf: lambda _, constraint: constraint.grammar,
    ToolCalls: _tool_calls,
}


def response_format(constraint: Constraint) -> dict[str, Any]:
    """The constraint as the extra fields of a request to an OpenAI-compatible server.

    JSON Schema is the standard's ``response_format``; regular expressions and grammars are vLLM's
    ``structured_outputs``, and llama.cpp's ``grammar`` besides. Tool calls go as ``tools``.
    """
    if isinstance(constraint, JsonSchema):
        schema = {"name": "output", "schema": dict(constraint.schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if isinstance(constraint, Regex):
        return {"structured_outputs": {"regex": constraint.pattern}}
    if isinstance(constraint, Gbnf):
        return {"structured_outputs": {"grammar": constraint.grammar}, "grammar": constraint.grammar}
    choice = "required" if constraint.required else "auto"
    tools = [json.loads(json.dumps(tool.to_dict())) for tool in constraint.tools]
    return {"tools": tools, "tool_choice": choice, "parallel_tool_calls": constraint.parallel}
