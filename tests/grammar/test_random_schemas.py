"""Random schemas: what an engine accepts is valid, whether it is offered a value or writes one itself."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from grammar_walking import accepts, mask
from schema_draws import Draws
from toys import toy_model

from workbook.core.constraints import JsonSchema
from workbook.core.errors import WorkbookError
from workbook.core.validation import validator_of
from workbook.grammar import ENGINES
from workbook.grammar.compiling import compiled
from workbook.grammar.engine import CompiledConstraint
from workbook.lab.schema_spelling import spellings

SEEDS = range(160)
LONGEST = 60


@pytest.mark.parametrize("engine", ENGINES)
def test_no_invalid_value_passes(engine: str) -> None:
    offered = written = 0
    for seed in SEEDS:
        draws = Draws(seed)
        schema = draws.schema()
        constraint = compiled_or_none(schema, engine)
        if constraint is None:
            continue
        try:
            invalid = [value for value in draws.values(schema, 12) if not is_valid(value, schema)]
            passed = [value for value in invalid if any(accepts(constraint, one) for one in spellings(value, schema))]
        except RecursionError:  # a reference that leads back to itself: nothing is valid, and no text ends
            continue
        assert passed == [], schema
        texts = [text for text in (walk(constraint, Random(seed + turn)) for turn in range(4)) if text is not None]
        assert [text for text in texts if not is_valid(json.loads(text), schema)] == [], schema
        offered, written = offered + len(invalid), written + len(texts)
    assert offered > 100
    assert written > 100


def compiled_or_none(schema: Any, engine: str) -> CompiledConstraint | None:
    try:
        return compiled(toy_model(), JsonSchema(schema), engine)[0]
    except WorkbookError:
        return None


def is_valid(value: Any, schema: Any) -> bool:
    return bool(validator_of(schema, formats=True).is_valid(value))


def walk(constraint: CompiledConstraint, random: Random) -> str | None:
    """A text that the constraint lets a random writer finish; None when it is still going on."""
    matcher, vocabulary, tokens = constraint.matcher(), constraint.vocabulary, list[int]()
    closing = {index for index, token in enumerate(vocabulary.token_bytes) if token in (b'"', b"}", b"]")}
    for _ in range(LONGEST):
        admitted = [index for index, one in enumerate(mask(constraint, matcher)) if one]
        assert admitted, "a dead end"
        if vocabulary.stop_ids[0] in admitted and (len(admitted) == 1 or random.random() < 0.4):
            return b"".join(vocabulary.token_bytes[token] for token in tokens).decode()
        onward = [index for index in admitted if index not in vocabulary.stop_ids]
        ends = [index for index in onward if index in closing]
        tokens.append(random.choice(ends if ends and random.random() < 0.3 else onward))
        assert matcher.consume(tokens[-1])
    return None
