"""Synthetic conversations about tools: call, parallel, ask, decline, chat, answer and repair.

Every maker takes a random source, a split and a number of tools, and returns an
:class:`Example` that ends with the assistant's turn to learn (and to be judged by).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall, ToolResult, assistant, tool_message, user
from workbook.finetune import general
from workbook.finetune.phrasing import ACCEPTED, ASKS, DECLINES, request
from workbook.finetune.toolmaker import Parameter, Spec, make_spec, toolbox
from workbook.finetune.values import Value
from workbook.finetune.words import Split, choose, made_up


@dataclass(frozen=True)
class Example:
    """A conversation that ends with the turn to learn; ``accept`` holds words of which one must appear."""

    kind: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    accept: tuple[str, ...] = ()

    @property
    def answer(self) -> Message:
        """The assistant's turn to learn."""
        return self.messages[-1]


Given = list[tuple[Parameter, Value]]


def _give(rng: Random, split: Split, spec: Spec) -> Given:
    """Values for all required parameters and for some of the optional ones."""
    chosen = [p for p in spec.parameters if p.required or rng.random() < 0.5]
    return [(p, p.sample(rng, split)) for p in chosen]


def _call(spec: Spec, given: Given) -> ToolCall:
    """The call in the schema's order of parameters."""
    values = {p.name: v.json for p, v in given}
    return ToolCall(spec.tool.name, {p.name: values[p.name] for p in spec.parameters if p.name in values})


def _tools(box: list[Spec]) -> tuple[Tool, ...]:
    return tuple(spec.tool for spec in box)


def call(rng: Random, split: Split, count: int) -> Example:
    """One request, one call."""
    spec = make_spec(rng, split)
    given = _give(rng, split, spec)
    text = request(rng, split, spec, given)
    return Example("call", (user(text), assistant("", _call(spec, given))), _tools(toolbox(rng, split, spec, count)))


def parallel(rng: Random, split: Split, count: int) -> Example:
    """One request that needs two calls: of one tool twice, or of two tools."""
    first = make_spec(rng, split)
    box = toolbox(rng, split, first, max(count, 2))
    second = first if first.parameters and rng.random() < 0.5 else rng.choice([s for s in box if s is not first])
    parts = [(spec, _give(rng, split, spec)) for spec in (first, second)]
    link = rng.choice([" Then ", ", and then ", ". Also ", " and also ", ". After that "])
    texts = [request(rng, split, spec, given) for spec, given in parts]
    message = texts[0].rstrip(".!") + link + texts[1][0].lower() + texts[1][1:]
    calls = [_call(spec, given) for spec, given in parts]
    return Example("call", (user(message), assistant("", *calls)), _tools(box))


def ask(rng: Random, split: Split, count: int) -> Example:
    """A request that leaves out one required argument; half of the time it is given in the next turn."""
    spec = make_spec(rng, split)
    while not any(p.required and p.kind_name != "boolean" for p in spec.parameters):
        spec = make_spec(rng, split)
    given = _give(rng, split, spec)
    missing = rng.choice([p for p, _ in given if p.required and p.kind_name != "boolean"])
    known = [(p, v) for p, v in given if p is not missing]
    question = choose(rng, ASKS, "train").format(n=missing.noun)
    accept = tuple(dict.fromkeys((missing.noun, missing.name.replace("_", " "), missing.name)))
    turns = (user(request(rng, split, spec, known)), assistant(question))
    box = _tools(toolbox(rng, split, spec, count))
    if rng.random() < 0.7:
        return Example("ask", turns, box, accept)
    answer = rng.choice(["{v}", "It is {v}.", "{v}, please", "Use {v}", "The {n} is {v}"])
    value = next(v for p, v in given if p is missing)
    reply = user(answer.format(v=value.words, n=missing.noun))
    return Example("call", (*turns, reply, assistant("", _call(spec, given))), box)


def decline(rng: Random, split: Split, count: int) -> Example:
    """A request that no tool at hand can serve, near misses included."""
    spec = make_spec(rng, split)
    box = [other for other in toolbox(rng, split, spec, count + 1) if other is not spec]
    text = request(rng, split, spec, _give(rng, split, spec))
    wanted = rng.choice([way for way in spec.verb.ways if " me" not in way and " my" not in way]).format(n=spec.noun)
    return Example("decline", (user(text), assistant(rng.choice(DECLINES).format(w=wanted))), _tools(box))


def chat(rng: Random, split: Split, count: int) -> Example:
    """Small talk, facts or sums while tools are at hand: nothing to call."""
    example = general.make(rng, split)
    box = toolbox(rng, split, make_spec(rng, split), count)
    return replace(example, tools=_tools(box))


def _result_fields(rng: Random, split: Split) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(rng.randint(1, 4)):
        spec = make_spec(rng, split)
        for p in spec.parameters[:1]:
            if p.kind_name not in ("object", "array", "boolean"):
                fields[p.name] = p.sample(rng, split).json
    return fields or {"status": made_up(rng)}


def answer(rng: Random, split: Split, count: int) -> Example:
    """A call, its result, and the answer in words that uses the result."""
    spec = make_spec(rng, split)
    given = _give(rng, split, spec)
    fields = _result_fields(rng, split)
    name = rng.choice(list(fields))
    noun, value = name.replace("_", " "), fields[name]
    asked = rng.choice([" What is the {n}?", " Tell me the {n}.", " I want to know the {n}.", " And what is the {n}?"])
    accept: tuple[str, ...]
    if rng.random() < 0.25:
        fields, asked, reply, accept = {"status": "ok"}, "", rng.choice(ACCEPTED), ("Done", "done", "worked")
    else:
        reply, accept = f"The {noun} is {value}.", (str(value),)
    text = request(rng, split, spec, given).rstrip(".") + "." + asked.format(n=noun)
    result = ToolResult(spec.tool.name, json.dumps(fields, ensure_ascii=False))
    turns = (user(text), assistant("", _call(spec, given)), tool_message(result), assistant(reply))
    return Example("answer", turns, _tools(toolbox(rng, split, spec, count)), accept)


def _broken(rng: Random, spec: Spec, right: ToolCall) -> tuple[ToolCall, str]:
    """A wrong call and the error message that a validating runtime would return."""
    arguments = dict(right.arguments)
    name = rng.choice(list(arguments))
    kind = next(p for p in spec.parameters if p.name == name).kind.schema.get("type")
    shape = rng.random()
    if shape < 0.3:
        del arguments[name]
        return ToolCall(right.name, arguments), f"'{name}' is a required property"
    if shape < 0.6:
        wrong = f"{name}_{made_up(rng)}"
        arguments = {wrong if key == name else key: value for key, value in arguments.items()}
        return ToolCall(right.name, arguments), f"unexpected argument '{wrong}'; expected '{name}'"
    if shape < 0.8 and kind in ("integer", "number"):
        arguments[name] = str(arguments[name])
        return ToolCall(right.name, arguments), f"{name}: '{arguments[name]}' is not of type '{kind}'"
    wrong = f"{right.name}_{made_up(rng)}"
    return ToolCall(wrong, arguments), f"unknown tool '{wrong}'; did you mean '{right.name}'?"


def repair(rng: Random, split: Split, count: int) -> Example:
    """A wrong call, the runtime's error, and the mended call."""
    given: Given = []
    while not given:
        spec = make_spec(rng, split)
        given = _give(rng, split, spec)
    right = _call(spec, given)
    wrong, error = _broken(rng, spec, right)
    result = ToolResult(wrong.name, json.dumps({"error": error}, ensure_ascii=False), error=True)
    turns = (user(request(rng, split, spec, given)), assistant("", wrong), tool_message(result), assistant("", right))
    return Example("repair", turns, _tools(toolbox(rng, split, spec, count)))


MAKERS: Mapping[str, Callable[[Random, Split, int], Example]] = {
    "call": call,
    "parallel": parallel,
    "ask": ask,
    "decline": decline,
    "chat": chat,
    "answer": answer,
    "repair": repair,
}
