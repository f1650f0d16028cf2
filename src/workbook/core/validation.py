"""Whether JSON satisfies a schema, and a call its tool.

JSON Schema draft 2020-12 through ``jsonschema``; formats are annotations there
and are not checked. Leaves out whether the call is *right* (``workbook.core.matching``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from workbook.core.chat import Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.settings import nearest

LONGEST = 160
"""Characters of one message; jsonschema quotes whole instances."""


def schema_errors(instance: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with ``instance``, one short message each, such as ``days: 'two' is not of type 'integer'``.

    Empty when it is valid. Raises :class:`WorkbookError` when the schema itself is broken.
    """
    found = _validator(json.dumps(schema, sort_keys=True)).iter_errors(instance)
    return [_message(error) for error in sorted(found, key=lambda e: (list(map(str, e.absolute_path)), e.message))]


def call_errors(call: ToolCall, tools: Sequence[Tool]) -> list[str]:
    """What is wrong with a call: an unknown tool, or arguments that its schema refuses."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        close = nearest(call.name, [tool.name for tool in tools])
        return [f"unknown tool {call.name!r}" + (f"; did you mean {close!r}?" if close else "")]
    return schema_errors(dict(call.arguments), tool.parameters)


def validator_of(schema: Any, formats: bool = False) -> Any:
    """A validator of ``jsonschema`` by the draft that the schema names, 2020-12 without; the schema is not checked.

    With ``formats`` those formats are checked that ``jsonschema`` knows, as benchmarks do. A reference to
    another document is an error (``referencing.exceptions.Unresolvable``): nothing is fetched from the network.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema, default=Draft202012Validator)
    return kind(schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER if formats else None)


def is_valid_json(text: str) -> bool:
    """Whether ``text`` is one JSON value by the standard, which has no NaN and no Infinity."""
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _message(error: Any) -> str:
    path = ".".join(map(str, error.absolute_path))
    text = f"{path}: {error.message}" if path else error.message
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@lru_cache(maxsize=512)
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    parsed = json.loads(schema)
    try:
        Draft202012Validator.check_schema(parsed)
    except SchemaError as error:
        raise WorkbookError(f"not a JSON Schema: {_message(error)}", "Mend the schema at that path.") from error
    return Draft202012Validator(parsed)
