"""Does a text satisfy a constraint? Decided without the engine that was to enforce it.

JSON through ``json`` and ``jsonschema``, regular expressions through ``re``, tool calls
through the chat format's reader. Grammars go to xgrammar's matcher over characters, which knows
nothing of tokens, and so finds what went wrong between text and tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.core.validation import call_errors, schema_errors
from workbook.models import hermes
from workbook.models.base import Reply
from workbook.models.json_text import read_json

Parse = Callable[[str], Reply]


def violations(text: str, constraint: Constraint, parse: Parse = hermes.parse) -> list[str]:
    """What of ``constraint`` the text does not satisfy, one short message each; empty when it is valid."""
    if isinstance(constraint, JsonSchema):
        return _schema_violations(text, constraint.schema)
    if isinstance(constraint, Regex):
        matches = re.fullmatch(constraint.pattern, text)
        return [] if matches else [f"does not match {constraint.pattern[:80]!r}"]
    if isinstance(constraint, Gbnf):
        return [] if _derives(constraint.grammar, text) else ["is not derived from the grammar"]
    return _call_violations(parse(text), constraint)


def _schema_violations(text: str, schema: Any) -> list[str]:
    value, end, problem = read_json(text)
    if problem:
        return [problem]
    if text[end:].strip():
        return [f"text after the JSON value: {text[end:].strip()[:40]!r}"]
    return schema_errors(value, schema)


def _call_violations(reply: Reply, constraint: ToolCalls) -> list[str]:
    found = list(reply.problems)
    if constraint.required and not reply.calls and not found:
        found.append("no call")
    if constraint.required and reply.content:
        found.append(f"text outside of the calls: {reply.content[:40]!r}")
    if len(reply.calls) > 1 and not constraint.parallel:
        found.append(f"{len(reply.calls)} calls where one is allowed")
    wrong = [f"{call.name}: {error}" for call in reply.calls for error in call_errors(call, constraint.tools)]
    return found + wrong


def _derives(grammar: str, text: str) -> bool:
    import xgrammar

    letters = xgrammar.TokenizerInfo([])
    compiled = xgrammar.GrammarCompiler(letters, cache_enabled=False).compile_grammar(grammar)
    matcher = xgrammar.GrammarMatcher(compiled, terminate_without_stop_token=True)
    return bool(matcher.accept_string(text)) and bool(matcher.is_completed())
