"""The OpenAPI 3.1 documents of the APIs, one a department: made from the catalogue, and kept beside it.

The kept ones are what clients read and what the gateway checks requests against; a test proves that they are what is
made. Leaves out what an operation does (``effects``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.gateway.catalogue import Department, Field, Kind, Operation, departments, folder
from workbook.gateway.wording import plural

MOST, USUAL = 100, 20
"""Records on a page: at most, and without a wish."""
SCHEME = "token"
ABOUT = (
    "{about} Every call needs a bearer token with the operation's scope. Calls that change something may carry an "
    "`Idempotency-Key` header: the same key with the same body is done once. Errors are problem+json (RFC 9457)."
)
PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
    },
}


@cache
def kept() -> Mapping[str, dict[str, Any]]:
    """The documents that are shipped, by department. Raises :class:`WorkbookError` when one is missing."""
    return {name: _load(_path(name)) for name in departments()}


def whole(documents: Mapping[str, Mapping[str, Any]], server: str = "") -> dict[str, Any]:
    """All of them as one document, in which operations have their full names, and schemas those of their tables."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    for name, document in documents.items():
        renamed = _renamed(document, name)
        paths |= renamed["paths"]
        schemas |= {key: one for key, one in renamed["components"]["schemas"].items() if key != "Problem"}
    info = {"title": "Internal APIs", "version": "2", "description": ABOUT.format(about="All departments in one.")}
    return {**_frame(info, server), "paths": paths, "components": _components(schemas)}


def served(document: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The document of one department, with the address at which it is served."""
    return {**document, "servers": [{"url": server}]}


def made(department: Department) -> dict[str, Any]:
    """The document of a department, from its description."""
    paths: dict[str, Any] = {}
    for operation in department.operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, department)
    schemas = {"Problem": PROBLEM, **{_schema_name(kind): _record(kind) for kind in department.kinds}}
    info = {"title": department.title, "version": "2", "description": ABOUT.format(about=department.about),
            "x-owner": department.owner}  # fmt: skip
    return {**_frame(info, ""), "paths": paths, "components": _components(schemas)}


def write() -> None:
    """Make the documents of all departments anew, in the files that :func:`kept` reads."""
    for department in departments().values():
        _path(department.name).parent.mkdir(exist_ok=True)
        write_whole(_path(department.name), text_of(department))


def text_of(department: Department) -> str:
    """A document as it lies in its file."""
    return json.dumps(made(department), ensure_ascii=False, indent=1) + "\n"


def _path(department: str) -> Path:
    return folder() / "openapi" / f"{department}.json"


def _load(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{path} cannot be read: {error}", "git checkout -- data/catalogue") from error


def _frame(info: Mapping[str, Any], server: str) -> dict[str, Any]:
    servers = {"servers": [{"url": server}]} if server else {}
    return {"openapi": "3.1.0", "info": dict(info), **servers}


def _components(schemas: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "schemas": dict(schemas),
        "responses": {"Problem": {"description": "What went wrong, and what to do about it.", "content": content}},
        "parameters": {"limit": _page("limit", "Records on a page.", 1, USUAL) | {"schema": _limit()},
                       "offset": _page("offset", "Records to leave out.", 0, 0)},
        "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer"}},
    }  # fmt: skip


def _limit() -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}


def _page(name: str, about: str, least: int, default: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "default": default}
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _schema_name(kind: Kind) -> str:
    return "".join(part.capitalize() for part in kind.name.split("_"))


def _record(kind: Kind) -> dict[str, Any]:
    """What comes back: every field may be null but those that a new record needs."""
    properties: dict[str, Any] = {"id": {"type": "string", "pattern": kind.id_pattern}}
    for field in kind.fields:
        schema = {key: value for key, value in field.schema.items() if key != "description"}
        properties[field.name] = schema if field.required else _or_null(schema)
    if kind.states:
        properties["status"] = {"type": "string", "enum": list(kind.states)}
    return {"type": "object", "description": kind.about, "properties": properties, "required": list(properties)}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    nullable = {**schema, "type": [schema["type"], "null"]}
    return nullable | {"enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _operation(operation: Operation, department: Department) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": operation.id, "summary": operation.summary}
    if operation.description:
        told["description"] = operation.description
    told |= {"tags": [plural(operation.kind.noun)], "security": [{SCHEME: [operation.scope]}]}
    told |= {"x-risk": operation.risk, **({"deprecated": True} if operation.deprecated else {})}
    parameters = [*_path_parameters(operation), *_filters(operation)]
    if parameters:
        told["parameters"] = parameters
    if operation.verb in ("create", "update") or (operation.verb == "act" and operation.inputs):
        told["requestBody"] = {"required": _needs_body(operation), "content": _json(_body(operation))}
    return told | {"responses": _responses(operation)}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    if not operation.on_one:
        return []
    schema = {"type": "string", "pattern": operation.kind.id_pattern}
    return [{"name": operation.id_parameter, "in": "path", "required": True, "description": operation.key_text,
             "schema": schema}]  # fmt: skip


def _filters(operation: Operation) -> list[dict[str, Any]]:
    if operation.verb != "list":
        return []
    pages = [{"$ref": f"#/components/parameters/{name}"} for name in ("limit", "offset")]
    return [*(one for field in operation.inputs for one in _filter(field)), *pages]


def _filter(field: Field) -> list[dict[str, Any]]:
    """A filter by a field; days are given as the ends of a span, and text need not be whole."""
    about, schema = field.about, {key: value for key, value in field.schema.items() if key != "description"}
    if field.type == "date":
        ends = ((f"{field.name}_from", "From this day on"), (f"{field.name}_to", "Up to this day"))
        return [_query(name, f"{text}. {about}", schema) for name, text in ends]
    return [_query(field.name, about, schema)]


def _query(name: str, about: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": dict(schema)}


def _needs_body(operation: Operation) -> bool:
    return operation.verb != "act" or any(field.required for field in operation.inputs)


def _body(operation: Operation) -> dict[str, Any]:
    required = [field.name for field in operation.inputs if field.required and operation.verb != "update"]
    body: dict[str, Any] = {"type": "object", "properties": {field.name: field.schema for field in operation.inputs}}
    if required:
        body["required"] = required
    if operation.verb == "update":
        body["minProperties"] = 1
    return body | {"additionalProperties": False}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}


def _responses(operation: Operation) -> dict[str, Any]:
    record = {"$ref": f"#/components/schemas/{_schema_name(operation.kind)}"}
    if operation.verb == "list":
        items = {"type": "array", "items": record}
        page = {"type": "object", "properties": {"items": items, "total": {"type": "integer"}}}
        good = {"200": {"description": "One page.", "content": _json(page)}}
    elif operation.verb == "delete":
        good = {"204": {"description": "Deleted."}}
    else:
        status, about = ("201", "As created.") if operation.verb == "create" else ("200", "As it is now.")
        good = {status: {"description": about, "content": _json(record)}}
    return {**good, "default": {"$ref": "#/components/responses/Problem"}}


def _renamed(document: Mapping[str, Any], department: str) -> dict[str, Any]:
    """The document with names that stay apart from those of its neighbours."""

    def walk(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: _name(key, value) if isinstance(value, str) else walk(value) for key, value in node.items()}
        return [walk(part) for part in node] if isinstance(node, list) else node

    def _name(key: str, value: str) -> str:
        if key == "operationId":
            return f"{department}_{value}"
        own = value.removeprefix("#/components/schemas/")
        apart = key == "$ref" and own != value and own != "Problem"
        return f"#/components/schemas/{department}_{own}" if apart else value

    renamed = walk(document)
    schemas = {key if key == "Problem" else f"{department}_{key}": schema
               for key, schema in renamed["components"]["schemas"].items()}  # fmt: skip
    return {**renamed, "components": {**renamed["components"], "schemas": schemas}}
