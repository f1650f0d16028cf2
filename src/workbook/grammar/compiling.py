"""From a model and a constraint to a processor: which engine, and compiled only once.

``auto`` takes the first engine, in the order of :data:`PREFERENCE`, that enforces all of
the constraint and compiles it. An engine that was asked for by name and would ignore a
keyword is refused, with the keyword and the engines that enforce it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.core.settings import unknown
from workbook.grammar import masks
from workbook.grammar.decoding import GrammarDecoder
from workbook.grammar.drafting import Drafter
from workbook.grammar.engine import CompiledConstraint, Engine, GrammarError
from workbook.grammar.limits import check_limits
from workbook.grammar.plans import PLANS
from workbook.grammar.processor import GrammarProcessor
from workbook.grammar.support import ENGINES, enforcers, gaps
from workbook.grammar.vocabulary import Vocabulary, vocabulary_of

PREFERENCE: dict[type, tuple[str, ...]] = {
    JsonSchema: ("llguidance", "xgrammar", "outlines_core"),
    ToolCalls: ("llguidance", "xgrammar", "outlines_core"),
    Regex: ("llguidance", "outlines_core", "xgrammar"),
    Gbnf: ("xgrammar", "llguidance"),
}
"""The most trustworthy first: llguidance refuses what it does not know, and starts fastest."""
BROKEN = "Check the schema itself: jsonschema.Draft202012Validator.check_schema(schema)."
KEPT = 256
"""Compiled constraints kept for each model, the least used dropped first."""


def processor(model: Any, constraint: Constraint | Sequence[Constraint], engine: str = "auto") -> GrammarProcessor:
    """The processor that enforces ``constraint`` on ``model``; a sequence gives each prompt of a batch its own.

    Raises :class:`GrammarError` when the engine would not enforce, or cannot compile, all of it.
    """
    if isinstance(constraint, Sequence):
        return GrammarProcessor([compiled(model, one, engine)[0] for one in constraint])
    return GrammarProcessor(compiled(model, constraint, engine)[0])


def decoder(
    model: Any,
    constraint: Constraint | Sequence[Constraint] | None,
    plan: str = "fast_forward",
    engine: str = "auto",
    drafter: Drafter | None = None,
) -> GrammarDecoder:
    """The decoding loop of that plan, for ``model.complete(..., decoder=...)``; None decodes freely.

    Raises :class:`GrammarError` as :func:`processor` does, ``UsageError`` for an unknown plan.
    """
    if plan not in PLANS:
        raise unknown("plan", plan, PLANS)
    if constraint is None or not PLANS[plan].masked:
        return GrammarDecoder(None, PLANS["free"], drafter)
    each = constraint if isinstance(constraint, Sequence) else [constraint]
    return GrammarDecoder([compiled(model, one, engine)[0] for one in each], PLANS[plan], drafter)


def compiled(model: Any, constraint: Constraint, engine: str = "auto") -> tuple[CompiledConstraint, str]:
    """The compiled constraint, from the cache where it is there, and the engine that it was routed to.

    Raises :class:`GrammarError`, for a constraint beyond ``limits`` too. An engine may still take long over one
    that is within them: ask ``worker.Worker`` when schemas come from strangers.
    """
    return workbench(model).compiled(constraint, engine)


def constraint_key(constraint: Constraint) -> str:
    """Equal for equal constraints; the order of properties counts, for it is the order of the output."""
    if isinstance(constraint, JsonSchema):
        return f"schema {json.dumps(constraint.schema)}"
    if isinstance(constraint, Regex):
        return f"regex {constraint.pattern}"
    if isinstance(constraint, Gbnf):
        return f"gbnf {constraint.grammar}"
    listed = [(tool.name, tool.parameters) for tool in constraint.tools]
    return f"tools {constraint.required} {constraint.parallel} {json.dumps(listed)}"


class Workbench:
    """What is kept for one model: its vocabulary, its engines, its compiled constraints."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.engines: dict[str, Engine] = {}
        self.cache: OrderedDict[tuple[str, str], tuple[CompiledConstraint, str]] = OrderedDict()

    def engine(self, name: str) -> Engine:
        """The engine of that name, made when first asked for."""
        if name not in self.engines:
            self.engines[name] = MAKERS[name](self.vocabulary)
        return self.engines[name]

    def compiled(self, constraint: Constraint, engine: str = "auto") -> tuple[CompiledConstraint, str]:
        """As the function :func:`compiled`, for this vocabulary; an unknown engine names the nearest."""
        if engine not in (*ENGINES, "auto"):
            raise unknown("engine", engine, ("auto", *ENGINES))
        check_limits(constraint)
        key = (engine, constraint_key(constraint))
        if key not in self.cache:
            self.cache[key] = _route(self, constraint) if engine == "auto" else _compile(self, constraint, engine)
            if len(self.cache) > KEPT:
                self.cache.popitem(last=False)
        self.cache.move_to_end(key)
        return self.cache[key]


_BENCHES: WeakKeyDictionary[Any, Workbench] = WeakKeyDictionary()


def workbench(model: Any) -> Workbench:
    """The workbench of a model; raises :class:`GrammarError` for one whose tokens are out of reach."""
    if not hasattr(model, "tokenizer") or not hasattr(model, "logit_width"):
        raise GrammarError(
            f"{getattr(model, 'name', model)} runs elsewhere: its logits cannot be masked from here",
            "Use grammar.generate, which hands the constraint over.",
        )
    if model not in _BENCHES:
        _BENCHES[model] = Workbench(vocabulary_of(model))
    return _BENCHES[model]


def _compile(bench: Workbench, constraint: Constraint, engine: str) -> tuple[CompiledConstraint, str]:
    if isinstance(constraint, ToolCalls) and not constraint.tools:
        raise GrammarError("a constraint to tool calls needs at least one tool")
    check_limits(constraint, engine)
    try:
        missing = gaps(constraint, engine)
        if not missing:
            return _compiled_by(bench, constraint, engine), engine
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise GrammarError(f"{engine} cannot read this: {str(error)[:200]}", BROKEN) from error
    others = [name for name in enforcers(constraint) if name != engine]
    raise GrammarError(f"{engine} would not enforce {_listed(missing)}", _way_out(others))


def _compiled_by(bench: Workbench, constraint: Constraint, engine: str) -> CompiledConstraint:
    """Compiled; where references might go round in a circle, a first mask shows that some text begins as it wants."""
    made = bench.engine(engine).compile(constraint)
    if "$ref" in constraint_key(constraint):
        packed = masks.allocate(1, made.vocabulary.width)
        made.matcher().write_mask(packed, 0)
        if not packed.any():
            raise GrammarError(f"{engine}: no text satisfies this", "Look for a $ref that leads back to itself.")
    return made


def _route(bench: Workbench, constraint: Constraint) -> tuple[CompiledConstraint, str]:
    reasons: list[str] = []
    for engine in PREFERENCE[type(constraint)]:
        try:
            return _compile(bench, constraint, engine)
        except GrammarError as error:
            reasons.append(error.message)
    raise GrammarError(f"no engine enforces this constraint: {'; '.join(reasons)}", _way_out([]))


def _listed(missing: list[Any]) -> str:
    return ", ".join(f"{gap.keyword!r} (in {gap.where})" for gap in missing)


def _way_out(others: list[str]) -> str:
    if others:
        return f"Enforced by: {', '.join(others)}; or use engine='auto'."
    return "Leave the keyword out of the constraint, and validate the output against the full schema."


def _outlines_core(vocabulary: Vocabulary) -> Engine:
    from workbook.grammar.outlines_core_engine import OutlinesCoreEngine

    return OutlinesCoreEngine(vocabulary)


def _xgrammar(vocabulary: Vocabulary) -> Engine:
    from workbook.grammar.xgrammar_engine import XgrammarEngine

    return XgrammarEngine(vocabulary)


def _llguidance(vocabulary: Vocabulary) -> Engine:
    from workbook.grammar.llguidance_engine import LlguidanceEngine

    return LlguidanceEngine(vocabulary)


MAKERS: dict[str, Callable[[Vocabulary], Engine]] = {
    "outlines_core": _outlines_core,
    "xgrammar": _xgrammar,
    "llguidance": _llguidance,
}
