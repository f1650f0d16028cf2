"""Requests for ``plain_tools`` as people put them: questions, numbers by their order, units, asides."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from workbook.finetune.lexicon import QUANTITIES, SPOKEN_MEASURES
from workbook.finetune.phrasing import NATURAL, clause
from workbook.finetune.toolmaker import Given, Parameter
from workbook.finetune.values import Value
from workbook.finetune.words import Split

ASKING = (
    "calculate the {q}",
    "what is the {q}",
    "what's the {q}",
    "find the {q}",
    "compute the {q}",
    "work out the {q}",
    "determine the {q}",
    "can you tell me the {q}",
    "I need the {q}",
    "I want to know the {q}",
    "could you calculate the {q}",
    "please find the {q}",
    "tell me the {q}",
    "give me the {q}",
    "help me work out the {q}",
    "estimate the {q}",
    "get the {q}",
    "how do I get the {q}",
)
ASIDES: Mapping[str, tuple[str, ...]] = {
    "unit": ("in {v}", "in {v}", "expressed in {v}", "and give it in {v}"),
    "method": ("using the {v} {n}", "with the {v} {n}", "using {v}", "by the {v} {n}", "{v} {n}"),
    "integer": ("rounded to {v} {n}", "with {v} {n}", "to {v} decimal places", "and {n} {v}"),
}
LINKED = tuple("from between where with for in at on of by to using near within and given rounded expressed".split())
LINKS = (" of ", " for ", " with ", " given ", " if I have ", " from ", " using ", " when I have ", ", ")


def plain_request(
    rng: Random, split: Split, about: str, given: Given, leave_out: Parameter | None, units: str | None
) -> str:
    """A question or an order that states each given argument once, in the words that such arguments have.

    ``units`` is empty where an argument takes the unit: then numbers have the one that is given, or none.
    """
    group = [(p, v) for p, v in given if p.required and p is not leave_out]
    rest = [(p, v) for p, v in given if not p.required]
    of_all = next((v.words for p, v in rest if p.kind_name == "unit"), None)
    if of_all and group and group[0][0].kind_name.startswith("measure") and rng.random() < 0.7:
        units, rest = of_all, [(p, v) for p, v in rest if p.kind_name != "unit"]
    stated = _stated(rng, split, group, whole=leave_out is None, units=units)
    told = " ".join(filter(None, [stated, *(_aside(rng, split, p, v) for p, v in rest)]))
    asked = rng.choice(ASKING).format(q=_called(rng, about))
    text = _joined(rng, asked, told) if told else asked
    question = asked.startswith(("what", "can", "could", "how"))
    text += rng.choice(["?", "?", ""]) if question else rng.choice([".", "", ""])
    return text[0].upper() + text[1:] if rng.random() < 0.85 else text


def _called(rng: Random, about: str) -> str:
    """What is asked for: a quantity stands after its thing, or before it as people say it."""
    *of, last = about.split("_")
    if not of or last not in QUANTITIES or rng.random() < 0.4:
        return about.replace("_", " ")
    return f"{last} of {rng.choice(['a ', 'the ', 'the ', ''])}{' '.join(of)}"


def _joined(rng: Random, asked: str, told: str) -> str:
    """The question and what is known, in either order."""
    if rng.random() < 0.15:
        if told.startswith(("a ", "the ")) and rng.random() < 0.5:
            return f"{rng.choice(('It has', 'There is', 'We have', 'Mine has'))} {told}. {asked[0].upper()}{asked[1:]}"
        opening = rng.choice(("Given", "Take", "I have", "With", "For", "Suppose"))
        return f"{opening} {told}{rng.choice((', ', '. ', ': '))}{asked}"
    if told.startswith(LINKED):
        return f"{asked} {told}"
    return f"{asked}{rng.choice(LINKS)}{told}"


def _aside(rng: Random, split: Split, parameter: Parameter, value: Value) -> str:
    """How an optional argument is mentioned."""
    forms = ASIDES.get(parameter.kind_name)
    if forms is None:
        return clause(rng, split, parameter, value)
    return rng.choice(forms).format(v=value.words, n=parameter.noun)


def _stated(rng: Random, split: Split, group: Given, whole: bool, units: str | None) -> str:
    """The required arguments in words; by order alone only where none is missing."""
    if not group:
        return ""
    if group[0][0].kind_name == "one of several":
        return _by_order(rng, group) if whole and rng.random() < 0.6 else _by_name(rng, group)
    if group[0][0].kind_name.startswith("measure"):
        return _measured(rng, group, units)
    if len(group) == 2 and whole and rng.random() < 0.7:
        one, two = (v.words for _, v in group)
        return rng.choice([f"from {one} to {two}", f"between {one} and {two}", f"from {one} to {two}"])
    (parameter, value), rest = group[0], group[1:]
    if parameter.kind_name in ("numbers", "expression", "range"):
        return _listed(rng, [v.words for _, v in group])
    if parameter.kind_name in NATURAL and not rest:
        return rng.choice((*NATURAL[parameter.kind_name], "of {v}", "for {v}")).format(v=value.words)
    return rng.choice([" and ", ", "]).join(clause(rng, split, p, v) for p, v in rng.sample(group, len(group)))


def _by_order(rng: Random, group: Given) -> str:
    values = [v.words for _, v in group]
    listed = _listed(rng, values)
    forms = [
        "{l}",
        "{l}",
        "the numbers {l}",
        "the values {l}",
        "two numbers: {l}" if len(values) == 2 else "these numbers: {l}",
    ]
    if len(values) == 2:
        forms += ["between {0} and {1}", "from {0} to {1}", "{0} to {1}", "({0}, {1})"]
    return rng.choice(forms).format(*values, l=listed)


def _by_name(rng: Random, group: Given) -> str:
    """Each with its own name: "a=2, b=-3 and c=5", in any order where the names are words."""
    letters = all(len(p.name) <= 2 for p, _ in group)
    shown = group if letters else rng.sample(group, len(group))
    form = rng.choice(
        ["{n}={v}", "{n} = {v}", "{n} is {v}", "{n} {v}", "{n}: {v}", "{n} of {v}" if not letters else "{n}={v}"]
    )
    listed = _listed(rng, [form.format(n=p.noun, v=v.words) for p, v in shown])
    return rng.choice(["", "where ", "with ", "given ", "for "]) + listed


def _measured(rng: Random, group: Given, units: str | None) -> str:
    """Numbers with or without their units, each beside what it measures, in any order."""
    with_units = bool(units) or (units is None and rng.random() < 0.6)
    forms = ("a {n} of {v}", "{n} {v}", "{n} of {v}", "the {n} {v}", "a {v} {n}", "{n} = {v}", "{n}: {v}")
    form = rng.choice(forms)
    parts = []
    for parameter, value in rng.sample(group, len(group)):
        unit = units or parameter.kind_name.removeprefix("measure ")
        tight = rng.random() < 0.2 and len(unit) <= 2
        words = f"{value.words}{'' if tight else ' '}{unit}" if with_units else value.words
        bare = SPOKEN_MEASURES.get(parameter.name, ()) if with_units and not units else ()
        parts.append(rng.choice(bare if bare and rng.random() < 0.4 else (form,)).format(n=parameter.noun, v=words))
    return rng.choice(["", "with ", "with ", "given "]) + _listed(rng, parts)


def _listed(rng: Random, parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + rng.choice((" and ", ", and ", ", ")) + parts[-1] if parts[1:] else parts[0]
