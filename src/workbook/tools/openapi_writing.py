"""How arguments are written into a request: OpenAPI's styles for parameters, and JSON, form and text bodies.

What would change the meaning of a request is refused: a path parameter that leads elsewhere, a line break in a header.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from workbook.tools.openapi_arguments import FORM, JSON, MULTIPART, Argument, Inputs, kind_of
from workbook.tools.openapi_security import Identity
from workbook.tools.toolbox import ToolError

Given = list[tuple[Argument, Any]]
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def written(server: str, path: str, inputs: Inputs, arguments: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """``url``, ``headers`` and the body, as ``httpx2`` takes them; raises :class:`ToolError` for what is refused."""
    given = [(argument, arguments[argument.name]) for argument in inputs.arguments if argument.name in arguments]
    query = [*(pair for one, value in given if one.place == "query" for pair in _query(one, value)), *identity.query]
    headers = {one.wire: _joined(one, value) for one, value in given if one.place == "header"}
    cookies = {one.wire: quote(_joined(one, value), safe="") for one, value in given if one.place == "cookie"}
    cookies |= identity.cookies
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    body = _body(inputs, given)
    own = {"Accept": "application/json, text/*;q=0.9, */*;q=0.1", "Accept-Encoding": "identity"}
    headers = own | headers | body.pop("headers", {}) | identity.headers
    return {"url": _url(server, _filled(path, given), query), "headers": _checked(headers), **body}


def _filled(path: str, given: Given) -> str:
    for argument, value in given:
        if argument.place == "path":
            text = _joined(argument, value)
            if not text:
                raise ToolError(f"{argument.name}: must not be empty", cause="bad arguments")
            path = path.replace(f"{{{argument.wire}}}", quote(text, safe=""))
    if any(part in (".", "..") for part in path.split("?")[0].split("/")):
        raise ToolError("a path parameter must not be . or .., which lead to another operation", cause="bad arguments")
    return path


def _url(server: str, path: str, query: list[tuple[str, str]]) -> str:
    url = server.rstrip("/") + "/" + path.lstrip("/")
    return url + ("&" if "?" in url else "?") + urlencode(query, quote_via=quote) if query else url


def _checked(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    for name, value in headers.items():
        if any(mark in value for mark in "\r\n\0"):
            raise ToolError(f"the header {name} must be one line", cause="bad arguments")
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _query(argument: Argument, value: Any) -> list[tuple[str, str]]:
    name = argument.wire
    if argument.as_json or not isinstance(value, list | Mapping):
        return [(name, _joined(argument, value))]
    if argument.style == "deepObject" and isinstance(value, Mapping):
        return [(f"{name}[{key}]", _scalar(part)) for key, part in value.items()]
    if argument.explode:
        pairs: Iterable[tuple[str, Any]] = value.items() if isinstance(value, Mapping) else ((name, v) for v in value)
        return [(key, _scalar(part)) for key, part in pairs]
    return [(name, DELIMITERS.get(argument.style, ",").join(_flat(value)))]


def _joined(argument: Argument, value: Any) -> str:
    """The style ``simple``, and what other styles share with it."""
    if argument.as_json:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping) and argument.explode:
        return ",".join(f"{key}={_scalar(part)}" for key, part in value.items())
    return ",".join(_flat(value)) if isinstance(value, list | Mapping) else _scalar(value)


def _flat(value: list[Any] | Mapping[str, Any]) -> list[str]:
    parts = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
    return [_scalar(part) for part in parts]


def _scalar(value: Any) -> str:
    """Text as it is, everything else as JSON spells it; null is empty."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _body(inputs: Inputs, given: Given) -> dict[str, Any]:
    whole = [value for one, value in given if one.place == "body"]
    fields = {one.wire: value for one, value in given if one.place == "field"}
    if not whole and not fields and not inputs.sends_body:
        return {}
    content, kind = whole[0] if whole else fields, kind_of(inputs.media)
    if kind == JSON:
        media = inputs.media if "json" in inputs.media.lower() else "application/json"
        return {"content": json.dumps(content, ensure_ascii=False).encode(), "headers": {"Content-Type": media}}
    if kind in (FORM, MULTIPART):
        return _form(kind, content, {one.wire for one, _ in given if one.as_file})
    return {"content": _scalar(content).encode(), "headers": {"Content-Type": inputs.media}}


def _form(kind: str, content: Any, files: Collection[str]) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        raise ToolError("body: a form must be an object", cause="bad arguments")
    listed = {name: value if isinstance(value, list) else [value] for name, value in content.items()}
    pairs = [(name, _scalar(part)) for name, values in listed.items() for part in values]
    if kind == MULTIPART:
        return {"files": [(name, (name if name in files else None, text.encode())) for name, text in pairs]}
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"content": urlencode(pairs).encode(), "headers": media}
