"""A person's own API as training data: tools from OpenAPI documents, calls from logs of requests in people's words.

A log has one JSON object a line: what was asked (``text``), and what was called, as ``operation`` and ``arguments`` or
as ``method``, ``path`` (with its query), ``query`` and ``body``; ``status`` where it is known. Names that others use
are understood, too (:data:`NAMES`). A line that cannot be used is counted with its reason. Rows pass the same checks as
generated ones. Leaves out making up words for requests that nobody asked for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.core.errors import WorkbookError
from workbook.finetune.conversations import Example
from workbook.finetune.near import NearIndex
from workbook.finetune.pipeline import Made, checked, held_out
from workbook.finetune.rows import Row
from workbook.tools.importing import documents
from workbook.tools.openapi import from_openapi
from workbook.tools.toolbox import BoundTool, Toolbox

NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "question", "prompt", "message", "utterance"),
    "operation": ("operation", "operationId", "tool", "name"),
    "arguments": ("arguments", "args", "parameters", "params"),
    "method": ("method", "verb"),
    "path": ("path", "url", "uri"),
    "status": ("status", "status_code", "code"),
}
OTHERS = 3
"""Tools at hand besides the right one."""


def rows_of_logs(openapi: Sequence[str], logs: Sequence[Path], against: Sequence[Path] = (), seed: int = 0) -> Made:
    """The rows that the logs give, with the funnel; ``against`` are folders of evaluation sets besides our own.

    Raises :class:`WorkbookError` when a document or a log is not there, and when not one line can be used.
    """
    box = Toolbox(bound for source in openapi for path in documents(source) for bound in from_openapi(path).tools)
    tools, rng = list(box), Random(seed)
    rows: list[Row] = []
    rejected: dict[str, Counter[str]] = {}
    held, seen, drawn = held_out(against), NearIndex(), 0
    for line in _lines(logs):
        drawn += 1
        stage, cause, row = _row(line, tools, rng, seen, held)
        if row is None:
            rejected.setdefault(stage, Counter())[cause] += 1
        else:
            rows.append(row)
    if not rows:
        causes = "; ".join(f"{cause} {n}" for counts in rejected.values() for cause, n in counts.items())
        raise WorkbookError(f"not one of {drawn} lines can be learned from ({causes or 'empty'})",
                            'Expected {"text", "operation", "arguments"} or {"text", "method", "path"}.')  # fmt: skip
    return Made(rows, drawn, rejected)


def _lines(logs: Sequence[Path]) -> Iterator[str]:
    for path in logs:
        if not path.is_file():
            raise WorkbookError(f"no log {path}", "Give --logs files of one JSON object a line.")
        yield from (line for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip())


def _row(
    line: str, tools: Sequence[BoundTool], rng: Random, seen: NearIndex, held: Sequence[NearIndex]
) -> tuple[str, str, Row | None]:
    try:
        text, call, tool = _read(line, tools)
    except ValueError as error:
        return "format", str(error), None
    others = [bound.tool for bound in tools if bound.name != tool.name]
    shown = [tool, *rng.sample(others, min(OTHERS, len(others)))]
    rng.shuffle(shown)
    one = checked(Example("call", (user(text), assistant("", call)), tuple(shown)))
    if one.stage:
        return one.stage, one.cause, None
    if text in seen:
        return "duplicate", "near one before", None
    if any(text in index for index in held):
        return "contamination", "near a request of an evaluation set", None
    seen.add(text)
    return "", "", one.row


def _read(line: str, tools: Sequence[BoundTool]) -> tuple[str, ToolCall, Tool]:
    """The words, the call and its tool; raises ``ValueError`` with the reason."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(entry, Mapping):
        raise ValueError("no object")
    text, status = _named(entry, "text"), str(_named(entry, "status") or "200")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("no words of a person")
    if not status.startswith("2"):
        raise ValueError(f"the API answered {status[:3]}")
    tool, arguments = _by_name(entry, tools) if _named(entry, "operation") else _by_path(entry, tools)
    return text.strip(), ToolCall(tool.name, arguments), tool


def _named(entry: Mapping[str, Any], key: str) -> Any:
    return next((entry[name] for name in NAMES[key] if name in entry), None)


def _by_name(entry: Mapping[str, Any], tools: Sequence[BoundTool]) -> tuple[Tool, dict[str, Any]]:
    name, arguments = _named(entry, "operation"), _named(entry, "arguments")
    bound = next((bound for bound in tools if bound.name == name or bound.origin.endswith(f": {name}")), None)
    if bound is None:
        raise ValueError("unknown operation")
    arguments = _object(arguments) if isinstance(arguments, str) else arguments or {}
    if not isinstance(arguments, Mapping):
        raise ValueError("arguments that are no object")
    return bound.tool, dict(arguments)


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _by_path(entry: Mapping[str, Any], tools: Sequence[BoundTool]) -> tuple[Tool, dict[str, Any]]:
    method, path, body = str(_named(entry, "method") or "GET").upper(), _named(entry, "path"), entry.get("body")
    if not isinstance(path, str):
        raise ValueError("neither an operation nor a path")
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query)) | dict(entry.get("query") or {})
    for bound in tools:
        template = bound.origin.rpartition(": ")[2]
        found = _match(template, method, parts.path)
        if found is not None:
            given = {**found, **query, **(body if isinstance(body, Mapping) else {})}
            return bound.tool, {name: _typed(value, bound.tool.properties.get(name)) for name, value in given.items()}
    raise ValueError("no operation of that path")


def _match(template: str, method: str, path: str) -> dict[str, str] | None:
    """The values of the template's places, where the path ends like it."""
    verb, _, shape = template.partition(" ")
    if verb != method:
        return None
    names = re.findall(r"\{(.+?)\}", shape)
    pattern = re.sub(r"\\\{.+?\\\}", "([^/]+)", re.escape(shape))
    found = re.search(pattern + "/?$", path)
    return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else None


def _typed(value: Any, schema: Any) -> Any:
    """What a URL holds as text, in the type that the schema wants."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if not isinstance(value, str) or kind not in ("integer", "number", "boolean"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
