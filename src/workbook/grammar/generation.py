"""Constrained generation whose result is looked at again.

A constraint is a promise about finished texts. A text that the token limit has cut is
reported as ``truncated``, whatever it looks like; everything else is validated by means other
than the engine that enforced it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbook.core.constraints import Constraint
from workbook.grammar.checking import violations
from workbook.grammar.compiling import decoder, processor
from workbook.grammar.handover import requests_for
from workbook.models.base import Completion

Status = Literal["valid", "invalid", "truncated", "unchecked"]


@dataclass(frozen=True)
class Constrained:
    """A completion and whether it satisfies its constraint; ``unchecked`` when there was none."""

    completion: Completion
    status: Status
    errors: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The completion's text, as the model wrote it."""
        return self.completion.text


def generate(
    model: Any,
    prompts: Sequence[str],
    constraint: Constraint | Sequence[Constraint] | None = None,
    engine: str = "auto",
    plan: str | None = None,
    **sampling: Any,
) -> list[Constrained]:
    """Complete every prompt under ``constraint`` (one for all, or one for each prompt) and check what came out.

    ``sampling``: ``max_new_tokens``, ``temperature``, ``seed``, as for ``model.complete``. With a ``plan`` (see
    ``decoding.PLANS``) our own loop decodes, else transformers' with a processor. llama.cpp gets the constraint as
    GBNF. A server enforces it itself, or does not: the check tells.

    Raises :class:`GrammarError` for a constraint that would not be enforced in full.
    """
    each = _for_each(constraint, len(prompts))
    if hasattr(model, "complete_constrained"):
        completions = model.complete_constrained(prompts, requests_for(model, each, engine, plan), **sampling)
    elif plan is not None:
        completions = model.complete(prompts, decoder=decoder(model, constraint, plan, engine), **sampling)
    elif constraint is None:
        completions = model.complete(prompts, **sampling)
    else:
        completions = model.complete(prompts, processor=processor(model, constraint, engine), **sampling)
    return [judge(completion, one, model.parse) for completion, one in zip(completions, each, strict=True)]


def judge(completion: Completion, constraint: Constraint | None, parse: Any) -> Constrained:
    """``valid``, ``invalid`` with its violations, ``truncated`` by the token limit, ``unchecked`` without one."""
    if constraint is None:
        return Constrained(completion, "unchecked")
    if completion.finish_reason == "length":
        return Constrained(completion, "truncated", ("cut by the token limit before the end",))
    errors = tuple(violations(completion.text, constraint, parse))
    return Constrained(completion, "invalid" if errors else "valid", errors)


def _for_each(constraint: Constraint | Sequence[Constraint] | None, count: int) -> list[Constraint | None]:
    if not isinstance(constraint, Sequence):
        return [constraint] * count
    if len(constraint) != count:
        raise ValueError(f"{len(constraint)} constraints for {count} prompts: give one, or one for each")
    return list(constraint)
