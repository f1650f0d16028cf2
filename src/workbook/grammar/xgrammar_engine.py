"""Constraints by xgrammar: grammars compiled with the vocabulary, an Earley parser at run time.

JSON is spelled as ``json.dumps`` spells it, tool calls are a structural tag.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar import masks as bits
from workbook.grammar.engine import GrammarError, accepted_by_trial
from workbook.grammar.formats import ready, ready_call
from workbook.grammar.tool_text import text_without
from workbook.grammar.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch

SEPARATORS = (", ", ": ")
CHARACTER = r"[^\0-\x1f\"\\\ud800-\udfff]"
"""A character that a JSON string holds as it is. Surrogates are none, yet xgrammar would write them."""
MENDS = (
    (r"[^\0-\x1f\"\\\r\n]", CHARACTER),
    # Strings of limited length: JSON forbids control characters, and allows escapes.
    (r"([^\"\\\r\n])", rf'({CHARACTER}) | ("\\" [\"\\bfnrt])'),
    # One spelling for each string: no ``\/``, and no ``\u0061`` for ``a``.
    (r"[\"\\/bfnrt]", r"[\"\\bfnrt]"),
    (r' | ("u" [A-Fa-f0-9] [A-Fa-f0-9] [A-Fa-f0-9] [A-Fa-f0-9])', ""),
)
"""What is put right in the text of a grammar that xgrammar makes of a schema."""
PATTERN = re.compile(r'(Regex\("(?:[^"\\]|\\.)*")')
"""A pattern of the schema's own, which may look like something to mend, and is left alone."""
SHORT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9a-f]{2})")
"""``ß`` before ``e``, which it writes as ``\\xdfe`` and reads back as one letter."""


class XgrammarEngine:
    """Compiles for one vocabulary; constraints with tool calls see the tags as tokens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._plain = _compiler(vocabulary.token_bytes, vocabulary.stop_ids)
        self._marked = _compiler(vocabulary.marked_bytes, vocabulary.stop_ids)

    def compile(self, constraint: Constraint) -> XgrammarConstraint:
        """See :class:`workbook.grammar.engine.Engine`."""
        try:
            return XgrammarConstraint(self.vocabulary, self._compile(constraint))
        except (RuntimeError, ValueError, TypeError) as error:
            raise GrammarError(f"xgrammar cannot compile this: {str(error)[:300]}") from error

    def _compile(self, constraint: Constraint) -> Any:
        if isinstance(constraint, JsonSchema):
            return self._plain.compile_grammar(_json_grammar(ready(constraint.schema)))
        if isinstance(constraint, Regex):
            return self._plain.compile_regex(constraint.pattern)
        if isinstance(constraint, Gbnf):
            return self._plain.compile_grammar(constraint.grammar)
        return self._marked.compile_structural_tag({"type": "structural_tag", "format": self._calls(constraint)})

    def _calls(self, constraint: ToolCalls) -> dict[str, Any]:
        """The structural tag: optional text, then one call, or several with a newline between them."""
        call = {"type": "or", "elements": [self._call(ready_call(tool)) for tool in constraint.tools]}
        more = _sequence({"type": "const_string", "value": "\n"}, call)
        calls = _sequence(call, {"type": "star", "content": more}) if constraint.parallel else call
        if constraint.required:
            return calls
        text = {"type": "regex", "pattern": text_without(self.vocabulary.tags)}
        return _sequence(text, {"type": "optional", "content": calls})

    def _call(self, schema: dict[str, Any]) -> dict[str, Any]:
        begin, end = self.vocabulary.tags
        grammar = {"type": "grammar", "grammar": _json_grammar(schema)}
        return {"type": "tag", "begin": f"{begin}\n", "content": grammar, "end": f"\n{end}"}


def _sequence(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "sequence", "elements": list(elements)}


def _compiler(token_bytes: tuple[bytes, ...], stop_ids: tuple[int, ...]) -> Any:
    import xgrammar

    info = xgrammar.TokenizerInfo(
        list(token_bytes), xgrammar.VocabType.RAW, vocab_size=len(token_bytes), stop_token_ids=list(stop_ids)
    )
    return xgrammar.GrammarCompiler(info, max_threads=4)


def _json_grammar(schema: Any) -> str:
    """xgrammar's grammar for a schema as text, mended.

    Not strict: :func:`prepared` has already said which objects admit no other properties.
    """
    import xgrammar

    text = json.dumps(schema)
    grammar = xgrammar.Grammar.from_json_schema(text, any_whitespace=False, separators=SEPARATORS, strict_mode=False)
    pieces = PATTERN.split(str(grammar))
    pieces[::2] = map(_mended, pieces[::2])
    return SHORT_ESCAPE.sub(r"\1\\u00\2", "".join(pieces))


def _mended(rules: str) -> str:
    for written, wanted in MENDS:
        rules = rules.replace(written, wanted)
    return rules


@lru_cache(maxsize=1)
def _together() -> Any:
    """Threads are made once."""
    import xgrammar

    return xgrammar.BatchGrammarMatcher(max_threads=max(1, min(16, (os.cpu_count() or 2) - 1)))


class XgrammarConstraint:
    """A grammar compiled for a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, compiled: Any) -> None:
        self.vocabulary, self.compiled = vocabulary, compiled
        self.silent = frozenset(compiled.tokenizer_info.special_token_ids)

    def matcher(self) -> XgrammarMatcher:
        """Follow a new text."""
        return XgrammarMatcher(self.compiled, self.vocabulary, self.silent)


class XgrammarMatcher:
    """One text; see :class:`workbook.grammar.engine.Matcher`."""

    def __init__(self, compiled: Any, vocabulary: Vocabulary, silent: frozenset[int]) -> None:
        import xgrammar

        self.inner, self.vocabulary, self.silent = xgrammar.GrammarMatcher(compiled), vocabulary, silent

    def consume(self, token: int) -> bool:
        """Accept a token, unless the grammar forbids it."""
        # The engine refuses a token without text too, and warns each time; lazy decoding asks about such tokens.
        return token not in self.silent and self.inner.accept_token(token)

    def accepts(self, tokens: Sequence[int]) -> int:
        """How many could be consumed."""
        return accepted_by_trial(self, tokens)

    def rollback(self, count: int) -> None:
        """Take tokens back."""
        self.inner.rollback(count)

    def write_mask(self, masks: torch.Tensor, row: int) -> None:
        """Fill one row."""
        self.inner.fill_next_token_bitmask(masks, row)

    @classmethod
    def write_masks(cls, pairs: Sequence[tuple[XgrammarMatcher, int]], masks: torch.Tensor) -> None:
        """All rows on the engine's own threads."""
        inner = [matcher.inner for matcher, _ in pairs]
        _together().batch_fill_next_token_bitmask(inner, masks, [row for _, row in pairs])

    def forced(self) -> list[int]:
        """The forced string, cut where its tokenization could still depend on what follows."""
        return self.vocabulary.settled_tokens(self.inner.find_jump_forward_string())

    def may_end(self) -> bool:
        """Whether the grammar is satisfied."""
        return self.inner.is_completed()

    def must_end(self) -> bool:
        """Whether the grammar is satisfied and has no way on: asked of the mask, for the engine does not say."""
        if not self.inner.is_completed():
            return False
        mask = bits.allocate(1, self.vocabulary.width)
        self.inner.fill_next_token_bitmask(mask, 0)
        return not bits.unpack(mask, self.vocabulary.width)[0].index_fill_(0, self._stops(), False).any()

    def _stops(self) -> torch.Tensor:
        import torch

        return torch.tensor(self.vocabulary.stop_ids)
