"""Whether one engine compiles a schema, and which instances it then lets through; made to run in a worker.

An engine is judged twice: alone, and behind the check that says what it would ignore
(``workbook.grammar.support``). ``auto`` is the routed default, which has that check inside. An engine alone is
the engine as our adapter feeds it, spelling and closed objects included: only the check is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from workbook.core.constraints import JsonSchema
from workbook.core.errors import WorkbookError
from workbook.grammar import masks
from workbook.grammar.compiling import PREFERENCE, Workbench
from workbook.grammar.engine import CompiledConstraint
from workbook.grammar.support import gaps
from workbook.grammar.vocabulary import Vocabulary
from workbook.grammar.worker import Answer
from workbook.lab.schema_spelling import spellings
from workbook.models.tokens import GUARD, guard

AUTO = "auto"
BROKEN = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
"""How an engine without our checks meets a schema that it cannot read."""
Tokens = Sequence[int]


class Question(NamedTuple):
    """A schema, and a list of instances, each as JSON.

    How an instance is spelled is asked of a validator, which a hostile schema keeps busy as well: the worker does it.
    """

    schema: str
    instances: str = "[]"


@dataclass(frozen=True)
class Judgement:
    """``refusals`` says why the schema was not compiled; else ``accepted`` has a boolean for each instance.

    ``engine`` compiled it. ``withheld`` is what our check has against trusting this engine with it.
    ``killed`` names what the worker died of: ``time``, ``memory`` or ``crash``.
    """

    engine: str = ""
    accepted: tuple[bool, ...] = ()
    refusals: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    killed: str = ""


@dataclass(frozen=True)
class BareTokenizer:
    """Of a tokenizer only what engines read; transformers stays out of the workers."""

    backend_tokenizer: Any


def judge_maker(vocabulary: Vocabulary, engine: str) -> Callable[[], Answer]:
    """What a worker needs to become the judge of one engine; it can be pickled."""
    bare = BareTokenizer(vocabulary.tokenizer.backend_tokenizer)
    lean = Vocabulary(bare, vocabulary.token_bytes, dict(vocabulary.control), vocabulary.stop_ids)
    return partial(judge, lean, engine)


def judge(vocabulary: Vocabulary, engine: str) -> Answer:
    """The function from a :class:`Question` to a :class:`Judgement`, for one engine or ``auto``."""
    bench = Workbench(vocabulary)
    if engine != AUTO:
        bench.engine(engine)  # its tables are no part of a schema's time
    return partial(_judged, bench, engine)


def accepts(constraint: CompiledConstraint, tokens: Tokens) -> bool:
    """Whether the constraint admits these tokens one after the other, and the stop token after them."""
    matcher = constraint.matcher()
    if not all(matcher.consume(token) for token in tokens):
        return False
    packed = masks.allocate(1, constraint.vocabulary.width)
    matcher.write_mask(packed, 0)
    return masks.test_bit(packed, 0, constraint.vocabulary.stop_ids[0])


def _judged(bench: Workbench, engine: str, question: Question) -> Judgement:
    constraint = JsonSchema(json.loads(question.schema))
    withheld: tuple[str, ...] = ()
    try:
        if engine != AUTO:
            withheld = _withheld(constraint, engine)
        compiled, name = bench.compiled(constraint) if engine == AUTO else _alone(bench, constraint, engine)
        _first_mask(compiled)
        accepted = tuple(_lets_through(compiled, value, constraint.schema) for value in json.loads(question.instances))
    except WorkbookError as error:
        return Judgement(refusals=_why_routed(constraint, error) if engine == AUTO else (_brief(error),))
    except BROKEN as error:
        return Judgement(refusals=(f"{type(error).__name__}: {_brief(WorkbookError(str(error)))}",))
    return Judgement(name, accepted, withheld=withheld)


def _lets_through(constraint: CompiledConstraint, value: Any, schema: Any) -> bool:
    """Whether one of the value's spellings is admitted."""
    return any(accepts(constraint, _tokens(text, constraint.vocabulary)) for text in spellings(value, schema))


def _tokens(text: str, vocabulary: Vocabulary) -> list[int]:
    """The tokens of a text in which nothing is a control token."""
    pieces = [piece for piece in guard(text, vocabulary.control).split(GUARD) if piece]
    encode = vocabulary.tokenizer.backend_tokenizer.encode
    return [token for piece in pieces for token in encode(piece, add_special_tokens=False).ids]


def _alone(bench: Workbench, constraint: JsonSchema, engine: str) -> tuple[CompiledConstraint, str]:
    return bench.engine(engine).compile(constraint), engine


def _first_mask(compiled: CompiledConstraint) -> None:
    """A lazy engine does its first work here, and a bare schema should not pass for free."""
    compiled.matcher().write_mask(masks.allocate(1, compiled.vocabulary.width), 0)


def _withheld(constraint: JsonSchema, engine: str) -> tuple[str, ...]:
    try:
        return tuple(gap.keyword for gap in gaps(constraint, engine))
    except WorkbookError as error:
        return (_brief(error),)
    except BROKEN as error:
        return (f"{type(error).__name__}: {_brief(WorkbookError(str(error)))}",)


def _why_routed(constraint: JsonSchema, error: WorkbookError) -> tuple[str, ...]:
    """The keywords that stop the engine asked first, or its own words."""
    return _withheld(constraint, PREFERENCE[JsonSchema][0]) or (_brief(error),)


def _brief(error: WorkbookError) -> str:
    """The beginning of a message, without what differs from schema to schema, so that it can be counted."""
    return " ".join(error.message.removeprefix("no engine enforces this constraint: ").split())[:90]
