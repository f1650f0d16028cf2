"""The usual arms: prompt; prompt, validate and retry; decode under a grammar.

Each takes its prompt and its way of reading as functions, so that one arm
differs from another in one thing only. An arm may write a call's frame (its
tags) for the model; replies are read and billed whole all the same. An arm may
check a call against the tools, as a production system would, but never sees
what would be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Message, Tool, ToolResult, assistant, tool_message, user
from workbook.core.constraints import Constraint
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.lab.reading import Reading, read_json_calls, read_reply
from workbook.lab.trials import Arm, Output, Sampling
from workbook.models.json_text import read_json
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    from workbook.models.base import Completion, LanguageModel

Prompt = Callable[[Task], str]
Read = Callable[[str], Reading]
Frame = tuple[str, str]
"""What an arm writes for the model: before its text, and after it where the model has not closed the call itself."""

UNFRAMED: Frame = ("", "")


def prompted(
    name: str,
    model: LanguageModel,
    prompt: Prompt | None = None,
    read: Read | None = None,
    frame: Frame | None = None,
    offered: Sequence[Tool] = (),
) -> Arm:
    """Ask once and take what comes. By default the model's own tool prompt and chat format are used.

    With a ``frame``, such as :func:`call_frame`, the call is begun (prefilled) for the model; an empty one means
    that the text is bare JSON. A prompt that lists tools beside the task's own says which they are (``offered``): a
    call of one of them is no call of an unknown tool.
    """
    ask, understand = prompt or native_prompt(model), read or _reading(model, frame)
    written = frame or UNFRAMED

    def run(tasks: Sequence[Task], sampling: Sampling) -> list[Output]:
        prompts = [ask(task) for task in tasks]
        completions = model.complete([prompt + written[0] for prompt in prompts], **asdict(sampling))
        outputs = [_output(model, p, c, understand, written) for p, c in zip(prompts, completions, strict=True)]
        return [replace(output, offered=tuple(offered)) for output in outputs]

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
                outputs[i] = _billed(_output(model, prompt, completion, understand), outputs[i])
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
    frame: Frame | None = None,
    engine: str = "auto",
) -> Arm:
    """Decode under the constraint that ``constraint`` gives for each task; a batch may hold many.

    The constraint holds for what the model writes, a ``frame`` (as in :func:`prompted`) left out.
    """
    from workbook.grammar import generate

    ask, understand = prompt or native_prompt(model), read or _reading(model, frame)
    written = frame or UNFRAMED

    def run(tasks: Sequence[Task], sampling: Sampling) -> list[Output]:
        prompts, each = [ask(task) for task in tasks], [constraint(task) for task in tasks]
        made = generate(model, [prompt + written[0] for prompt in prompts], each, engine=engine, **asdict(sampling))
        return [_output(model, p, m.completion, understand, written) for p, m in zip(prompts, made, strict=True)]

    return Arm(name, run)


def native_prompt(model: LanguageModel) -> Prompt:
    """The model's own prompt for a task: its chat template, with the tools."""
    return lambda task: model.render(task.messages, task.tools)


def call_frame(model: Any) -> Frame:
    """What stands around a call in the chat format of a local model; empty where the format has no tags."""
    markers = model.chat_format.markers
    return (markers[0] + "\n", "\n" + markers[1]) if markers else UNFRAMED


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


def _reading(model: LanguageModel, frame: Frame | None) -> Read:
    return read_json_calls if frame == UNFRAMED else native_reading(model)


def _output(
    model: LanguageModel, prompt: str, completion: Completion, understand: Read, frame: Frame = UNFRAMED
) -> Output:
    """The whole reply, the frame included: it is read and billed as if the model had written all of it."""
    opening, closing = frame[0], _due(frame[1], completion)
    text = opening + completion.text + closing
    read, begun = understand(text), _tokens_in(model, opening)
    return Output(
        text,
        read.calls,
        read.parses,
        read.problems,
        prompt,
        completion.prompt_tokens - begun,
        begun + len(completion.token_ids) + _tokens_in(model, closing),
        completion.seconds,
        completion.finish_reason,
    )


def _due(closing: str, completion: Completion) -> str:
    """The closing tag, unless the model has written it after its JSON, or the token limit cut what it wrote."""
    _, end, _ = read_json(completion.text)
    return "" if completion.finish_reason == "length" or closing.strip() in completion.text[end:] else closing


def _tokens_in(model: Any, text: str) -> int:
    """How many tokens ``text`` is, without the one that begins every prompt."""
    if not text:
        return 0
    if not hasattr(model, "encode"):
        raise WorkbookError(
            f"{model.name} does not show its tokens, so a call cannot be begun for it", "Use a local model."
        )
    return len(model.encode(text)) - len(model.encode(""))


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
