"""Constraints by outlines_core: everything becomes one regular expression, indexed with the vocabulary.

Masks are then a lookup; compiling is where the time goes. It knows no grammars, so
recursion is refused before it is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar.engine import GrammarError, accepted_by_trial
from workbook.grammar.formats import ready, ready_call
from workbook.grammar.patterns import PIECES
from workbook.grammar.tool_text import text_without
from workbook.grammar.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch

GAP = "\ue0f0"  # stands where outlines_core would allow whitespace; private use, so nobody's text
BEGIN, END = "\x05", "\x04"
"""Stand before and after every expression; no text of ours holds them.

END is the stop token. In an Index of outlines_core 0.2.14 no token leads from a final state to one that is not
final: ``1`` cannot go on to ``1.5``. With an end of our own, only the state after it is final. BEGIN is consumed
before a text begins. The engine prepares for matches that begin anywhere, and where the first letter may come again
(``"`` in a string, as ``\\"``) that takes 2**n states for n letters; nothing begins inside when only BEGIN begins.
"""
NEGATED = {".": f"[^\n{BEGIN}{END}]", "[^": f"[^{BEGIN}{END}"}
LONGEST_TEXT = 8192


class OutlinesCoreEngine:
    """outlines_core over one vocabulary; it compiles an automaton of all states ahead."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._plain = _vocabulary(vocabulary.token_bytes, vocabulary.stop_ids)
        self._marked = _vocabulary(vocabulary.marked_bytes, vocabulary.stop_ids)

    def compile(self, constraint: Constraint) -> OutlinesCoreConstraint:
        """See :class:`workbook.grammar.engine.Engine`."""
        from outlines_core import Index

        tokens = self._marked if isinstance(constraint, ToolCalls) else self._plain
        try:
            index = Index(f"{BEGIN}(?:{self.pattern(constraint)}){END}", tokens)
            return OutlinesCoreConstraint(self.vocabulary, index)
        except (ValueError, TypeError) as error:
            raise GrammarError(f"outlines_core cannot compile this: {str(error)[:300]}") from error

    def pattern(self, constraint: Constraint) -> str:
        """The regular expression that the constraint becomes; ``GrammarError`` where no such expression exists."""
        if isinstance(constraint, Regex):
            return without_ends(unanchored(constraint.pattern))
        if isinstance(constraint, JsonSchema):
            return json_pattern(ready(constraint.schema))
        if isinstance(constraint, Gbnf):
            raise GrammarError("outlines_core knows no grammars", "Use engine='xgrammar' or engine='llguidance'.")
        return self._calls_pattern(constraint)

    def _calls_pattern(self, constraint: ToolCalls) -> str:
        begin, end = map(re.escape, self.vocabulary.tags)
        calls = "|".join(json_pattern(ready_call(tool)) for tool in constraint.tools)
        call = f"{begin}\n(?:{calls})\n{end}"
        several = f"{call}(?:\n{call})*" if constraint.parallel else call
        return several if constraint.required else f"{without_ends(text_without(self.vocabulary.tags))}(?:{several})?"


def unanchored(pattern: str) -> str:
    """The pattern without ``^`` at its start and ``$`` at its end: a constraint speaks of the whole text anyway."""
    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    return pattern.removeprefix("^")[: -1 if ends else None]


def without_ends(pattern: str) -> str:
    """The pattern whose negations do not admit :data:`END`, or a text might stop where one more letter is due."""
    pieces = (piece[0] for piece in PIECES.finditer(pattern))
    return "".join(NEGATED.get(piece[:2], piece[:2]) + piece[2:] for piece in pieces)


def json_pattern(schema: Any) -> str:
    """outlines_core's expression for a schema, with ``", "`` and ``": "`` as the only whitespace."""
    from outlines_core.json_schema import build_regex_from_schema

    text = json.dumps(schema, ensure_ascii=False)
    if GAP in text:
        raise GrammarError(f"the schema contains the private-use character U+{ord(GAP):04X}")
    pattern = build_regex_from_schema(text, GAP)
    for written, wanted in ((f"{GAP}:{GAP}", ": "), (f"{GAP},", ", "), (f"(,{GAP}", "(, ")):
        pattern = pattern.replace(written, wanted)
    return pattern.replace(GAP, "").replace(r'\\["\\/bfnrt]', r'\\["\\bfnrt]')  # one spelling: no ``\/``


def _vocabulary(token_bytes: tuple[bytes, ...], stop_ids: tuple[int, ...]) -> Any:
    from outlines_core import Vocabulary as Tokens

    ids: dict[str | bytes, list[int]] = {BEGIN.encode(): [stop_ids[0]], END.encode(): [stop_ids[0]]}
    for index, token in enumerate(token_bytes):
        if token and not set(token) & set(f"{BEGIN}{END}".encode()):
            ids.setdefault(token, []).append(index)
    nobody = len(token_bytes)  # the engine's own end-of-text, which our END replaces
    return Tokens(nobody, ids)


class OutlinesCoreConstraint:
    """An index from states and tokens to states."""

    def __init__(self, vocabulary: Vocabulary, index: Any) -> None:
        self.vocabulary, self.index = vocabulary, index

    def matcher(self) -> OutlinesCoreMatcher:
        """Follow a new text."""
        return OutlinesCoreMatcher(self.index, self.vocabulary.stop_ids[0])


class OutlinesCoreMatcher:
    """One text; see :class:`workbook.grammar.engine.Matcher`."""

    def __init__(self, index: Any, stop: int) -> None:
        from outlines_core import Guide

        self.inner, self.stop = Guide(index, max_rollback=LONGEST_TEXT), stop
        self.inner.advance(stop, return_tokens=False)  # as BEGIN, which nothing else can be here

    def consume(self, token: int) -> bool:
        """Accept a token, unless the expression forbids it."""
        if not self.inner.accepts_tokens([token]):
            return False
        self.inner.advance(token, return_tokens=False)
        return True

    def accepts(self, tokens: Sequence[int]) -> int:
        """How many could be consumed."""
        return accepted_by_trial(self, tokens)

    def rollback(self, count: int) -> None:
        """Take tokens back."""
        self.inner.rollback_state(count)

    def write_mask(self, masks: torch.Tensor, row: int) -> None:
        """Fill one row."""
        target = masks[row]
        self.inner.write_mask_into(target.data_ptr(), target.numel(), target.element_size())

    @classmethod
    def write_masks(cls, pairs: Sequence[tuple[OutlinesCoreMatcher, int]], masks: torch.Tensor) -> None:
        """One after the other."""
        for matcher, row in pairs:
            matcher.write_mask(masks, row)

    def forced(self) -> list[int]:
        """Never said: an index knows tokens, and several of them may begin the same forced text."""
        return []

    def may_end(self) -> bool:
        """Whether the expression matches."""
        return self.stop in self.inner.get_tokens()

    def must_end(self) -> bool:
        """Whether no token leads on."""
        return self.inner.get_tokens() == [self.stop]
