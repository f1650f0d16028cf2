"""Replies with tool calls as GBNF for llama.cpp, whose grammars know tokens by their ids.

The tags are tokens in most vocabularies, and to a grammar a token is also the letters that it spells. So where a
call begins and ends the tokens are named, and neither free text nor a string may hold the tags' spellings: a model
that writes a tag has written a tag. Strings whose length a schema limits are let out: no grammar of decent size
counts letters and looks for tags at once, and there a tag passes for its letters.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbook.core.constraints import ToolCalls
from workbook.grammar.characters import UNICODE, those, without
from workbook.grammar.gbnf import STRING, call_rules, literal
from workbook.grammar.tool_text import rules_without

LETTERS = without(UNICODE, [(0, 0x1F), *those('"\\')])
ESCAPE = r'"\\" ["\\bfnrt]'
"""What a JSON string holds: letters as they are, and the escapes of our one spelling."""


def tool_calls_gbnf(constraint: ToolCalls, tags: tuple[str, str], controls: Mapping[str, int]) -> str:
    """A grammar for whole replies: text where the constraint allows it, and calls between ``tags``.

    ``controls`` are the model's control tokens, by spelling: a tag among them is matched as that token, by its id,
    which is llama.cpp's own addition to GBNF; any other tag is text.
    """
    begin, end = (f"<[{controls[tag]}]>" if tag in controls else literal(tag) for tag in tags)
    more = ' ("\\n" tagged)*' if constraint.parallel else ""
    root = "root ::= calls" if constraint.required else "root ::= text | text calls"
    free = [] if constraint.required else rules_without(tags, "text")
    rules = [root, f"calls ::= tagged{more}", f'tagged ::= {begin} "\\n" call "\\n" {end}', *free]
    calls = call_rules("call", constraint.tools)
    return "\n".join([*rules, _kept_apart(calls, tags) if set(tags) & set(controls) else calls])


def _kept_apart(rules: str, tags: tuple[str, str]) -> str:
    """The rules, with strings that hold neither tag."""
    inside = rules_without(tags, "inside", LETTERS, ESCAPE)
    return rules.replace(STRING, r'string  ::= "\"" inside "\""') + "\n".join(inside) + "\n"
