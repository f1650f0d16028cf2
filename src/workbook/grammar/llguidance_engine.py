"""Constraints by llguidance: derivatives of regular expressions under an Earley parser, lazily.

Two traits to know. Its mask admits only the canonical tokenization where the text is
forced (``name`` but not ``n``), unlike the other engines'. And it never raises: an
error is a state, which is looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar.engine import GrammarError
from workbook.grammar.formats import ready, ready_call
from workbook.grammar.tool_text import text_without
from workbook.grammar.vocabulary import CLOSE, OPEN, Vocabulary

if TYPE_CHECKING:
    import torch
    from llguidance._lib import JsonCompileOptions

SPELLING: JsonCompileOptions = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "json_allowed_escapes": '"\\bfnrt',
}
"""As ``json.dumps`` spells it. Without ``\\u`` no key has a second spelling that would pass for another key."""


class LlguidanceEngine:
    """llguidance over one vocabulary; compiling takes milliseconds, and masks are made as they are asked for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer_of(vocabulary)

    def compile(self, constraint: Constraint) -> LlguidanceConstraint:
        """See :class:`workbook.grammar.engine.Engine`."""
        return LlguidanceConstraint(self.vocabulary, self.tokenizer, self._grammar(constraint))

    def _grammar(self, constraint: Constraint) -> str:
        from llguidance import LLMatcher, grammar_from

        if isinstance(constraint, JsonSchema):
            return LLMatcher.grammar_from_json_schema(json.dumps(ready(constraint.schema)), overrides=SPELLING)
        if isinstance(constraint, Regex):
            return LLMatcher.grammar_from_regex(constraint.pattern)
        if isinstance(constraint, Gbnf):
            try:
                return grammar_from("gbnf", constraint.grammar)
            except ValueError as error:
                raise GrammarError(f"llguidance cannot compile this: {error}") from error
        return LLMatcher.grammar_from_lark(self._lark(constraint))

    def _lark(self, constraint: ToolCalls) -> str:
        """Text, calls and their tags: a tag that is a token is written by its id, one that is text is quoted."""
        marked = self.vocabulary.has_marks
        begin, end = (f"<[{self.vocabulary.control[tag]}]>" if marked else json.dumps(tag) for tag in (OPEN, CLOSE))
        names = [f"call_{index}" for index in range(len(constraint.tools))]
        rules = [
            f"{name}: %json {json.dumps(ready_call(tool) | {'x-guidance': SPELLING})}"
            for name, tool in zip(names, constraint.tools, strict=True)
        ]
        body = f'body: "\\n" ({" | ".join(names)}) "\\n" {end}'
        more = f' ("\\n" {begin} body)*' if constraint.parallel else ""
        free = [f"start: {begin} body{more}"] if constraint.required else self._free(begin, more)
        return "\n".join([*free, body, *rules])

    def _free(self, begin: str, more: str) -> list[str]:
        """Text alone, or text and calls. Control tokens never match text; a tag that is text ends it lazily."""
        if self.vocabulary.has_marks:
            return [f"start: TEXT ({begin} body{more})?", "TEXT: /(?s:.*)/"]
        text = text_without((OPEN, CLOSE)).replace("/", "\\/")
        return [f"start: TEXT | lead body{more}", f"TEXT: /{text}/", f"lead[lazy]: /(?s:.*){OPEN}/"]


def tokenizer_of(vocabulary: Vocabulary) -> Any:
    """llguidance's tokenizer, in which all control tokens are special, whatever the tokenizer's file says."""
    from llguidance import LLTokenizer

    backend = copy(vocabulary.tokenizer.backend_tokenizer)
    backend.no_padding()
    backend.no_truncation()
    description = json.loads(backend.to_str())
    for token in description.get("added_tokens", ()):
        token["special"] = token["special"] or token["content"] in vocabulary.control
    return LLTokenizer(json.dumps(description), n_vocab=vocabulary.width, eos_token=list(vocabulary.stop_ids))


@lru_cache(maxsize=1)
def _executor() -> Any:
    """Threads are made once."""
    from llguidance import LLExecutor

    return LLExecutor()


class LlguidanceConstraint:
    """A grammar, and a matcher at its start; raises :class:`GrammarError` when the grammar is broken or too large."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: Any, grammar: str) -> None:
        from llguidance import LLMatcher

        self.vocabulary = vocabulary
        # Errors show when a matcher is made, not before; and making one takes a millisecond, copying it none.
        self._start = LLMatcher(tokenizer, grammar, log_level=0)
        if self._start.is_error():
            raise GrammarError(f"llguidance cannot compile this: {self._start.get_error()[:300]}")

    def matcher(self) -> LlguidanceMatcher:
        """Follow a new text."""
        return LlguidanceMatcher(self._start.deep_copy())


class LlguidanceMatcher:
    """One text; see :class:`workbook.grammar.engine.Matcher`."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def consume(self, token: int) -> bool:
        """Accept a token, unless the grammar forbids it."""
        return self.inner.try_consume_tokens([token]) == 1

    def accepts(self, tokens: Sequence[int]) -> int:
        """How many could be consumed."""
        return self.inner.validate_tokens(list(tokens))

    def rollback(self, count: int) -> None:
        """Take the last ``count`` tokens back; raises ``GrammarError`` where there are not so many."""
        if not self.inner.rollback(count):
            raise GrammarError(f"llguidance cannot go back {count} tokens: {self.inner.get_error()[:200]}")

    def write_mask(self, masks: torch.Tensor, row: int) -> None:
        """Fill one row; raises when the parser has met one of its limits."""
        target = masks[row]
        self.inner.unsafe_compute_mask_ptr(target.data_ptr(), target.numel() * target.element_size())
        self.check()

    @classmethod
    def write_masks(cls, pairs: Sequence[tuple[LlguidanceMatcher, int]], masks: torch.Tensor) -> None:
        """All rows on the engine's own threads."""
        inner = [(matcher.inner, row) for matcher, row in pairs]
        _executor().unsafe_compute_mask_ptr(inner, masks.data_ptr(), masks.stride(0) * masks.element_size(), len(masks))
        for matcher, _ in pairs:
            matcher.check()

    def check(self) -> None:
        """Raise when the parser has met one of its limits."""
        if self.inner.is_error():
            raise GrammarError(f"llguidance gave up: {self.inner.get_error()[:300]}")

    def forced(self) -> list[int]:
        """Canonical tokens of the forced text."""
        return self.inner.compute_ff_tokens()

    def may_end(self) -> bool:
        """Whether the grammar is satisfied."""
        return self.inner.is_accepting()

    def must_end(self) -> bool:
        """Whether the parser takes nothing but the end."""
        return self.inner.is_stopped() and self.inner.is_accepting()
