"""Grammars bound to one conversation: what may be written is what was said.

A grammar from the schema lets any string stand where a string belongs, and any number where a number does. Bound to the
words of a conversation it is input-dependent (Geng et al., 2305.13971): a string is a run of words that were said or
that the schema quotes, a number one that was said, and no two arguments take the same words. Enums, booleans and dates
stay as they are, and so does a part that nothing said would fit. Leaves out what must be worked out (*tomorrow*, a sum,
a translation): where that is wanted, this grammar rules the right call out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.constraints import ToolCalls
from workbook.core.validation import schema_errors
from workbook.grammar.generation import Constrained, generate

if TYPE_CHECKING:
    from workbook.models.base import LanguageModel

LONGEST = 8
"""A value of more words is copied only where it stands in quotation marks."""
EDGES = " \t\n\"'“”‘’`.,;:!?()[]{}<>"
QUOTED = re.compile(r"(?<!\w)'(.+?)'(?!\w)|\"(.+?)\"|“(.+?)”|‘(.+?)’(?!\w)")
ABBREVIATION = re.compile(r"\w+(\.\w+)+\.")
NUMBER = re.compile(r"(?:(?<![\w.])[-+]?|(?<=[a-zA-Z$€£#]))\d[\d,]*(?:\.\d+)?")
COUNTS = "zero one two three four five six seven eight nine ten eleven twelve".split()
IN_WORDS = {word: float(value) for value, word in enumerate(COUNTS)} | {"dozen": 12.0, "twenty": 20.0, "half": 0.5}
SCALES = {"%": 0.01, "percent": 0.01, "thousand": 1e3, "million": 1e6, "billion": 1e9}


def said(messages: Iterable[Message]) -> str:
    """What the user and the tools have said: the source of every value that is not made up."""
    return "\n".join(message.content for message in messages if message.role in ("user", "tool"))


def grounded(tools: Iterable[Tool], text: str) -> tuple[Tool, ...]:
    """The tools with enums of what stands in ``text``, for a grammar alone: show the model the tools as they are."""
    source = _Source(text)
    return tuple(replace(tool, parameters=source.bind(tool.parameters)) for tool in tools)


def generate_grounded(
    model: LanguageModel,
    prompts: Sequence[str],
    tools: Sequence[Sequence[Tool]],
    texts: Sequence[str],
    **sampling: Any,
) -> list[Constrained]:
    """Complete each prompt with calls of its ``tools`` whose values stand in its text, or with words instead.

    A grammar cannot say that two arguments differ. So a lone call in which one takes words that an earlier one took is
    written again, with those words barred there, until none does or nothing else is left. Greedy or sampled, it ends:
    each round takes values away. Raises :class:`GrammarError` as :func:`generate` does.
    """
    bound = [grounded(offered, text) for offered, text in zip(tools, texts, strict=True)]
    made: dict[int, Constrained] = {}
    left = list(range(len(prompts)))
    while left:
        constraints = [ToolCalls(bound[i], required=False, parallel=True) for i in left]
        made |= zip(left, generate(model, [prompts[i] for i in left], constraints, **sampling), strict=True)
        again = {i: _parted(bound[i], tools[i], model.parse(made[i].text).calls, texts[i]) for i in left}
        parted = {i: offered for i, offered in again.items() if offered}
        left = list(parted)
        for i, offered in parted.items():
            bound[i] = offered
    return [made[i] for i in range(len(prompts))]


def runs_of_words(text: str) -> list[str]:
    """Every run of up to :data:`LONGEST` words without the marks at its ends, and what stands in quotation marks."""
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    found: dict[str, None] = {}
    for first, (start, _) in enumerate(spans):
        for _, end in spans[first : first + LONGEST]:
            found.update(dict.fromkeys(_trimmed(text[start:end])))
    return [run for run in (*found, *quoted(text)) if run]


def quoted(text: str) -> list[str]:
    """What stands in quotation marks, inner apostrophes aside."""
    return [part for match in QUOTED.finditer(text) for part in match.groups() if part]


def numbers(text: str) -> list[float]:
    """The numbers in ``text``: in digits, in small words, and scaled by the word behind them (5 % is 0.05, too)."""
    found: dict[float, None] = {}
    for match in NUMBER.finditer(text):
        value = float(match.group().replace(",", ""))
        behind = re.match(r"\s*(%|[a-z]+)", text[match.end() :].lower())
        found[value] = None
        if behind and behind[1] in SCALES:
            found[round(value * SCALES[behind[1]], 10)] = None
    found |= dict.fromkeys(IN_WORDS[word] for word in _words(text) if word in IN_WORDS)
    return list(found)


def _trimmed(run: str) -> Iterator[str]:
    bare = run.strip(EDGES)
    yield bare
    if ABBREVIATION.fullmatch(run.split()[-1].rstrip(",;:!?")):
        yield bare + "."
    if bare.endswith(("'s", "’s")):
        yield bare[:-2]


class _Source:
    """One text, taken apart once, for all the tools that are bound to it."""

    def __init__(self, text: str) -> None:
        self.runs, self.numbers = runs_of_words(text), numbers(text)

    def bind(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The schema with an enum in each open part; where nothing that was said would fit, the part stays open."""
        bound = dict(schema)
        if isinstance(schema.get("properties"), Mapping):
            bound["properties"] = {name: self.bind(part) for name, part in schema["properties"].items()}
        if isinstance(schema.get("items"), Mapping):
            bound["items"] = self.bind(schema["items"])
        if _is_open(schema):
            fitting = [value for value in self._values(schema) if not schema_errors(value, schema)]
            bound |= {"enum": fitting} if fitting else {}
        return bound

    def _values(self, schema: Mapping[str, Any]) -> list[Any]:
        stated = [schema["default"]] if "default" in schema else []
        if schema["type"] == "string":
            return list(dict.fromkeys([*self.runs, *quoted(schema.get("description", "")), *stated]))
        whole = [int(value) if value == int(value) else value for value in self.numbers]
        return list(dict.fromkeys([*whole, *stated]))


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether values of this part are to be copied: plain, not listed, and not put into another form."""
    return schema.get("type") in ("string", "integer", "number") and not {"enum", "const", "format"} & set(schema)


def _parted(
    bound: Sequence[Tool], tools: Sequence[Tool], calls: Sequence[ToolCall], text: str
) -> tuple[Tool, ...] | None:
    """``bound`` with words barred from the first argument that took them a second time; None where none did."""
    place = next((at for at, tool in enumerate(bound) if len(calls) == 1 and tool.name == calls[0].name), None)
    if place is None:
        return None
    there, taken = Counter(_words(text)), Counter[str]()
    for path, value in _copied(tools[place].parameters, calls[0].arguments):
        spent = {word for word, times in taken.items() if times >= max(1, there[word])}
        mine = set(_words(str(value)))
        if mine & spent and (parameters := _barred(bound[place].parameters, path, spent)):
            return (*bound[:place], replace(bound[place], parameters=parameters), *bound[place + 1 :])
        taken.update(mine)
    return None


def _copied(schema: Mapping[str, Any], value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values of a call that were copied, stated defaults aside, each with the way to its part of the schema."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            part = schema.get("properties", {}).get(name, {})
            yield from _copied(part, inner, (*path, "properties", name))
    elif isinstance(value, list):
        for inner in value:
            yield from _copied(schema.get("items", {}), inner, (*path, "items"))
    elif _is_open(schema) and value != schema.get("default"):
        yield path, value


def _barred(schema: Mapping[str, Any], path: Sequence[str], words: set[str]) -> dict[str, Any] | None:
    """The schema without the values that hold one of ``words`` in the part at ``path``; None where none would stay."""
    if path:
        inner = _barred(schema[path[0]], path[1:], words)
        return None if inner is None else {**schema, path[0]: inner}
    listed = schema.get("enum", ())
    left = [value for value in listed if not words & set(_words(str(value)))]
    return {**schema, "enum": left} if left else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
