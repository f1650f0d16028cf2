"""The rules by which BFCL compares calls with the accepted values of an answer ("AST checker"), in our own code.

The rules are the benchmark's, odd ones included, because a score is worth nothing that only we can get. In order: the
number of calls; the name; every required argument; no argument that the schema or the answer lacks; the type exactly,
where an integer passes for a float and elements are looked at one level deep; the value; no argument left out unless
``""`` stands among its accepted values. Texts are compared in lower case without blanks and ``,./-_*^``; lists in their
order; dicts key by key. An answer of another type than the schema's is a variable, and compared as it is. ``enum`` is
never looked at. Source: the public repository's ``ast_checker``, read in 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.core.chat import ToolCall
from workbook.suites.bfcl_schemas import properties_of, required_of
from workbook.suites.bfcl_source import from_java, from_javascript

Accepted = Mapping[str, Sequence[Any]]
"""The accepted values of each argument; ``""`` among them means that it may be left out."""
Answer = Mapping[str, Accepted]
"""One expected call: ``{name: {argument: accepted values}}``, with a single name."""
Function = Mapping[str, Any]

CAUSES = ("count", "name", "required", "unexpected", "type", "value", "left_out")
"""Why a row is wrong, in the order in which it is looked at."""
DROPPED = str.maketrans("", "", " ,./-_*^")
PYTHON: Mapping[str, type] = {
    "string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list, "dict": dict,
    "any": str,
}  # fmt: skip
JAVA: Mapping[str, type] = {
    "byte": int, "short": int, "integer": int, "long": int, "float": float, "double": float, "boolean": bool,
    "char": str, "String": str, "any": str, "Array": list, "ArrayList": list, "Queue": list, "Stack": list,
    "Set": set, "HashMap": dict, "Hashtable": dict,
}  # fmt: skip
JAVASCRIPT: Mapping[str, type] = {
    "String": str, "integer": int, "float": float, "Bigint": int, "Boolean": bool, "dict": dict, "array": list,
    "any": str,
}  # fmt: skip
TYPES = {"python": PYTHON, "java": JAVA, "javascript": JAVASCRIPT}
NESTED = {"python": ("array", "tuple"), "java": ("Array", "ArrayList"), "javascript": ("array",)}
"""Types whose elements are looked at."""
READERS: Mapping[str, Callable[[str, str, str | None], Any]] = {"java": from_java, "javascript": from_javascript}


def calls_error(
    calls: Sequence[ToolCall], functions: Sequence[Function], answers: Sequence[Answer], language: str = "python"
) -> str:
    """Why ``calls`` are not the expected ones, one of :data:`CAUSES`; ``""`` when they are.

    The order of calls is free. As in the original each answer takes the first call that fits it, which may rob a
    later answer of its only one.
    """
    if len(calls) != len(answers):
        return "count"
    left, error = list(calls), ""
    for answer in answers:
        (name, accepted), *_ = answer.items()
        function = next((one for one in functions if one.get("name") == name), {"name": name})
        for call in left:
            error = call_error(call, function, accepted, language)
            if not error:
                left.remove(call)
                break
        if error:
            return error
    return ""


def call_error(call: ToolCall, function: Function, accepted: Accepted, language: str = "python") -> str:
    """Why one call is not the one that ``accepted`` describes; ``""`` when it is."""
    parameters = function.get("parameters")
    described = parameters if isinstance(parameters, Mapping) else {}
    properties = properties_of(described)
    if call.name != function.get("name"):
        return "name"
    if any(name not in call.arguments for name in required_of(described)):
        return "required"
    for name, value in call.arguments.items():
        if name not in properties or name not in accepted:
            return "unexpected"
        error = value_error(value, properties[name], accepted[name], language)
        if error:
            return error
    left_out = any(name not in call.arguments and "" not in values for name, values in accepted.items())
    return "left_out" if left_out else ""


def value_error(value: Any, schema: Mapping[str, Any], accepted: Sequence[Any], language: str = "python") -> str:
    """``type`` or ``value`` when the argument is not an accepted one; ``""`` when it is."""
    kind, items = str(schema.get("type")), schema.get("items")
    element = str(items.get("type")) if kind in NESTED[language] and isinstance(items, Mapping) else None
    expected, inner = TYPES[language].get(kind), TYPES[language].get(element) if element else None
    if language in READERS:
        if not isinstance(value, str):
            return "type"
        value = READERS[language](value, kind, element)
    elif kind == "float" and type(value) is int:
        value = float(value)
    named = _type_of(accepted)
    if type(value) is expected:
        if inner and not any(_elements_fit(value, one, inner) for one in accepted):
            return "type"
    elif named is None or type(value) is not named:
        return "type"
    # A variable or another type than described: its spelling counts.
    variable = named not in (None, expected) or type(value) is not expected
    return "" if _is_accepted(value, accepted, None if variable else expected, inner) else "value"


def standard(value: Any) -> Any:
    """A text as it is compared: lower case, without blanks and ``,./-_*^``, ``'`` as ``"``; others as they are."""
    return value.translate(DROPPED).lower().replace("'", '"') if isinstance(value, str) else value


def _type_of(accepted: Sequence[Any]) -> type | None:
    """The type of the answer itself: that of its first value, ``""`` left aside."""
    return next((type(one) for one in accepted if one != ""), None)


def _elements_fit(value: Any, accepted: Any, inner: type) -> bool:
    """Every element is of the type, or of that of the accepted list's first; what is no list asks for nothing."""
    if not isinstance(accepted, list):
        return True
    named = _type_of(accepted)
    return all(type(element) is inner or (named and type(element) is named) for element in value)


def _is_accepted(value: Any, accepted: Sequence[Any], expected: type | None, inner: type | None) -> bool:
    if expected is dict:
        return any(_same_dict(value, one) for one in accepted)
    if expected is list and inner is dict:
        return any(_same_dicts(value, one) for one in accepted)
    if expected is list:
        # Official oddity: "" among the accepted values is read as a list without elements.
        return [standard(one) for one in value] in [[standard(x) for x in one] for one in accepted if _is_list(one)]
    if expected is str:
        return standard(value) in [standard(one) for one in accepted if isinstance(one, str)]
    return value in accepted


def _same_dict(value: Any, accepted: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(accepted, Mapping):
        return False
    known = all(key in accepted and standard(one) in _standards(accepted[key]) for key, one in value.items())
    return known and all(key in value or "" in one for key, one in accepted.items() if isinstance(one, list | str))


def _same_dicts(value: Sequence[Any], accepted: Any) -> bool:
    """The same dicts in the same order."""
    return _is_list(accepted) and len(value) == len(accepted) and all(map(_same_dict, value, accepted))


def _standards(accepted: Any) -> list[Any]:
    """The accepted values of a key; a bare text, a slip of the set, accepts its letters, as in the original."""
    return [standard(one) for one in accepted] if isinstance(accepted, list | str) else [accepted]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or value == ""
