"""Calls as Python, written out as GBNF from the tools' signatures: ``f(city="Oslo", days=3); g(a=f(city="Oslo"))``.

Function and argument names are the signatures', values fit their schemas. With ``nested`` an argument may be a call as
well: the rule of a call then leads back to itself, which a regular expression cannot say. The spelling is that of
``python_calls.written_call``. Leaves out which results fit which parameter: a JSON Schema of parameters does not say
what a tool returns, so any tool may stand inside any other.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool
from workbook.grammar.engine import GrammarError
from workbook.grammar.gbnf import JSON_RULES, SchemaWriter, literal
from workbook.grammar.schemas import prepared
from workbook.models.python_calls import written

PYTHON_RULES = JSON_RULES.replace('"true"', '"True"').replace('"false"', '"False"').replace('"null"', '"None"')
WAY_OUT = "Rename it where the tool is defined, or write calls as JSON, which takes any name."


def python_gbnf(tools: Sequence[Tool], nested: bool = False, several: bool = True) -> str:
    """A grammar of calls of ``tools`` as Python; ``several`` admits more than one, with ``"; "`` between them.

    Arguments stand in the schema's order, the required ones always. Raises :class:`GrammarError` for a name that is
    none in Python, and for a schema that GBNF cannot say.
    """
    if not tools:
        raise GrammarError("a grammar of calls needs at least one tool")
    writers = [_CallWriter(tool, f"call-{index}", nested) for index, tool in enumerate(tools)]
    choice = "call ::= " + " | ".join(writer.root for writer in writers)
    root = 'root ::= call ("; " call)*' if several else "root ::= call"
    return "\n".join([root, choice, *(line for writer in writers for line in writer.lines()), PYTHON_RULES]) + "\n"


class _CallWriter(SchemaWriter):
    """The rules of one function: its parameters are an object that is spelled as arguments."""

    def __init__(self, tool: Tool, root: str, nested: bool) -> None:
        for name in (*tool.name.split("."), *tool.properties):
            if not name.isidentifier() or keyword.iskeyword(name):
                raise GrammarError(f"{name!r} is no name in Python (in {tool.name})", WAY_OUT)
        self.function, self.nested = tool.name, nested
        listed = {"properties": {}, **tool.parameters, "type": "object", "additionalProperties": False}
        super().__init__(prepared(listed), root)

    def pair(self, name: str, value: str, rule: str) -> str:
        """``name=value``, for an argument; one inside an object is spelled as ever."""
        if rule != self.root:
            return super().pair(name, value, rule)
        return f"{literal(name + '=')} {f'({value} | call)' if self.nested else value}"

    def brackets(self, rule: str) -> tuple[str, str]:
        """The function's name and its parentheses, around the arguments."""
        return (f"{self.function}(", ")") if rule == self.root else super().brackets(rule)

    def _enum(self, schema: Mapping[str, Any], rule: str) -> str:
        return "(" + " | ".join(literal(written(value)) for value in schema["enum"]) + ")"
