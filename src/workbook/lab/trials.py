"""Trials: every arm on every task, one tidy row each.

An arm is a way to get an answer: a model, a constraint, a policy. It is run on
the same tasks as its rivals, in turns, so that a machine that slows down slows
all of them down. It never learns what would be right; scoring is ``workbook.lab.scoring``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    import pandas as pd


WARM_UP_TOKENS = 4


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen: temperature 0 is greedy, and then the seed has no effect."""

    temperature: float = 0.0
    seed: int = 0
    max_new_tokens: int = 256


@dataclass(frozen=True)
class Output:
    """What an arm gave for one task.

    ``text`` is the whole reply, with what an arm wrote of it for the model, and
    ``calls`` what was read from it; ``parses`` says whether there is the body
    of a call and every such body is JSON. ``prompt_tokens``, ``tokens`` (of the
    whole reply) and ``seconds`` are the bill, tries that were thrown away included.
    ``offered`` are tools that the prompt listed beside the task's own.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    parses: bool = False
    problems: tuple[str, ...] = ()
    prompt: str = ""
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    finish_reason: str = "stop"
    attempts: int = 1
    offered: tuple[Tool, ...] = ()


@dataclass(frozen=True)
class Arm:
    """A named way to answer: ``run`` takes tasks and a sampling, and gives one output a task."""

    name: str
    run: Callable[[Sequence[Task], Sampling], Sequence[Output]]


COLUMNS = (
    "arm task kind temperature seed prompt output calls parses problems "
    "prompt_tokens tokens seconds finish_reason attempts offered"
).split()
"""The columns of :func:`run_trials`, one row a trial; ``calls`` and ``offered`` are plain dicts."""


def samplings(
    temperatures: Iterable[float], seeds: int = 1, max_new_tokens: int = 256, first_seed: int = 0
) -> list[Sampling]:
    """Each temperature with ``seeds`` seeds in a row; greedy decoding once, because it would only repeat itself."""
    return [
        Sampling(temperature, first_seed + number, max_new_tokens)
        for temperature in temperatures
        for number in range(seeds if temperature > 0 else 1)
    ]


def run_trials(
    arms: Sequence[Arm],
    tasks: Sequence[Task],
    samplings: Sequence[Sampling] = (Sampling(),),
    chunk: int = 16,
    progress: bool = False,
    warm_up: bool = True,
) -> pd.DataFrame:
    """Run every arm on every task under every sampling; the columns are :data:`COLUMNS`.

    Chunks of tasks are interleaved, and the arm that begins changes from chunk
    to chunk. With ``progress`` a bar is shown on stderr. ``warm_up`` runs each
    arm for a few tokens first, so that compiling at first use, which may take
    half a minute, is not counted as decoding.
    """
    import pandas as pd

    _check_names("arms", [arm.name for arm in arms])
    _check_names("tasks", [task.id for task in tasks])
    for arm in arms if warm_up else ():
        arm.run(tasks[:1], replace(samplings[0], max_new_tokens=WARM_UP_TOKENS))
    plan = list(_turns(arms, tasks, samplings, chunk))
    rows = [row for arm, part, sampling in progress_bar(plan, progress) for row in _run(arm, part, sampling)]
    # Run in turns, kept in order: a table or a plot lists the arms as they were given.
    places = {arm.name: place for place, arm in enumerate(arms)}
    rows.sort(key=lambda row: (places[row["arm"]], row["temperature"], row["seed"]))
    return pd.DataFrame(rows, columns=COLUMNS)


def show_trial(row: Any) -> str:
    """One trial to read: the prompt, what came out, and what it cost."""
    head = f"{row.arm}, task {row.task}, temperature {row.temperature:g}, {row.tokens} tokens, {row.finish_reason}"
    return f"{head}\n--- prompt\n{row.prompt}\n--- output\n{row.output}\n--- calls\n{row.calls or 'none'}"


def _turns(
    arms: Sequence[Arm], tasks: Sequence[Task], samplings: Sequence[Sampling], chunk: int
) -> Iterator[tuple[Arm, Sequence[Task], Sampling]]:
    for turn, start in enumerate(range(0, len(tasks), chunk)):
        for shift, sampling in enumerate(samplings):
            first = (turn + shift) % len(arms)
            for arm in (*arms[first:], *arms[:first]):
                yield arm, tasks[start : start + chunk], sampling


def _run(arm: Arm, tasks: Sequence[Task], sampling: Sampling) -> Iterator[dict[str, Any]]:
    outputs = arm.run(tasks, sampling)
    if len(outputs) != len(tasks):
        raise WorkbookError(f"arm {arm.name!r} gave {len(outputs)} outputs for {len(tasks)} tasks", "One each, please.")
    for task, output in zip(tasks, outputs, strict=True):
        yield {
            "arm": arm.name,
            "task": task.id,
            "kind": task.kind,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "prompt": output.prompt,
            "output": output.text,
            "calls": [call.to_dict() for call in output.calls],
            "parses": output.parses,
            "problems": list(output.problems),
            "prompt_tokens": output.prompt_tokens,
            "tokens": output.tokens,
            "seconds": output.seconds,
            "finish_reason": output.finish_reason,
            "attempts": output.attempts,
            "offered": [tool.to_dict() for tool in output.offered],
        }


def _check_names(what: str, names: Sequence[str]) -> None:
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if not names or twice is not None:
        reason = "there are none" if not names else f"{twice!r} comes twice"
        raise WorkbookError(
            f"the {what} of an experiment need names of their own: {reason}", "Rows are told apart by them"
        )


def progress_bar(plan: Sequence[Any], progress: bool = True, label: str = "trials") -> Iterable[Any]:
    """``plan`` itself, with a bar on stderr while it is walked through."""
    if not progress:
        return plan
    # A bar made of widgets would leave its first state behind in an executed notebook.
    if os.environ.get("WORKBOOK_UNATTENDED"):
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm
    return tqdm(plan, desc=label, leave=False)
