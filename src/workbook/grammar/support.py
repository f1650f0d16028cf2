"""What each engine enforces, and what it would silently ignore.

An engine that meets a keyword which it does not know may drop it and go on. So a
schema is checked before an engine sees it, against what the engine has been seen to
enforce: every subschema must have one of the engine's shapes. The shapes are an
allow-list. ``tests/grammar/test_support.py`` holds each against instances that must
not pass. llguidance checks keywords itself; the few it is checked for here give it better messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar.formats import OURS, ready, ready_call
from workbook.grammar.patterns import (
    anchored_inside,
    depends_on_alphabet,
    excludes_escaped,
    looks_around,
    misread,
    nests,
    patterns_of,
    read_differently,
    writes_quotes,
)
from workbook.grammar.schemas import ANNOTATIONS, subschemas

ENGINES = ("outlines_core", "xgrammar", "llguidance")

BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
LENGTHS, COUNTS, SIZES = {"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}
OBJECT = {"properties", "required", "additionalProperties"}

Shapes = Mapping[str, tuple[set[str], ...]]
SHAPES: dict[str, Shapes] = {
    "outlines_core": {
        "string": (LENGTHS, {"pattern"}, {"format"}),
        "array": ({"items", "prefixItems"} | COUNTS,),
        "object": (OBJECT,),
        "": ({"enum"}, {"anyOf"}, {"oneOf"}, {"$ref"}, set()),
    },
    "xgrammar": {
        "string": (LENGTHS, {"pattern"}, {"format"}),
        "integer": (BOUNDS, {"multipleOf"}),
        "number": (BOUNDS,),
        "array": ({"items", "prefixItems"} | COUNTS,),
        "object": (OBJECT | SIZES,),
        "": ({"enum"}, {"anyOf"}, {"oneOf"}, {"$ref"}, set()),
    },
}
"""Keywords that are enforced together, by the type beside them (``""``: none is needed)."""

UNKNOWN_TO_LLGUIDANCE = {
    "not", "if", "then", "else", "contains", "minContains", "maxContains", "uniqueItems", "propertyNames",
    "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems",
    "$dynamicRef", "$dynamicAnchor",
}  # fmt: skip

FORMATS_OF: dict[str, set[str]] = {
    "outlines_core": {"uuid"},
    "xgrammar": {"duration", "email", "ipv6", "uuid", "uri", "uri-reference"},
    "llguidance": {"duration", "email", "hostname", "ipv6", "uuid", "uri"},
}
"""Whose texts were all valid, of many drawn at random; besides those of ``formats.WRITTEN_OUT``."""
EXACT_INTEGER = 2**53
"""Up to here a float tells one integer from the next; bounds are floats to the engines."""

Rule = Callable[[Mapping[str, Any]], Iterator[str]]


@dataclass(frozen=True)
class Gap:
    """A keyword that an engine would not enforce, and the subschema it stands in."""

    keyword: str
    where: str


def gaps(constraint: Constraint, engine: str) -> list[Gap]:
    """What ``engine`` would not enforce of ``constraint``; empty when it can be trusted with it."""
    if isinstance(constraint, Gbnf):
        return [Gap("a grammar", "the constraint")] if engine == "outlines_core" else []
    if isinstance(constraint, Regex):
        return [Gap(keyword, "the pattern") for keyword in _regex_gaps(constraint.pattern, engine)]
    if isinstance(constraint, JsonSchema):
        return _schema_gaps(ready(constraint.schema), engine, "the schema")
    if isinstance(constraint, ToolCalls):
        return [gap for tool in constraint.tools for gap in _schema_gaps(ready_call(tool), engine, tool.name)]
    return []


def enforcers(constraint: Constraint) -> list[str]:
    """The engines that enforce all of ``constraint``."""
    return [engine for engine in ENGINES if not gaps(constraint, engine)]


def _regex_gaps(pattern: str, engine: str) -> Iterator[str]:
    if looks_around(pattern) or (engine != "llguidance" and anchored_inside(pattern)):
        yield "an anchor, or looking around, inside"
    if read_differently(pattern, engine):
        yield "what readers take for different things"


def _schema_gaps(schema: Any, engine: str, where: str) -> list[Gap]:
    found = [keyword for part in subschemas(schema) for keyword in _part_gaps(part, engine)]
    if engine != "llguidance" and any("$id" in part for part in subschemas(schema) if part is not schema):
        found.append("$id, which moves what references start from")
    if engine == "outlines_core" and _is_recursive(schema):
        found.append("recursive $ref")
    return [Gap(keyword, where) for keyword in dict.fromkeys(found)]


def _part_gaps(part: Mapping[str, Any], engine: str) -> Iterator[str]:
    keywords = set(part) - ANNOTATIONS - {"type"}
    if engine == "llguidance":
        yield from sorted(keywords & UNKNOWN_TO_LLGUIDANCE)
    else:
        yield from _misshapen(part, keywords, SHAPES[engine])
    for rule in RULES[engine]:
        yield from rule(part)


def _misshapen(part: Mapping[str, Any], keywords: set[str], shapes: Shapes) -> list[str]:
    """The keywords beyond the shape that covers most of them."""
    kind = part.get("type", "")
    fitting = list(shapes.get("", ())) if "type" not in part else [set()]
    if isinstance(kind, str):
        fitting += shapes.get(kind, ()) if kind else ()
    best = min(fitting, key=lambda shape: len(keywords - shape))
    elsewhere = set().union(*fitting)  # enforced, but not together with the others
    beside = f" beside {', '.join(sorted(keywords & best))}"
    return [
        keyword + (beside if keyword in elsewhere and keywords & best else "") for keyword in sorted(keywords - best)
    ]


def _unlisted_required(part: Mapping[str, Any]) -> Iterator[str]:
    if set(part.get("required", ())) - set(part.get("properties", {})):
        yield "required, of a property that is not listed"


def _open_beside_listed(part: Mapping[str, Any]) -> Iterator[str]:
    """A key spelled with an escape, ``"\\u0061"`` for ``"a"``, passes as an additional one."""
    if part.get("properties") and part.get("additionalProperties", False) is not False:
        yield "additionalProperties beside properties"


def _overlapping_one_of(part: Mapping[str, Any]) -> Iterator[str]:
    kinds = [_kinds(branch) for branch in part.get("oneOf", ())]
    if any(not kind for kind in kinds) or len(set().union(*kinds)) < sum(map(len, kinds)):
        yield "oneOf, whose branches may overlap"


def _kinds(branch: Any) -> set[str]:
    """The JSON types that a branch admits, number for integer; empty when it does not say."""
    declared = branch.get("type") if isinstance(branch, Mapping) else None
    listed = declared if isinstance(declared, list) else [declared] if declared else []
    return {"number" if kind == "integer" else kind for kind in listed}


def _false_property(part: Mapping[str, Any]) -> Iterator[str]:
    if any(isinstance(schema, bool) for schema in part.get("properties", {}).values()):
        yield "a boolean as a property's schema"


def _loose_prefix(part: Mapping[str, Any]) -> Iterator[str]:
    """It knows arrays of exactly their first items."""
    fixed = part.get("prefixItems", [])
    exact = part.get("minItems") == len(fixed) and (part.get("items") is False or part.get("maxItems") == len(fixed))
    if fixed and not exact:
        yield "prefixItems, of which some may be absent or more may follow"


def _crossed_bounds(part: Mapping[str, Any]) -> Iterator[str]:
    """Nothing satisfies them, and it takes the empty text for something that does."""
    for least, most in (("minItems", "maxItems"), ("minLength", "maxLength")):
        if part.get(least, 0) > part.get(most, float("inf")):
            yield f"{least} above {most}"


def _escaped_name(part: Mapping[str, Any]) -> Iterator[str]:
    if any(re.search(r'["\\\x00-\x1f]', name) for name in part.get("properties", {})):
        yield "a property whose name JSON escapes"


def _pattern_in_quotes(part: Mapping[str, Any]) -> Iterator[str]:
    """A pattern is copied into the string as it is: it must not be able to write a quote or a backslash."""
    if any(writes_quotes(pattern) for pattern in patterns_of(part) if pattern not in OURS):
        yield "pattern that could match a quote or a backslash"


def _looking_pattern(part: Mapping[str, Any]) -> Iterator[str]:
    if any(map(looks_around, patterns_of(part))):
        yield "pattern that looks around"


def _excluding_pattern(part: Mapping[str, Any]) -> Iterator[str]:
    if any(map(excludes_escaped, patterns_of(part))):
        yield "pattern that excludes a quote or a backslash"


def _misread_pattern(part: Mapping[str, Any]) -> Iterator[str]:
    if any(map(misread, patterns_of(part))):
        yield "pattern with a letter that JSON escapes, or a class that it misreads"


def _nesting_pattern(part: Mapping[str, Any]) -> Iterator[str]:
    """xgrammar 0.2.8 reads ``(?:ab{1,2})?`` as one that may begin at the ``b``."""
    if any(nests(pattern) or anchored_inside(pattern) for pattern in patterns_of(part)):
        yield "pattern with a repetition inside of a repeated, optional or alternative part, or an anchor inside"


def _foreign_pattern(engine: str) -> Rule:
    def rule(part: Mapping[str, Any]) -> Iterator[str]:
        if any(read_differently(pattern, engine) for pattern in patterns_of(part)):
            yield "pattern that readers take for different things"
        named = part.get("patternProperties", {})
        alone = len(named) == 1 and not part.get("properties") and part.get("additionalProperties") is False
        if any(map(depends_on_alphabet, named)) and not alone:
            yield "patternProperties of \\w, \\d or \\s beside other properties"

    return rule


def _distant_reference(part: Mapping[str, Any]) -> Iterator[str]:
    reference = part.get("$ref", "#")
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")) or "%" in reference:
        yield "$ref that is no plain pointer into the schema"


def _format_beyond(engine: str) -> Rule:
    def rule(part: Mapping[str, Any]) -> Iterator[str]:
        if "format" in part and part["format"] not in FORMATS_OF[engine]:
            yield f"format {part['format']}"

    return rule


def _narrow_bounds(part: Mapping[str, Any]) -> Iterator[str]:
    """llguidance 1.9.1 admits ``1`` where ``1 < x < 1.5`` is asked."""
    least = [part[name] for name in ("minimum", "exclusiveMinimum") if name in part]
    most = [part[name] for name in ("maximum", "exclusiveMaximum") if name in part]
    narrow = least and most and min(most) - max(least) < 1 and part.get("type") != "integer"
    if narrow and any(float(part[name]).is_integer() for name in BOUNDS & set(part) if name.startswith("exclusive")):
        yield "an exclusive bound with the other less than one away"


def _huge_bound(part: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted((BOUNDS | {"multipleOf"}) & set(part)):
        if isinstance(part[name], int | float) and abs(part[name]) > EXACT_INTEGER:
            yield f"{name} beyond 2**53"


def _countable_repeats(part: Mapping[str, Any]) -> Iterator[str]:
    """An unlisted name may be written twice, which counts twice to an engine and once to a reader of JSON."""
    open_ended = part.get("additionalProperties", True) is not False or "patternProperties" in part
    if open_ended and part.get("minProperties", 0) > 1:
        yield "minProperties of more than one, where names are free"


def _is_recursive(schema: Any) -> bool:
    """Whether following references from ``schema`` can lead back to the same one."""
    return any(_reaches(schema, part["$ref"], part["$ref"], set()) for part in subschemas(schema) if "$ref" in part)


def _reaches(root: Any, start: str, goal: str, seen: set[str]) -> bool:
    if start in seen:
        return False
    seen.add(start)
    targets = [part["$ref"] for part in subschemas(_resolve(root, start)) if "$ref" in part]
    return goal in targets or any(_reaches(root, target, goal, seen) for target in targets)


def _resolve(root: Any, reference: str) -> Any:
    """What a local reference points at; True, which admits anything, when it points nowhere."""
    node = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        node = node.get(name, True) if isinstance(node, Mapping) and name else node
    return node


COMMON = (
    _overlapping_one_of, _unlisted_required, _open_beside_listed, _false_property, _distant_reference, _huge_bound,
    _countable_repeats,
)  # fmt: skip
RULES: dict[str, tuple[Rule, ...]] = {
    "outlines_core": (
        *COMMON, _escaped_name, _pattern_in_quotes, _looking_pattern, _loose_prefix, _crossed_bounds,
        _foreign_pattern("outlines_core"), _format_beyond("outlines_core"),
    ),
    "xgrammar": (
        *COMMON, _looking_pattern, _misread_pattern, _nesting_pattern, _foreign_pattern("xgrammar"),
        _format_beyond("xgrammar"),
    ),
    "llguidance": (
        _huge_bound, _narrow_bounds, _countable_repeats, _excluding_pattern, _foreign_pattern("llguidance"),
        _format_beyond("llguidance"),
    ),
}  # fmt: skip
"""What is looked at besides keywords. llguidance looks at ``oneOf`` itself, and refuses what may overlap."""
