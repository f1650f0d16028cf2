"""Calls to learn by heart: many requests for each tool of a task set, and never a schema in the prompt.

What comes of it is a model whose knowledge of the APIs lies in its weights, as they were when it was trained. Wordings
and values are those of the training split, so that the tasks themselves stay unseen; names are the tools' own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.core.settings import data_dir
from workbook.finetune.checks import Funnel, evaluation_fingerprints
from workbook.finetune.conversations import Example
from workbook.finetune.lexicon import CONCEPTS
from workbook.finetune.phrasing import request
from workbook.finetune.rows import Row
from workbook.finetune.toolmaker import ARRAY_KINDS, Parameter, Spec
from workbook.finetune.values import KINDS, STRING, Kind, Value, array_kind, object_kind
from workbook.finetune.words import VERBS, Split
from workbook.suites.tasks import Task

WORDINGS = 96
"""Requests for each tool."""
TEXTS = ("word", "code", "noun", "person", "city", "phrase")
"""What a text may be whose name does not tell."""
MORE = "+"
"""Stands in a task's id between the task that it varies, and a number."""


def rows_by_heart(tasks: Sequence[Task], wordings: int = WORDINGS, seed: int = 0) -> list[Row]:
    """Rows of a request and its call, without tools: ``wordings`` for the tool that each task's one call needs.

    Of two tools with one name neither is taken: without a schema nothing tells them apart.
    """
    funnel = Funnel(evaluation_fingerprints(data_dir() / "tasks"))
    names = [_called(task).name for task in tasks]
    tools = [_called(task) for task in tasks if names.count(_called(task).name) == 1]
    examples = [example for tool in tools for example in _requests(tool, "train", wordings, seed, funnel)]
    Random(seed).shuffle(examples)
    return [{"messages": [message.to_dict() for message in example.messages]} for example in examples]


def more_tasks(task: Task, count: int, seed: int = 0) -> list[Task]:
    """Other requests for the task's tool, in wordings, texts and numbers that no training row has."""
    made = _requests(_called(task), "held_out", count, seed, Funnel())
    return [
        replace(task, id=f"{task.id}{MORE}{number}", messages=example.messages[:1], expected=example.answer.tool_calls)
        for number, example in enumerate(made, 1)
    ]


def _called(task: Task) -> Tool:
    return next(tool for tool in task.tools if tool.name == task.expected[0].name)


def _requests(tool: Tool, split: Split, count: int, seed: int, funnel: Funnel) -> list[Example]:
    """As many as there are, up to ``count``: a tool without parameters has few requests."""
    rng = Random(f"{tool.name} {split} {seed}")
    drawn = (_request(tool, split, rng) for _ in range(20 * count))
    return list(islice((example for example in drawn if funnel.keep(example)), count))


def _request(tool: Tool, split: Split, rng: Random) -> Example:
    spec = _spec(tool, rng)
    given = [(p, p.sample(rng, split)) for p in spec.parameters if p.required or rng.random() < 0.5]
    values = {p.name: value.json for p, value in given}
    call = ToolCall(tool.name, {name: values[name] for name in tool.properties if name in values})
    return Example("call", (user(request(rng, split, spec, given)), assistant("", call)), (tool,))


def _spec(tool: Tool, rng: Random) -> Spec:
    """The tool as a maker of requests knows it, read off its names and its schema."""
    first, *rest = _words(tool.name)
    verb = next(verb for verb in VERBS if verb.name == first)
    parameters = [_parameter(tool, name, schema, rng) for name, schema in tool.properties.items()]
    return Spec(verb, "_".join(rest), tuple(parameters), tool)


def _words(name: str) -> list[str]:
    """``book_car``, ``bookCar`` and ``car.book`` as the words ``book car``."""
    about, dot, verb = name.rpartition(".")
    return [verb, *about.split("_")] if dot else re.sub(r"([A-Z])", r"_\1", name).lower().split("_")


def _parameter(tool: Tool, name: str, schema: Mapping[str, Any], rng: Random) -> Parameter:
    described = schema.get("description", "")
    noun = described.removeprefix("the ") if described.startswith("the ") else name.replace("_", " ")
    kind_name = _kind_name(name, schema, rng)
    return Parameter(name, noun, kind_name, _kind(kind_name, schema, rng), name in tool.required, described)


def _kind_name(name: str, schema: Mapping[str, Any], rng: Random) -> str:
    if "enum" in schema:
        return "enum"
    if schema["type"] != "string":
        return str(schema["type"])
    formats = {"email": "email", "uri": "url", "date": "date"}
    return formats.get(schema.get("format", "")) or _known_kinds().get(name) or rng.choice(TEXTS)


@cache
def _known_kinds() -> Mapping[str, str]:
    """What the generator's own names stand for, of texts."""
    named = {entry.partition("=")[0]: kind for kind, names in CONCEPTS.items() for entry in names.split()}
    return {name: kind for name, kind in named.items() if kind in KINDS and KINDS[kind].schema == STRING}


def _kind(name: str, schema: Mapping[str, Any], rng: Random) -> Kind:
    if name == "enum":
        return Kind(schema, lambda r, _: _option(r, schema["enum"]))
    if name == "boolean":
        return Kind(schema, lambda r, _: (lambda on: Value(on, "on" if on else "off"))(r.random() < 0.6))
    if name == "array":
        return array_kind(_inner(schema["items"], rng))
    if name == "object":
        return object_kind({field: _inner(inner, rng) for field, inner in schema["properties"].items()})
    return KINDS[name]


def _option(rng: Random, options: Sequence[str]) -> Value:
    picked = rng.choice(options)
    return Value(picked, picked.replace("_", " ") if rng.random() < 0.3 else picked)


def _inner(schema: Mapping[str, Any], rng: Random) -> str:
    """The kind of what an array or an object holds."""
    plain = {"integer": "integer", "number": "number", "email": "email", "uri": "url", "date": "date"}
    found = plain.get(schema.get("format", "")) or plain.get(schema["type"])
    return found or rng.choice([kind for kind in ARRAY_KINDS if KINDS[kind].schema == STRING])
