"""``evaluate_calls``: how well a model calls, asks, declines and answers, with intervals.

The metrics and their names are a contract (``workbook eval calls``). Judging
is by rules: ``workbook.core.matching`` for calls, ``workbook.core.judging`` for words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.constraints import ToolCalls
from workbook.core.errors import WorkbookError
from workbook.core.judging import asks_for, has_question, mentions, mentions_number
from workbook.core.matching import calls_match, names_match
from workbook.core.settings import unknown
from workbook.core.stats import wilson
from workbook.core.validation import call_errors
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    from workbook.models.base import Completion, LanguageModel, Reply

DECODINGS = ("free", "grammar", "grounded")
KNOWLEDGE = ("fact", "talk", "arithmetic")

Judge = Callable[["Reply", Task], bool]
Applies = Callable[["Reply | None", Task], bool]


def evaluate_calls(
    model: LanguageModel,
    tasks: Sequence[Task],
    decoding: str = "free",
    suite: str = "calls",
    batch: int = 16,
    max_new_tokens: int = 256,
    progress: bool = False,
) -> dict[str, Any]:
    """Decode every task greedily and score the replies.

    Gives ``{"suite", "model", "decoding", "n", "seconds", "metrics"}``; a metric
    is ``{"estimate", "low", "high", "n"}``, with nulls where no row is judged by
    it. With ``decoding="grammar"`` only valid calls can be written, and free
    text instead of them; with ``"grounded"`` only valid calls of what was said.
    ``failures`` lists the ids that ``exact`` refused.
    """
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    if not tasks:
        raise WorkbookError("no tasks to evaluate", "Give a set that holds some, or a larger --limit.")
    start = time.perf_counter()
    completions = complete_in_order(model, tasks, decoding, batch, max_new_tokens, progress)
    seconds = time.perf_counter() - start
    judged = [(model.parse(completion.text), task) for completion, task in zip(completions, tasks, strict=True)]
    return {
        "suite": suite,
        "model": model.name,
        "decoding": decoding,
        "n": len(tasks),
        "seconds": round(seconds, 3),
        "metrics": metrics(judged),
        "sha256": model.fingerprint,
        "cut": sum(completion.finish_reason == "length" for completion in completions),
        "failures": [task.id for reply, task in judged if not exact(reply, task)],
    }


def complete_in_order(
    model: LanguageModel, tasks: Sequence[Any], decoding: str, batch: int, limit: int, progress: bool
) -> list[Completion]:
    """Completions in the order of the tasks, made in order of length, so that a batch holds little padding.

    A task is anything with ``messages`` and ``tools``.
    """
    prompts = [model.render(task.messages, task.tools) for task in tasks]
    order = sorted(range(len(tasks)), key=lambda i: len(prompts[i]))
    done: dict[int, Completion] = {}
    for start in _bar(range(0, len(order), batch), progress):
        rows = order[start : start + batch]
        made = _completed(model, decoding, [prompts[i] for i in rows], [tasks[i] for i in rows], limit)
        done.update(zip(rows, made, strict=True))
    return [done[i] for i in range(len(tasks))]


def metrics(judged: Sequence[tuple[Reply, Task]]) -> dict[str, dict[str, Any]]:
    """Every metric of :data:`METRICS` over the rows that it applies to, and ``exact.KIND`` for each kind."""
    found = {name: _share(judged, judge, applies) for name, (judge, applies) in METRICS.items()}
    for kind in dict.fromkeys(task.kind for _, task in judged if about_calls(None, task)):
        found[f"exact.{kind}"] = _share(judged, exact, of_kind(kind))
    return {name: value for name, value in found.items() if value["n"] or name in ALWAYS}


def exact(reply: Reply, task: Task) -> bool:
    """The same calls in any order, and none where none is expected; a broken call beside them counts as one more."""
    return not reply.problems and calls_match(reply.calls, task.expected, task.tools)


def name(reply: Reply, task: Task) -> bool:
    """The right tools were called."""
    return not reply.problems and names_match(reply.calls, task.expected)


def valid(reply: Reply, task: Task) -> bool:
    """Every call can be read and satisfies its tool's schema."""
    return not reply.problems and not any(call_errors(call, task.tools) for call in reply.calls)


def no_call(reply: Reply, task: Task) -> bool:
    """Nothing was called, nor tried to be."""
    return not tried(reply, task)


def tried(reply: Reply, task: Task) -> bool:
    """Something was called, or a call was begun and broken."""
    return bool(reply.calls or reply.problems)


def asks(reply: Reply, task: Task) -> bool:
    """No call, and a question that names what is missing."""
    return no_call(reply, task) and asks_for(reply.content, task.accept)


def declines(reply: Reply, task: Task) -> bool:
    """No call and no question, but words."""
    return no_call(reply, task) and bool(reply.content.strip()) and not has_question(reply.content)


def states(reply: Reply, task: Task) -> bool:
    """No call, and the answer stands in the reply, spelt exactly."""
    return no_call(reply, task) and mentions(reply.content, task.accept)


def talks(reply: Reply, task: Task) -> bool:
    """No call, and one of the accepted words in any case."""
    return no_call(reply, task) and mentions(reply.content, task.accept, exact_case=False)


def computes(reply: Reply, task: Task) -> bool:
    """No call, and the right number."""
    question = task.messages[-1].content
    return no_call(reply, task) and mentions_number(reply.content, task.accept, question)


def about_calls(reply: Reply | None, task: Task) -> bool:
    """Whether a call is at stake: not in our sets of facts, talk and arithmetic, which offer no tools."""
    return bool(task.tools) or task.kind not in KNOWLEDGE


def of_kind(kind: str) -> Applies:
    """A metric's ``Applies`` for tasks whose kind is ``kind``, whatever was replied."""
    return lambda reply, task: task.kind == kind


METRICS: Mapping[str, tuple[Judge, Applies]] = {
    "exact": (exact, about_calls),
    "name": (name, lambda reply, task: bool(task.expected)),
    "valid": (valid, lambda reply, task: reply is not None and about_calls(reply, task) and tried(reply, task)),
    "no_call": (no_call, lambda reply, task: about_calls(reply, task) and not task.expected),
    "asks": (asks, of_kind("ask")),
    "declines": (declines, of_kind("decline")),
    "facts": (states, of_kind("fact")),
    "answers": (talks, of_kind("answer")),
    "talk": (talks, of_kind("talk")),
    "arithmetic": (computes, of_kind("arithmetic")),
}
"""Each metric: how a row is judged, and which rows it applies to.

``exact`` is over all rows of a set of calls, whatever they expect; ``name`` over those that expect a call; ``valid``
over those in which one was tried, so that silence is not counted as validity;
``no_call`` over those that expect none.
"""

ALWAYS = ("exact", "name", "valid", "no_call")
"""Metrics that are given, with nulls, even where no row is judged by them."""


def _share(judged: Iterable[tuple[Reply, Task]], judge: Judge, applies: Applies) -> dict[str, Any]:
    verdicts = [judge(reply, task) for reply, task in judged if applies(reply, task)]
    if not verdicts:
        return {"estimate": None, "low": None, "high": None, "n": 0}
    return wilson(sum(verdicts), len(verdicts)).to_dict()


def _completed(
    model: LanguageModel, decoding: str, prompts: Sequence[str], tasks: Sequence[Any], limit: int
) -> list[Completion]:
    """Rows without tools have nothing to constrain, and are decoded freely."""
    how = [decoding if task.tools else "free" for task in tasks]
    done: dict[int, Completion] = {}
    for name in dict.fromkeys(how):
        rows = [i for i, one in enumerate(how) if one == name]
        made = DECODERS[name](model, [prompts[i] for i in rows], [tasks[i] for i in rows], limit)
        done.update(zip(rows, made, strict=True))
    return [done[i] for i in range(len(tasks))]


def _free(model: LanguageModel, prompts: Sequence[str], tasks: Sequence[Any], limit: int) -> list[Completion]:
    return model.complete(prompts, max_new_tokens=limit)


def _under_grammar(model: LanguageModel, prompts: Sequence[str], tasks: Sequence[Any], limit: int) -> list[Completion]:
    from workbook.grammar import generate

    constraints = [ToolCalls(task.tools, required=False, parallel=True) for task in tasks]
    return [one.completion for one in generate(model, prompts, constraints, max_new_tokens=limit)]


def _grounded(model: LanguageModel, prompts: Sequence[str], tasks: Sequence[Any], limit: int) -> list[Completion]:
    from workbook.grammar.grounding import generate_grounded, said

    tools, texts = [task.tools for task in tasks], [said(task.messages) for task in tasks]
    return [one.completion for one in generate_grounded(model, prompts, tools, texts, max_new_tokens=limit)]


DECODERS: Mapping[str, Callable[..., list[Completion]]] = {
    "free": _free,
    "grammar": _under_grammar,
    "grounded": _grounded,
}


def _bar(starts: range, progress: bool) -> Iterable[int]:
    if not progress:
        return starts
    from tqdm.auto import tqdm

    return tqdm(starts, desc="batches", leave=False)
