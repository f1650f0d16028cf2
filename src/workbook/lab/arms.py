"""The usual arms: prompt; prompt, validate and retry; decode under a grammar.

Each takes its prompt and its way of reading as functions, so that one arm
differs from another in one thing only. An arm may check a call against the
tools, as a production system would, but never sees what would be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from workbook.core.chat import Message, ToolResult, assistant, tool_message, user
from workbook.core.constraints import Constraint
from workbook.core.validation import call_errors
from workbook.lab.reading import Reading, read_reply
from workbook.lab.trials import Arm, Output, Sampling
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    from workbook.models.base import Completion, LanguageModel

Prompt = Callable[[Task], str]
Read = Callable[[str], Reading]


def prompted(name: str, model: LanguageModel, prompt: Prompt | None = None, read: Read | None = None) -> Arm:
    """Ask once and take what comes. By default the model's own tool prompt and chat format are used."""
    ask, understand = prompt or native_prompt(model), read or native_reading(model)

    def run(tasks: Sequence[Task], sampling: Sampling) -> list[Output]:
        prompts = [ask(task) for task in tasks]
        completions = model.complete(prompts, **asdict(sampling))
        return [_output(p, c, understand) for p, c in zip(prompts, completions, strict=True)]

    return Arm(name, run)


def retrying(name: str, model: LanguageModel, tries: int = 3, read: Read | None = None) -> Arm:
    """Ask, validate against the tools, and feed the errors back, up to ``tries`` times in all.

    The bill adds up over all tries; the output is the last one.
    """
    understand = read or native_reading(model)

    def run(tasks: Sequence[Task], sampling: Sampling) -> list[Output]:
        talks = [list(task.messages) for task in tasks]
        outputs: list[Output | None] = [None] * len(tasks)
        open_rows = list(range(len(tasks)))
        for attempt in range(tries):
            prompts = [model.render(talks[i], tasks[i].tools) for i in open_rows]
            # Another seed, or a sampled answer would come out the same again.
            completions = model.complete(prompts, **asdict(replace(sampling, seed=sampling.seed + 1009 * attempt)))
            for i, prompt, completion in zip(open_rows, prompts, completions, strict=True):
                outputs[i] = _billed(_output(prompt, completion, understand), outputs[i])
            open_rows = [i for i in open_rows if complaints(outputs[i], tasks[i])]
            for i in open_rows:
                talks[i] += feedback(outputs[i], tasks[i])
            if not open_rows:
                break
        return [output for output in outputs if output]

    return Arm(name, run)


def constrained(
    name: str,
    model: LanguageModel,
    constraint: Callable[[Task], Constraint],
    prompt: Prompt | None = None,
    read: Read | None = None,
    engine: str = "auto",
) -> Arm:
    """Decode under the constraint that ``constraint`` gives for each task; a batch may hold many."""
    from workbook.grammar import generate

    ask, understand = prompt or native_prompt(model), read or native_reading(model)

    def run(tasks: Sequence[Task], sampling: Sampling) -> list[Output]:
        prompts, each = [ask(task) for task in tasks], [constraint(task) for task in tasks]
        made = generate(model, prompts, each, engine=engine, **asdict(sampling))
        return [_output(p, m.completion, understand) for p, m in zip(prompts, made, strict=True)]

    return Arm(name, run)


def native_prompt(model: LanguageModel) -> Prompt:
    """The model's own prompt for a task: its chat template, with the tools."""
    return lambda task: model.render(task.messages, task.tools)


def native_reading(model: LanguageModel) -> Read:
    """The model's own chat format."""
    return lambda text: read_reply(model, text)


def complaints(output: Output | None, task: Task) -> list[str]:
    """What a runtime that validates would refuse: unreadable text, unknown tools, arguments that break the schema."""
    if output is None or not output.calls:
        return list(output.problems if output else ()) or ["no tool call found"]
    return [*output.problems, *(error for call in output.calls for error in call_errors(call, task.tools))]


def feedback(output: Output | None, task: Task) -> list[Message]:
    """The turns that show the model its last answer and what was wrong with it."""
    error = json.dumps({"error": "; ".join(complaints(output, task))}, ensure_ascii=False)
    if output and output.calls:
        return [assistant("", *output.calls), tool_message(ToolResult(output.calls[0].name, error, error=True))]
    return [assistant(output.text if output else ""), user(error)]


def _output(prompt: str, completion: Completion, understand: Read) -> Output:
    read = understand(completion.text)
    return Output(
        completion.text,
        read.calls,
        read.parses,
        read.problems,
        prompt,
        completion.prompt_tokens,
        len(completion.token_ids),
        completion.seconds,
        completion.finish_reason,
    )


def _billed(output: Output, before: Output | None) -> Output:
    if before is None:
        return output
    return replace(
        output,
        prompt_tokens=output.prompt_tokens + before.prompt_tokens,
        tokens=output.tokens + before.tokens,
        seconds=output.seconds + before.seconds,
        attempts=before.attempts + 1,
    )
