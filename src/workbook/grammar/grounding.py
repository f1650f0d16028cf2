"""Grammars bound to one conversation: what may be written is what was said.

A grammar from the schema lets any string stand where a string belongs, and any number where a number does. Bound to the
words of a conversation it is input-dependent (Geng et al., 2305.13971): a string is a run of words that were said, or
what the schema quotes, a number one that was said, and no two arguments take the same words. Parts that list their
values stay as they are, so do dates, combined schemas (``anyOf``, ``$ref``), and a part that nothing said would fit.
Words are what white space parts. Leaves out what must be worked out (*tomorrow*, a sum, a translation): where that is
wanted, this grammar rules the right call out.
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
RUNS = 2_000
"""Runs of one text, at most: of a longer one they are shorter, and of a very long one from its end."""
EDGES = " \t\n\"'“”‘’`.,;:!?()[]{}<>"
SIGNS = "#$€£@"
ABBREVIATION = re.compile(r".*\w(\.\w+)+\.|(.*\W)?[A-Z][a-z]{1,2}\.")
INSIDE = re.compile(r"[/|=;:,—–()\[\]{}<>\"]+")
"""What joins two values to one word, as in ``Rome/Oslo`` and ``city=Rome``."""
QUOTED = re.compile(r"(?<!\w)'(.+?)'(?!\w)|\"(.+?)\"|“(.+?)”|‘(.+?)’(?!\w)", re.DOTALL)
NUMBER = re.compile(r"(?:(?<![\w.])[-+−]?|(?<=[a-zA-Z$€£#]))(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
DIGITS = 40
COUNTS = "zero one two three four five six seven eight nine ten eleven twelve".split()
IN_WORDS = {word: value for value, word in enumerate(COUNTS)} | {"dozen": 12, "twenty": 20, "half": 0.5}
SCALES = {"%": 0.01, "percent": 0.01, "thousand": 1e3, "million": 1e6, "billion": 1e9}
PLAIN = {"string", "integer", "number"}
NOT_OPEN = {"enum", "const", "format", "$ref", "anyOf", "oneOf", "allOf", "not", "if"}

Path = tuple[str, ...]


def said(messages: Iterable[Message]) -> str:
    """What the user and the tools have said, an empty line between them: the source of what is not made up."""
    return "\n\n".join(message.content for message in messages if message.role in ("user", "tool"))


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
    written again, with those words barred there, until none does or nothing else is left: each round takes values
    away, so it ends. Raises :class:`GrammarError` as :func:`generate` does.
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
    """Every run of up to :data:`LONGEST` words, with and without the marks at its ends, and what stands in quotes."""
    words = [paragraph.split() for paragraph in re.split(r"\n\s*\n", text)]
    longest = min(LONGEST, max(1, RUNS // max(1, sum(map(len, words)))))
    found: dict[str, None] = {}
    for paragraph in words:
        for first in range(len(paragraph)):
            for last in range(first + 1, min(first + longest, len(paragraph)) + 1):
                found.update(dict.fromkeys(_spellings(" ".join(paragraph[first:last]))))
            found.update(dict.fromkeys(piece.strip(EDGES) for piece in INSIDE.split(paragraph[first])))
    return list(dict.fromkeys([*quoted(text), *(run for run in found if run)][-4 * RUNS :]))


def quoted(text: str) -> list[str]:
    """What stands in quotation marks, inner apostrophes aside."""
    return [part for match in QUOTED.finditer(text) for part in match.groups() if part]


def numbers(text: str) -> list[float]:
    """The numbers in ``text``, as often as they stand there: in digits, in small words, and scaled (5 % as 0.05)."""
    found: list[float] = []
    for match in NUMBER.finditer(text):
        if len(match.group()) > DIGITS:
            continue
        value = _number(match.group().replace(",", "").replace("−", "-"))
        behind = re.match(r"\s*(%|[a-z]+)", text[match.end() :].lower())
        found.append(value)
        if behind and behind[1] in SCALES:
            found.append(_whole(round(value * SCALES[behind[1]], 10)))
    return found + [IN_WORDS[word] for word in _words(text) if word in IN_WORDS]


def _number(digits: str) -> float:
    """Long whole numbers digit by digit: a float would alter an id."""
    return _whole(float(digits)) if "." in digits else int(digits)


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number


def _spellings(run: str) -> Iterator[str]:
    bare = run.strip(EDGES)
    yield bare
    yield bare.lstrip(SIGNS)
    if ABBREVIATION.fullmatch(run.rstrip(",;:!?)")):
        yield bare + "."
    if bare.endswith(("'s", "’s")):
        yield bare[:-2]


class _Source:
    """One text, taken apart once, for all the tools that are bound to it."""

    def __init__(self, text: str) -> None:
        self.runs, self.numbers = runs_of_words(text), numbers(text)

    def bind(self, schema: Any) -> Any:
        """The schema with an enum in each open part; where nothing that was said would fit, the part stays open."""
        if not isinstance(schema, Mapping):
            return schema
        bound = dict(schema)
        if isinstance(schema.get("properties"), Mapping):
            bound["properties"] = {name: self.bind(part) for name, part in schema["properties"].items()}
        if isinstance(schema.get("items"), Mapping):
            bound["items"] = self.bind(schema["items"])
        if kind := _open_kind(schema):
            said = self.runs if kind == "string" else self.numbers
            offered = [*said, *_stated(schema), *([None] if "null" in schema["type"] else [])]
            fitting = [value for value in _distinct(offered) if not schema_errors(value, schema)]
            bound |= {"enum": fitting} if any(value is not None for value in fitting) else {}
        return bound


def _open_kind(schema: Mapping[str, Any]) -> str:
    """The type of a part whose values are to be copied: plain, not listed, not put into a form; else ``""``."""
    kinds = schema.get("type")
    named = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds or []) if kind != "null"]
    return named[0] if len(named) == 1 and named[0] in PLAIN and not NOT_OPEN & set(schema) else ""


def _stated(schema: Mapping[str, Any]) -> list[Any]:
    """What the schema itself says: its default, and what its description quotes."""
    described = schema.get("description")
    return [
        *(quoted(described) if isinstance(described, str) else ()),
        *([schema["default"]] if "default" in schema else ()),
    ]


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _parted(
    bound: Sequence[Tool], tools: Sequence[Tool], calls: Sequence[ToolCall], text: str
) -> tuple[Tool, ...] | None:
    """``bound`` with words barred from the first argument that took them a second time; None where none can be."""
    place = next((at for at, tool in enumerate(bound) if len(calls) == 1 and tool.name == calls[0].name), None)
    if place is None:
        return None
    there, taken = Counter([*_words(text), *(_sign(number) for number in numbers(text))]), Counter[str]()
    for path, value in _copied(tools[place].parameters, calls[0].arguments):
        spent = {word for word, times in taken.items() if times >= max(1, there[word])}
        twice = path if spent & set(_taken_by(value)) else None
        if twice and (parameters := _barred(bound[place].parameters, twice, spent)):
            return (*bound[:place], replace(bound[place], parameters=parameters), *bound[place + 1 :])
        taken.update(_taken_by(value))
    return None


def _copied(schema: Any, value: Any, path: Path | None = ()) -> Iterator[tuple[Path | None, Any]]:
    """The values of a call that were copied from what was said, each with the way to its part of the schema.

    None for what stands in a list: its values have one part together, where none can be barred from one of them.
    """
    part = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, Mapping):
        listed = part.get("properties")
        for name, inner in value.items():
            own = listed.get(name) if isinstance(listed, Mapping) else None
            yield from _copied(own, inner, None if path is None else (*path, "properties", name))
    elif isinstance(value, list):
        for inner in value:
            yield from _copied(part.get("items"), inner, None)
    elif _open_kind(part) and value is not None and value not in _stated(part):
        yield path, value


def _barred(schema: Mapping[str, Any], path: Sequence[str], words: set[str]) -> dict[str, Any] | None:
    """The schema without the values that take one of ``words`` at ``path``; None where none or all would go."""
    if path:
        inner = _barred(schema[path[0]], path[1:], words)
        return None if inner is None else {**schema, path[0]: inner}
    listed = schema.get("enum", ())
    left = [value for value in listed if not words & set(_taken_by(value))]
    return {**schema, "enum": left} if left and len(left) < len(listed) else None


def _taken_by(value: Any) -> list[str]:
    """What a value takes from the text: a string its words, a number itself."""
    return _words(value) if isinstance(value, str) else [_sign(value)]


def _sign(number: Any) -> str:
    return f"#{_whole(number) if isinstance(number, float) else number}"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
