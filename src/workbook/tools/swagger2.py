"""Swagger 2 documents as OpenAPI 3.0, as far as requests need it.

What moves is moved: servers, body and form parameters, array styles, security schemes. ``definitions`` and
``parameters`` stay where they are, so that references still find them. Leaves out answers. Whatever has an unexpected
shape is passed on as it is, for the conversion to report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from workbook.tools.converted import Unconvertible, resolve

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
STYLES: Mapping[str, dict[str, Any]] = {
    "csv": {"explode": False},
    "multi": {"explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "tsv": {"style": "tabDelimited"},
}
"""``collectionFormat`` as OpenAPI 3 says it; it has no word for tabs."""
BESIDE_SCHEMA = ("name", "in", "description", "required", "collectionFormat", "allowEmptyValue")
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def to_openapi3(document: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """A new document of version 3.0; ``place`` is where the old one lies, for servers that it leaves out."""
    definitions = document.get("securityDefinitions")
    schemes = {name: _scheme(one) for name, one in definitions.items()} if isinstance(definitions, Mapping) else {}
    paths = document.get("paths") or {}
    return {
        **{key: value for key, value in document.items() if key not in ("swagger", "paths")},
        "openapi": "3.0.3",
        "servers": _servers(document, place),
        "paths": {path: _item(document, item) for path, item in paths.items()},
        "components": {"securitySchemes": schemes},
    }


def _servers(document: Mapping[str, Any], place: str) -> list[dict[str, str]]:
    """One server; https where the document offers it. Without a host it is the document's own."""
    own = urlsplit(place)
    schemes = _listed(document.get("schemes")) or [own.scheme]
    scheme = "http" if "http" in schemes and "https" not in schemes else "https"
    base, host = str(document.get("basePath") or "/"), document.get("host")
    return [{"url": f"{scheme}://{host}/{base.lstrip('/')}" if isinstance(host, str) and host else base}]


def _scheme(given: Any) -> Any:
    is_basic = isinstance(given, Mapping) and given.get("type") == "basic"
    return {"type": "http", "scheme": "basic"} if is_basic else given


def _item(document: Mapping[str, Any], item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    shared = item.get("parameters") or []
    made = {key: value for key, value in item.items() if key != "parameters"}
    return made | {method: _operation(document, item[method], shared) for method in METHODS if method in item}


def _operation(document: Mapping[str, Any], operation: Any, shared: Any) -> Any:
    """The operation with its path's parameters, its own first where both name one."""
    if not isinstance(operation, Mapping):
        return operation
    own = operation.get("parameters") or []
    if not isinstance(own, list) or not isinstance(shared, list):
        return {**operation, "parameters": own if not isinstance(own, list) else shared}
    merged = {_key(one): one for one in (_followed(document, one) for one in [*shared, *own])}
    given = list(merged.values())
    body = [one for one in given if _in(one) == "body"]
    form = [one for one in given if _in(one) == "formData"]
    rest = [_parameter(one) for one in given if _in(one) not in ("body", "formData")]
    consumes = _listed(operation.get("consumes")) or _listed(document.get("consumes")) or ["application/json"]
    made = {key: value for key, value in operation.items() if key != "parameters"} | {"parameters": rest}
    if body:
        return made | {"requestBody": _body(body[0], consumes)}
    return made | ({"requestBody": _form(form, consumes)} if form else {})


def _followed(document: Mapping[str, Any], given: Any) -> Any:
    """What a parameter refers to, or the parameter itself where that cannot be found."""
    if not isinstance(given, Mapping) or not isinstance(given.get("$ref"), str):
        return given
    try:
        return resolve(document, given["$ref"])
    except Unconvertible:
        return given


def _listed(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _in(given: Any) -> Any:
    return given.get("in") if isinstance(given, Mapping) else None


def _key(given: Any) -> str:
    """What makes two parameters the same; whatever has no name is like no other."""
    return str((_in(given), given["name"])) if isinstance(given, Mapping) and "name" in given else str(id(given))


def _parameter(given: Any) -> Any:
    if not isinstance(given, Mapping) or "$ref" in given:
        return given
    beside = {key: given[key] for key in ("name", "in", "description", "required") if key in given}
    style = STYLES.get(str(given.get("collectionFormat", "csv")), {}) if given.get("type") == "array" else {}
    if given.get("in") != "query" and style.get("style") is None:
        style = {}
    return beside | style | {"schema": _schema(given)}


def _schema(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in BESIDE_SCHEMA}


def _body(given: Mapping[str, Any], consumes: list[str]) -> dict[str, Any]:
    content = {media: {"schema": given.get("schema", {})} for media in consumes}
    return {"description": given.get("description"), "required": given.get("required") is True, "content": content}


def _form(fields: list[Mapping[str, Any]], consumes: list[str]) -> dict[str, Any]:
    has_file = any(one.get("type") == "file" for one in fields)
    media = MULTIPART if has_file or (MULTIPART in consumes and FORM not in consumes) else FORM
    named = [one for one in fields if isinstance(one.get("name"), str)]
    described = {one["name"]: _schema(one) | _words(one) for one in named}
    required = [one["name"] for one in named if one.get("required") is True]
    schema = {"type": "object", "properties": described, "required": required}
    return {"required": bool(required), "content": {media: {"schema": schema}}}


def _words(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": given["description"]} if "description" in given else {}
