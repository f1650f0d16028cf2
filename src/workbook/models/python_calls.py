"""Formats whose calls are Python: NexusRaven (``Call: f(a=1)``) and Gorilla (``<<function>>f(a=1)``).

Calls are parsed with ``ast`` and their arguments read as literals; nothing is ever
evaluated. A flat list of calls cannot say "call g with the result of f", so in a ``Reply``
nested calls are reported as problems; :func:`read_calls` gives them as trees (``nested_calls``).
Sources: the model cards of Nexusflow/NexusRaven-V2-13B and gorilla-llm/gorilla-openfunctions-v2.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.core.chat import Message, Tool, ToolCall
from workbook.models.base import Reply
from workbook.models.json_text import dumps
from workbook.models.nested_calls import NestedCall, inner_calls

PYTHON_TYPES = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool",
    "array": "list", "object": "dict", "null": "None",
}  # fmt: skip
JSON_NAMES = {"true": True, "false": False, "null": None}
RAVEN_CALL, RAVEN_END, GORILLA_CALL = "Call:", "<bot_end>", "<<function>>"


def signature(tool: Tool) -> str:
    """The tool as a Python function with a docstring, the form that Raven was trained on."""
    described = [f"    {name}: {part.get('description', '')}" for name, part in tool.properties.items()]
    doc = "\n".join([tool.description, *(["", "Args:", *described] if described else [])])
    body = "\n".join(f"    {line}".rstrip() for line in doc.splitlines())
    return f'Function:\ndef {tool.name}({_parameters(tool)}):\n    """\n{body}\n    """\n'


def _parameters(tool: Tool) -> str:
    def one(name: str) -> str:
        kind = tool.properties[name].get("type")
        hint = PYTHON_TYPES.get(kind, "Any") if isinstance(kind, str) else "Any"
        return f"{name}: {hint}" if name in tool.required else f"{name}: {hint} = None"

    return ", ".join(one(name) for name in sorted(tool.properties, key=lambda name: name not in tool.required))


def written_call(call: ToolCall | NestedCall) -> str:
    """A call as Python, spelled as the grammar of such calls has it: ``f(city="Oslo", days=3)``."""
    return f"{call.name}({', '.join(f'{name}={written(value)}' for name, value in call.arguments.items())})"


def written(value: Any) -> str:
    """A JSON value, or one that holds calls, as Python; strings as in JSON, read alike but for rare escapes."""
    if isinstance(value, NestedCall):
        return written_call(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{dumps(name)}: {written(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return dumps(value) if isinstance(value, str) else repr(value)


def _query(messages: Sequence[Message]) -> str:
    """One turn is all that these formats know: the words of the system and the user, in order."""
    return "\n".join(message.content for message in messages if message.role in ("system", "user"))


def render_raven(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
    """Functions as Python signatures, then the query. Earlier calls and results have no form, and are left out."""
    functions = "\n".join(signature(tool) for tool in tools)
    return f"{functions}\nUser Query: {_query(messages)}<human_end>\n"


def render_gorilla(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
    """Functions as JSON, then the question. Earlier calls and results have no form, and are left out."""
    listed = dumps([tool.to_dict()["function"] for tool in tools])
    return f"### Instruction: <<function>>{listed}\n<<question>>{_query(messages)}\n### Response: "


def parse_raven(text: str) -> Reply:
    """Calls after ``Call:``, separated by semicolons; a ``Thought:`` after them is content."""
    before, found, rest = text.partition(RAVEN_CALL)
    if not found:
        return Reply(text.replace(RAVEN_END, "").strip())
    source, _, after = re.sub(r"\n\s*Thought:", RAVEN_END + "Thought:", rest, count=1).partition(RAVEN_END)
    calls, problems = _read_flat(source)
    return Reply((before + after.replace(RAVEN_END, "")).strip(), calls, problems)


def parse_gorilla(text: str) -> Reply:
    """Calls after each ``<<function>>``; the text before the first is content."""
    content, *sources = text.split(GORILLA_CALL)
    results = [_read_flat(source) for source in sources]
    calls = tuple(call for found, _ in results for call in found)
    return Reply(content.strip(), calls, tuple(wrong for _, problems in results for wrong in problems))


def _read_flat(source: str) -> tuple[tuple[ToolCall, ...], tuple[str, ...]]:
    """Every call that holds no other, and what is wrong with the rest."""
    calls, problems = read_calls(source)
    held = [(call.name, inner) for call in calls for inner in inner_calls(call.arguments)]
    nested = tuple(
        f"{name}: nested call {written_call(inner)[:60]!r}: a flat list of calls cannot run it" for name, inner in held
    )
    return tuple(call.plain for call in calls if call.flat), (*problems, *nested)


def read_calls(source: str) -> tuple[tuple[NestedCall, ...], tuple[str, ...]]:
    """Every call in a line of Python, calls inside of calls as they stand, and what is wrong with the others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's odd escape is no news for the reader's terminal
            statements = ast.parse(source.strip()).body
        results = [_read_call(statement) for statement in statements]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (), (f"not Python: {error.__class__.__name__}: {str(error)[:80]}",)
    problems = tuple(wrong for _, wrong in results if wrong)
    return tuple(call for call, _ in results if call), problems or (() if statements else ("no call",))


def _read_call(statement: ast.stmt) -> tuple[NestedCall | None, str]:
    node = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(node, ast.Call):
        return None, f"not a call: {ast.unparse(statement)[:60]!r}"
    try:
        return _call(node), ""
    except ValueError as error:
        return None, str(error)


def _call(node: ast.Call) -> NestedCall:
    """The call that a node writes; raises ``ValueError`` with the reason where it is none of named literals."""
    name = ast.unparse(node.func)
    if not re.fullmatch(r"[\w.]+", name):
        raise ValueError(f"not the name of a function: {name[:60]!r}")
    if node.args:
        raise ValueError(f"{name}: positional arguments; only name=value says which parameter is meant")
    try:
        return NestedCall(name, _arguments(node.keywords))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _arguments(keywords: Sequence[ast.keyword]) -> dict[str, Any]:
    pairs = [_argument(keyword) for keyword in keywords]
    names = [name for name, _ in pairs]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice:
        raise ValueError(f"{twice} is given twice")  # only compiling would notice
    return dict(pairs)


def _argument(keyword: ast.keyword) -> tuple[str, Any]:
    if keyword.arg is None:
        raise ValueError("** unpacks a value that is not known before the call")
    return keyword.arg, _literal(keyword.value)


def _literal(node: ast.expr) -> Any:
    """The JSON value of a literal; raises ``ValueError`` for anything that would have to be computed."""
    if isinstance(node, ast.Name) and node.id in JSON_NAMES:
        return JSON_NAMES[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return dict(_item(key, item) for key, item in zip(node.keys, node.values, strict=True))
    if isinstance(node, ast.Call):
        return _call(node)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError) as error:  # whose words would show where the node lies in memory
        raise ValueError(f"{ast.unparse(node)[:60]!r} is no literal: it would have to be computed") from error
    infinite = isinstance(value, float) and not math.isfinite(value)  # 1e999
    if infinite or isinstance(value, bytes | complex | set) or value is Ellipsis:
        raise ValueError(f"{ast.unparse(node)[:60]!r} is not a JSON value")
    return value


def _item(key: ast.expr | None, value: ast.expr) -> tuple[str, Any]:
    name = None if key is None else _literal(key)
    if not isinstance(name, str):
        raise ValueError("a JSON object has strings as keys")
    return name, _literal(value)
