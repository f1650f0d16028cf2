"""Does a GBNF grammar admit a text? Asked of whole strings, so that a grammar can be tested without a model.

The grammar runs on xgrammar's matcher over the 256 bytes; no tokenizer takes part. Leaves out
masks and generation (``workbook.grammar``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*')
_RULE = re.compile(r"^[ \t]*([a-zA-Z_][\w-]*)[ \t]*::=", re.MULTILINE)
_EMPTY_FIRST = re.compile(rf"({_QUOTED.pattern})|(::=\s*|\(\s*)(?=\|)")
_NAME = re.compile(r"[a-zA-Z_][\w-]*")


class GrammarError(ValueError):
    """The grammar does not compile; the message says why."""


def defined_rules(gbnf: str) -> set[str]:
    """Names that stand to the left of ``::=``."""
    return set(_RULE.findall(_QUOTED.sub(" ", gbnf)))


def undefined_rules(gbnf: str) -> set[str]:
    """Names that are used on a right-hand side and defined nowhere."""
    bare = re.sub(r"\{[\d, ]*\}", " ", _QUOTED.sub(" ", gbnf))
    used = set(_NAME.findall(_RULE.sub(" ", bare)))
    return used - defined_rules(gbnf)


def accepts(gbnf: str, text: str) -> bool:
    """Whether ``text`` as a whole is derived from ``root``; :class:`GrammarError` when the grammar is broken."""
    import xgrammar

    matcher = xgrammar.GrammarMatcher(_compile(gbnf), terminate_without_stop_token=True)
    return bool(matcher.accept_string(text)) and bool(matcher.is_terminated() or _may_stop(matcher))


@lru_cache(maxsize=32)
def _compile(gbnf: str) -> Any:
    if missing := undefined_rules(gbnf):
        raise GrammarError(f"used but never defined: {', '.join(sorted(missing))}")
    try:
        return _compiler().compile_grammar(_spelled_out(gbnf))
    except RuntimeError as error:
        raise GrammarError(str(error).strip().split(": ", 1)[-1]) from error


def _spelled_out(gbnf: str) -> str:
    """An empty first alternative, as in llama.cpp's ``ws ::= | " "``, written as ``""``, which xgrammar reads too."""
    return _EMPTY_FIRST.sub(lambda found: found[1] or f'{found[2]}"" ', gbnf)


@lru_cache(maxsize=1)
def _compiler() -> Any:
    import xgrammar

    vocabulary = [bytes([byte]) for byte in range(256)] + [b"<stop>"]
    info = xgrammar.TokenizerInfo(vocabulary, stop_token_ids=[256])
    return xgrammar.GrammarCompiler(info, max_threads=1)


def _may_stop(matcher: Any) -> bool:
    """Whether the stop token is allowed now: the grammar could go on, but need not."""
    import xgrammar

    mask = xgrammar.allocate_token_bitmask(1, 257)
    matcher.fill_next_token_bitmask(mask)
    return bool((int(mask[0, 256 // 32]) >> (256 % 32)) & 1)
