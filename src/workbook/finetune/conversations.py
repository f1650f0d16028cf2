"""Synthetic conversations about tools: call, parallel, ask, reply, decline, chat, answer and repair.

Every maker takes a random source, a split and a box of tools, and returns an :class:`Example` that ends with the
assistant's turn to learn (and to be judged by), or None where the box does not allow it (nobody can leave out the
argument of a tool that needs none). :func:`family` asks several things of one box: the model then sees what makes
the difference between a call, a question and a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall, ToolResult, assistant, tool_message, user
from workbook.finetune import general
from workbook.finetune.phrasing import ACCEPTED, DECLINES, QUESTION, request
from workbook.finetune.plain_tools import plain_spec
from workbook.finetune.toolmaker import Given, MakeSpec, Spec, foreign, make_box, make_spec
from workbook.finetune.words import Split, fresh_word


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


def call(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A request that one call answers, of a tool that is drawn from ``box``."""
    spec = rng.choice(box)
    given = _give(rng, split, spec)
    return Example("call", (user(request(rng, split, spec, given)), assistant("", _call(spec, given))), _tools(box))


def parallel(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """One request that needs two calls: of one tool twice, or of two tools."""
    specs = rng.choices(box, k=2)
    if specs[0] is specs[1] and not specs[0].parameters:
        return None
    parts = [(spec, _give(rng, split, spec)) for spec in specs]
    link = rng.choice([". Then ", ", and then ", ". Also ", ", and also ", ". After that "])
    texts = [request(rng, split, spec, given) for spec, given in parts]
    message = texts[0].rstrip(".!") + link + texts[1][0].lower() + texts[1][1:]
    calls = [_call(spec, given) for spec, given in parts]
    return Example("call", (user(message), assistant("", *calls)), _tools(box))


def with_and_without(rng: Random, split: Split, box: list[Spec]) -> tuple[Example, Example, Example] | None:
    """The same request three ways: complete (call), without one required argument (ask), and that argument given in
    the next turn (call)."""
    able = [spec for spec in box if any(p.required and p.kind_name != "boolean" for p in spec.parameters)]
    if not able:
        return None
    spec = rng.choice(able)
    given = _give(rng, split, spec)
    missing, value = rng.choice([(p, v) for p, v in given if p.required and p.kind_name != "boolean"])
    seed = rng.random()
    whole = request(Random(seed), split, spec, given)
    part = request(Random(seed), split, spec, given, leave_out=missing)
    question = QUESTION.format(n=missing.noun)
    accept = tuple(dict.fromkeys((missing.noun, missing.name.replace("_", " "), missing.name)))
    answer = rng.choice(["{v}", "It is {v}.", "{v}, please", "Use {v}", "The {n} is {v}"])
    reply, right = user(answer.format(v=value.words, n=missing.noun)), assistant("", _call(spec, given))
    return (
        Example("call", (user(whole), right), _tools(box)),
        Example("ask", (user(part), assistant(question)), _tools(box), accept),
        Example("call", (user(part), assistant(question), reply, right), _tools(box)),
    )


def ask(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A request that leaves out one required argument."""
    made = with_and_without(rng, split, box)
    return made and made[1]


def reply(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A request without a required argument, the question, the missing argument, the call."""
    made = with_and_without(rng, split, box)
    return made and made[2]


def decline(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A request that no tool at hand can serve, near misses included."""
    # In the wording that the box's own requests have: a style must not give the answer away.
    spec = foreign(rng, split, box, make=plain_spec if box[0].ask else make_spec)
    text = request(rng, split, spec, _give(rng, split, spec))
    return Example("decline", (user(text), assistant(rng.choice(DECLINES))), _tools(box))


def chat(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """Small talk, facts or sums while tools are at hand: nothing to call."""
    return replace(general.make(rng, split), tools=_tools(box))


def _result_fields(rng: Random, split: Split) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(rng.randint(1, 4)):
        spec = make_spec(rng, split)
        for p in spec.parameters[:1]:
            if p.kind_name not in ("object", "array", "boolean"):
                fields[p.name] = p.sample(rng, split).json
    return fields or {"status": fresh_word(rng)}


def answer(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A call, its result, and the answer in words that uses the result."""
    spec = rng.choice(box)
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
    return Example("answer", turns, _tools(box), accept)


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
        wrong = f"{name}_{fresh_word(rng)}"
        arguments = {wrong if key == name else key: value for key, value in arguments.items()}
        return ToolCall(right.name, arguments), f"unexpected argument '{wrong}'; expected '{name}'"
    if shape < 0.8 and kind in ("integer", "number"):
        arguments[name] = str(arguments[name])
        return ToolCall(right.name, arguments), f"{name}: '{arguments[name]}' is not of type '{kind}'"
    wrong = f"{right.name}_{fresh_word(rng)}"
    return ToolCall(wrong, arguments), f"unknown tool '{wrong}'; did you mean '{right.name}'?"


def repair(rng: Random, split: Split, box: list[Spec]) -> Example | None:
    """A wrong call, the runtime's error, and the mended call."""
    spec = rng.choice(box)
    given = _give(rng, split, spec)
    if not given:
        return None
    right = _call(spec, given)
    wrong, error = _broken(rng, spec, right)
    result = ToolResult(wrong.name, json.dumps({"error": error}, ensure_ascii=False), error=True)
    turns = (user(request(rng, split, spec, given)), assistant("", wrong), tool_message(result), assistant("", right))
    return Example("repair", turns, _tools(box))


MAKERS: Mapping[str, Callable[[Random, Split, list[Spec]], Example | None]] = {
    "call": call,
    "parallel": parallel,
    "ask": ask,
    "reply": reply,
    "decline": decline,
    "chat": chat,
    "answer": answer,
    "repair": repair,
}

# kind: its share in a family; an "ask" brings the complete request with it
MIX: Mapping[str, float] = {
    "call": 0.36,
    "parallel": 0.06,
    "ask": 0.24,
    "reply": 0.04,
    "decline": 0.15,
    "chat": 0.04,
    "answer": 0.055,
    "repair": 0.055,
}

WITHOUT_ASKS: Mapping[str, float] = {kind: share for kind, share in MIX.items() if kind not in ("ask", "reply")}


def make(kind: str, rng: Random, split: Split, count: int, maker: MakeSpec = make_spec) -> Example:
    """One example of ``kind`` with ``count`` tools."""
    while True:
        example = MAKERS[kind](rng, split, make_box(rng, split, count, maker))
        if example is not None:
            return example


def family(
    rng: Random, split: Split, count: int, mix: Mapping[str, float] = MIX, maker: MakeSpec = make_spec
) -> list[Example]:
    """Several requests to one box of ``count`` tools: more of them to a larger box."""
    box = make_box(rng, split, count, maker)
    made: list[Example | None] = []
    for kind in rng.choices(list(mix), list(mix.values()), k=min(6, 3 + count // 2)):
        both = with_and_without(rng, split, box) if kind == "ask" else None
        made += both[:2] if both else [MAKERS[kind](rng, split, box)]
    return [example for example in made if example is not None]
