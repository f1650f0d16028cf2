"""Tools from Python functions: the signature gives the schema, the docstring the words.

Types become JSON Schema by pydantic, and arguments become values of these types again before the call. Leaves out
``*args`` and ``**kwargs``: what cannot be described to a model is an error that names the parameter.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from workbook.core.chat import Tool
from workbook.core.errors import UsageError, WorkbookError
from workbook.tools.converted import checked
from workbook.tools.toolbox import BoundTool, Risk, ToolError, legal_name

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
VALUES = ("default", "const", "enum", "examples")
"""Keywords of JSON Schema that hold values, not schemas."""


def from_function(function: Callable[..., Any], risk: Risk = "read") -> BoundTool:
    """A tool that calls ``function``, sync (in a thread of its own) or async.

    Name and description are the function's; what its docstring says under ``Args:`` describes the parameters. Those
    with a default are optional, others are refused. A result that is not text becomes JSON. Raises
    :class:`UsageError` that names the parameter when one has no type hint, or one that JSON cannot express.
    """
    name = getattr(function, "__name__", type(function).__name__)
    parameters = _parameters(function, name)
    adapters = {key: _adapter(name, parameter) for key, parameter in parameters.items()}
    text, described = _docstring(function)

    async def run(arguments: Mapping[str, Any]) -> str:
        values = _values(adapters, arguments)
        return _text(name, await _call(function, values))

    def check(arguments: Mapping[str, Any]) -> list[str]:
        known = {key: value for key, value in arguments.items() if key in adapters}
        return [message for key, value in known.items() for message in _complaints(key, adapters[key], value)]

    tool = Tool(legal_name(name), text, checked(_schema(parameters, adapters, described)))
    return BoundTool(tool, run, f"Python function {getattr(function, '__module__', '')}.{name}", risk, check)


def _parameters(function: Callable[..., Any], name: str) -> dict[str, inspect.Parameter]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        raise UsageError(f"the signature of {name} cannot be read: {error}", "Import its types at run time.") from error
    for parameter in signature.parameters.values():
        if parameter.kind not in NAMED:
            kind = parameter.kind.description
            raise UsageError(f"{name}: the {kind} parameter {parameter.name!r} has no name that a model could give",
                             "Spell the parameters out.")  # fmt: skip
        if parameter.annotation is parameter.empty:
            raise UsageError(f"{name}: the parameter {parameter.name!r} has no type hint", "Give it one.")
    return dict(signature.parameters)


def _adapter(name: str, parameter: inspect.Parameter) -> Any:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError

    try:
        adapter = TypeAdapter(parameter.annotation)
        adapter.json_schema()
    except (PydanticUserError, PydanticSchemaGenerationError, PydanticUndefinedAnnotation) as error:
        reason = str(error).splitlines()[0]
        remedy = "Use plain types, Literal, Enum, dataclasses, TypedDict or pydantic models."
        raise UsageError(f"{name}: the type of {parameter.name!r} has no JSON Schema: {reason}", remedy) from error
    return adapter


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The words before ``Args:``, and those on each parameter."""
    from docstring_parser import DocstringStyle, parse

    parsed = parse(inspect.getdoc(function) or "", DocstringStyle.GOOGLE)
    words = [parsed.short_description, parsed.long_description]
    described = {entry.arg_name: " ".join((entry.description or "").split()) for entry in parsed.params}
    return "\n\n".join(part for part in words if part), described


def _schema(
    parameters: Mapping[str, inspect.Parameter], adapters: Mapping[str, Any], described: Mapping[str, str]
) -> dict[str, Any]:
    """One closed object; types that are shared or recursive stand under ``$defs``."""
    from pydantic import TypeAdapter

    inputs = [(key, "validation", adapter) for key, adapter in adapters.items()]
    schemas, shared = TypeAdapter.json_schemas(inputs, union_format="primitive_type_array")  # type: ignore[arg-type]
    properties = {
        key: schemas[key, "validation"] | _words(described.get(key)) | _default(adapters[key], parameter)
        for key, parameter in parameters.items()
    }
    required = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    needed = {"required": required} if required else {}
    return _closed({"type": "object", "properties": properties, **needed, **shared})


def _words(description: str | None) -> dict[str, str]:
    return {"description": description} if description else {}


def _default(adapter: Any, parameter: inspect.Parameter) -> dict[str, Any]:
    """The default as JSON; one that JSON cannot express stays unsaid."""
    if parameter.default is parameter.empty:
        return {}
    try:
        return {"default": json.loads(adapter.dump_json(parameter.default, warnings="error"))}
    except ValueError:
        return {}


def _closed(node: Any) -> Any:
    """Objects with known properties take no others, and titles, which only repeat names, are left out."""
    if isinstance(node, list):
        return [_closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    titled = node.get("title")
    kept = {
        key: value if key in VALUES else _closed(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(titled, str))
    }
    if kept.get("type") == "object" and "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return kept


def _values(adapters: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as values of the function's types; raises :class:`ToolError` for what no schema could refuse."""
    unknown = [key for key in arguments if key not in adapters]
    complaints = [f"{key}: no such parameter" for key in unknown]
    for key in set(arguments) - set(unknown):
        complaints += _complaints(key, adapters[key], arguments[key])
    if complaints:
        raise ToolError("; ".join(sorted(complaints)), cause="bad arguments")
    return {key: adapters[key].validate_python(value) for key, value in arguments.items()}


def _complaints(key: str, adapter: Any, value: Any) -> list[str]:
    from pydantic import ValidationError

    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return [".".join(map(str, (key, *found["loc"]))) + f": {found['msg']}" for found in error.errors()]
    return []


async def _call(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(**values)
    result = await asyncio.to_thread(function, **values)
    return await result if inspect.isawaitable(result) else result


def _text(name: str, result: Any) -> str:
    from pydantic import ConfigDict, TypeAdapter

    if isinstance(result, str):
        return result
    try:
        encoded = TypeAdapter(Any, config=ConfigDict(ser_json_inf_nan="null")).dump_json(result)
        return json.dumps(json.loads(encoded), ensure_ascii=False)
    except ValueError as error:
        raise WorkbookError(f"{name} gave a {type(result).__name__}, which has no JSON form",
                            "Return text or plain data.") from error  # fmt: skip
