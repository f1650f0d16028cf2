"""Random tools: a verb, a thing, and up to five parameters of every type that a schema knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Protocol

from workbook.core.chat import Tool
from workbook.finetune.lexicon import ADJECTIVES, CONCEPTS, INNER, WORDS
from workbook.finetune.values import KINDS, Kind, Value, array_kind, enum_kind, object_kind
from workbook.finetune.words import VERBS, Split, Verb, alike, belongs, draw, fresh_word, thing

ARRAY_KINDS = ("word", "city", "first_name", "code", "noun", "integer", "email")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, the noun people use for it, what fits, and whether it must be given."""

    name: str
    noun: str
    kind_name: str
    kind: Kind
    required: bool
    description: str

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its kind, with the description where there is one."""
        schema = dict(self.kind.schema)
        return {**schema, "description": self.description} if self.description else schema

    def sample(self, rng: Random, split: Split) -> Value:
        """A drawn value of its kind, and the words in which a request says it."""
        return self.kind.sample(rng, split)


Given = list[tuple[Parameter, Value]]
Ask = Callable[[Random, Split, Given, Parameter | None], str]


@dataclass(frozen=True)
class Spec:
    """A tool as its maker knows it: the schema, and the words people use for each part.

    ``ask`` puts a request into words of its own; without it ``phrasing.request`` does.
    """

    verb: Verb
    thing: str
    parameters: tuple[Parameter, ...]
    tool: Tool
    ask: Ask | None = None

    @property
    def noun(self) -> str:
        """The thing in plain words."""
        return self.thing.replace("_", " ")


@cache
def _concepts(split: Split) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for kind, names in CONCEPTS.items():
        for entry in names.split():
            name, _, noun = entry.partition("=")
            if belongs(f"parameter {name}", split):
                rows.append((name, noun or name.replace("_", " "), kind))
    return tuple(rows)


def _kind(rng: Random, split: Split, kind_name: str, name: str) -> Kind:
    if kind_name == "enum":
        return enum_kind(rng, split)
    if kind_name == "boolean":
        return Kind({"type": "boolean"}, lambda r, _: (lambda b: Value(b, "on" if b else "off"))(r.random() < 0.6))
    if kind_name == "array":
        return array_kind(rng.choice(ARRAY_KINDS))
    if kind_name == "object":
        fields = INNER.get(name) or _invented_fields(rng, split)
        return object_kind(fields)
    return KINDS[kind_name]


def _invented_fields(rng: Random, split: Split) -> dict[str, str]:
    kinds = ("word", "integer", "code", "noun", "number")
    return {draw(lambda: fresh_word(rng), split): rng.choice(kinds) for _ in range(2)}


def _invented_concept(rng: Random, split: Split) -> tuple[str, str, str]:
    """A parameter named by a fresh or compound word, of any simple kind."""
    name = rng.choice(
        [fresh_word(rng), f"{rng.choice(ADJECTIVES)}_{rng.choice(WORDS)}", f"{rng.choice(WORDS)}_{fresh_word(rng)}"]
    )
    kind = rng.choice(
        ["word", "integer", "code", "noun", "number", "person", "city", "enum", "phrase", "boolean", "object", "array"]
    )
    return name, name.replace("_", " "), kind


def _describe(rng: Random, noun: str, about: str) -> str:
    forms = ("", f"the {noun}", f"{noun} of the {about}", f"{noun} to use", f"which {noun}")
    return rng.choices(forms, (40, 25, 15, 10, 10))[0]


def make_parameter(rng: Random, split: Split, about: str, required: bool) -> Parameter:
    """A random parameter; half have names that no list holds."""
    if rng.random() < 0.5:
        name, noun, kind_name = draw_concept(rng, split)
    else:
        name, noun, kind_name = rng.choice(_concepts(split))
    kind = _kind(rng, split, kind_name, name)
    description = _describe(rng, noun, about)
    if noun != name.replace("_", " ") and not description:
        description = f"the {noun}"
    return Parameter(name, noun, kind_name, kind, required, description)


def draw_concept(rng: Random, split: Split) -> tuple[str, str, str]:
    """An invented concept whose name belongs to ``split``."""
    while True:
        concept = _invented_concept(rng, split)
        if belongs(f"parameter {concept[0]}", split):
            return concept


def may_be_named(name: str, split: Split) -> bool:
    """Names that are held out are never trained on; evaluation takes all names that public APIs share."""
    return split == "held_out" or belongs(f"parameter {name}", split)


def _tool_name(rng: Random, verb: str, about: str) -> str:
    words = [verb, *about.split("_")]
    style = rng.random()
    if style < 0.75:
        return "_".join(words)
    if style < 0.87:
        return words[0] + "".join(word.capitalize() for word in words[1:])
    return f"{'_'.join(words[1:])}.{verb}"


def make_spec(rng: Random, split: Split, *, about: str | None = None, verb: Verb | None = None) -> Spec:
    """A random tool; ``about`` and ``verb`` fix its thing or its action, to make near misses."""
    verb = verb or rng.choice(VERBS)
    about = about or thing(rng, split)
    parameters: list[Parameter] = []
    for i in range(rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5])):
        parameter = make_parameter(rng, split, about.replace("_", " "), required=i == 0 or rng.random() < 0.5)
        taken = {p.name for p in parameters} | {p.noun for p in parameters}
        if parameter.name not in taken and parameter.noun not in taken:
            parameters.append(parameter)
    name = _tool_name(rng, verb.name, about)
    ways = [way for way in verb.ways if " me" not in way and " my" not in way]
    description = rng.choice(ways).format(n=about.replace("_", " ")).capitalize() + "."
    return Spec(verb, about, tuple(parameters), Tool(name, description, parameters_schema(parameters)))


def parameters_schema(parameters: list[Parameter]) -> dict[str, Any]:
    """The JSON Schema of these parameters together."""
    schema: dict[str, Any] = {"type": "object", "properties": {p.name: p.schema() for p in parameters}}
    required = [p.name for p in parameters if p.required]
    return {**schema, "required": required} if required else schema


class MakeSpec(Protocol):
    """Makes one random tool, as :func:`make_spec` does."""

    def __call__(self, rng: Random, split: Split, *, about: str | None = None, verb: Verb | None = None) -> Spec:
        """A tool; ``about`` and ``verb`` fix its thing or its action."""


def make_box(rng: Random, split: Split, count: int, make: MakeSpec = make_spec) -> list[Spec]:
    """``count`` tools in random order; a third are near misses of one of them."""
    box = [make(rng, split)]
    while len(box) < count:
        box.append(foreign(rng, split, box[:1], box, make))
    rng.shuffle(box)
    return box


def foreign(
    rng: Random, split: Split, near: list[Spec], box: list[Spec] | None = None, make: MakeSpec = make_spec
) -> Spec:
    """A tool that does what none of ``box`` does (default: ``near``), often close to one of ``near``."""
    while True:
        other = _neighbour(rng, split, rng.choice(near), make)
        if not any(other.thing == o.thing and alike(other.verb, o.verb) for o in box or near):
            return other


def _neighbour(rng: Random, split: Split, spec: Spec, make: MakeSpec) -> Spec:
    shape = rng.random()
    if shape < 0.2:
        return make(rng, split, about=spec.thing, verb=rng.choice([v for v in VERBS if not alike(v, spec.verb)]))
    if shape < 0.35:
        return make(rng, split, verb=spec.verb)
    return make(rng, split)
