"""JSON against Python calls: what two models write that were tuned alike, each in its own spelling.

Both are asked the same requests (``workbook.finetune.spelled``), free and under the grammar of their spelling, and
judged on the same trees of calls. Leaves out what a call costs that is run: a list with references and a nested call
are one answer each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from workbook.core.chat import Tool, user
from workbook.core.constraints import Constraint, Gbnf, ToolCalls
from workbook.core.matching import calls_match
from workbook.core.settings import unknown
from workbook.finetune.spelled import SPELLINGS, Spoken
from workbook.grammar import generate
from workbook.grammar.python_gbnf import python_gbnf
from workbook.models.nested_calls import NestedCall
from workbook.models.python_calls import read_calls
from workbook.models.referenced_calls import nested, plain

if TYPE_CHECKING:
    import pandas as pd

    from workbook.models.base import LanguageModel

DECODINGS = ("free", "grammar")
LONGEST = 160
"""Tokens of an answer; the longest right one of the shelf has about 120, as JSON."""
Trees = tuple[tuple[NestedCall, ...], tuple[str, ...]]
"""Calls as trees, and what cannot be read beside them."""


def run(models: Mapping[str, LanguageModel], requests: Sequence[Spoken]) -> pd.DataFrame:
    """One row a spelling, decoding and request: ``kind``, ``task``, ``exact``, ``readable``, ``tokens`` and ``text``.

    ``models`` by spelling; an unknown one is refused before its model is asked.
    """
    import pandas as pd

    rows = []
    for arm, model in models.items():
        bound = [grammar(arm, one.tools) for one in requests]
        prompts = [model.render([user(one.text)], one.tools) for one in requests]
        for decoding in DECODINGS:
            made = generate(model, prompts, None if decoding == "free" else bound, max_new_tokens=LONGEST)
            for one, done in zip(requests, made, strict=True):
                row = {"arm": arm, "decoding": decoding, "kind": one.kind, "task": one.text}
                spent = {"tokens": len(done.completion.token_ids), "text": done.text}
                rows.append({**row, **judged(read(arm, model, done.text), one), **spent})
    return pd.DataFrame(rows)


def grammar(spelling: str, tools: Sequence[Tool]) -> Constraint:
    """What may be written: calls of ``tools``; to it JSON's references are strings, and Python's calls may hold any."""
    if spelling not in GRAMMARS:
        raise unknown("spelling", spelling, GRAMMARS)
    return GRAMMARS[spelling](tools)


def read(spelling: str, model: LanguageModel, text: str) -> Trees:
    """The trees of calls that a text means in that spelling, and what is wrong with the rest."""
    if spelling not in SPELLINGS:
        raise unknown("spelling", spelling, SPELLINGS)
    if spelling == "python":
        return read_calls(text)
    reply = model.parse(text)
    trees, problems = nested(reply.calls)
    said = (f"words beside the calls: {reply.content[:40]!r}",) if reply.content else ()
    return trees, (*reply.problems, *said, *problems)


def judged(found: Trees, right: Spoken) -> dict[str, float]:
    """Whether there is a call and all can be read, and whether they are the right ones, in any order."""
    trees, problems = found
    readable = bool(trees) and not problems
    exact = readable and calls_match([plain(tree) for tree in trees], [plain(tree) for tree in right.calls])
    return {"exact": float(exact), "readable": float(readable)}


GRAMMARS: Mapping[str, Callable[[Sequence[Tool]], Constraint]] = {
    "json": lambda tools: ToolCalls(tools, parallel=True),
    "python": lambda tools: Gbnf(python_gbnf(tools, nested=True)),
}
