"""What an operation takes, as one object: path, query, header and cookie parameters beside the fields of its body.

Each argument keeps where it goes and its real name there. Two of the same name stay apart, the second with its place
in front (``body_id``). A body that is not a plain object is one argument, ``body``. Leaves out how they are sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbook.tools.converted import Unconvertible, expect
from workbook.tools.openapi_schemas import Schemas
from workbook.tools.toolbox import legal_name

Place = Literal["path", "query", "header", "cookie", "field", "body"]
"""A ``field`` is a property of the body, ``body`` the whole of it."""
PLACES = ("path", "query", "header", "cookie")
STYLES: Mapping[str, tuple[str, ...]] = {
    "path": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""The styles that we write, the default first."""
OURS = ("accept", "content-type", "authorization", "host", "content-length", "cookie")
"""Headers that the request sets itself, as OpenAPI asks."""
BODILESS = ("get", "head", "trace")
JSON, FORM, MULTIPART, TEXT = "json", "form", "multipart", "text"


@dataclass(frozen=True)
class Argument:
    """Where an argument goes: its ``name`` is what the model sees, ``wire`` what the server expects.

    ``as_json`` is a parameter that is written as JSON, ``as_file`` a field whose text is sent as a file.
    """

    name: str
    place: Place
    wire: str
    style: str = ""
    explode: bool = False
    as_json: bool = False
    as_file: bool = False


@dataclass(frozen=True)
class Inputs:
    """The arguments of an operation, their schema, and how its body is written (``media`` is its content type)."""

    schema: dict[str, Any]
    arguments: tuple[Argument, ...]
    media: str = ""
    sends_body: bool = False


@dataclass(frozen=True)
class _Found:
    """An argument, still under its real name, with the schema of its values."""

    argument: Argument
    schema: Any
    required: bool = False

    @property
    def spot(self) -> tuple[str, str]:
        return self.argument.place, self.argument.wire


def inputs_of(
    schemas: Schemas, method: str, path: str, lists: tuple[Any, Any], body: Any, hidden: Collection[tuple[str, str]]
) -> Inputs:
    """The inputs of one operation; ``lists`` are the parameters of its path and its own, which win.

    ``hidden`` are the places that carry credentials, (place, name), never shown. Raises :class:`Unconvertible`.
    """
    found = [one for one in _parameters(schemas, path, lists) if one.spot not in hidden]
    media, fields, needed = ("", [], False) if method in BODILESS else _body(schemas, body)
    taken: dict[str, _Found] = {}
    for one in [*found, *fields]:
        place, wire = one.spot
        name = wire if wire not in taken else f"{place.replace('field', 'body')}_{wire}"
        taken[legal_name(name, taken)] = one
    properties = {name: one.schema for name, one in taken.items()}
    schema = schemas.closed_object(properties, [name for name, one in taken.items() if one.required])
    arguments = tuple(replace(one.argument, name=name) for name, one in taken.items())
    return Inputs(schema, arguments, media, needed)


def kind_of(media: str) -> str:
    """How a body of that content type is written, or ``""`` when it cannot be."""
    name = media.split(";")[0].strip().lower()
    if name in ("application/json", "*/*", "application/*") or name.endswith("+json"):
        return JSON
    known = {"application/x-www-form-urlencoded": FORM, "multipart/form-data": MULTIPART}
    return known.get(name) or (TEXT if name.startswith("text/") else "")


def _parameters(schemas: Schemas, path: str, lists: tuple[Any, Any]) -> list[_Found]:
    merged: dict[tuple[str, str], _Found] = {}
    for listed in lists:
        for given in expect(listed or [], list, "parameters"):
            one = _parameter(expect(schemas.follow(given), Mapping, "a parameter"))
            merged[one.spot] = one
    placeholders = re.findall(r"{([^{}]+)}", path)
    for name in placeholders:  # what the path shows is needed, declared or not
        merged.setdefault(("path", name), _Found(Argument(name, "path", name), {"type": "string"}, True))
    kept = {spot: one for spot, one in merged.items() if spot[0] != "path" or spot[1] in placeholders}
    return [one for (place, wire), one in kept.items() if place != "header" or wire.lower() not in OURS]


def _parameter(given: Mapping[str, Any]) -> _Found:
    name, place = given.get("name"), given.get("in")
    if not isinstance(name, str) or not name:
        raise Unconvertible("a parameter has no name")
    if place not in PLACES:
        raise Unconvertible(f"the parameter {name} is in {place!r}, not in {', '.join(PLACES)}")
    content = given.get("content")
    as_json = isinstance(content, Mapping) and bool(content)
    schema = _content_schema(name, content) if as_json else given.get("schema", {"type": "string"})
    style = given.get("style", STYLES[place][0])
    if style not in STYLES[place]:
        raise Unconvertible(f"the parameter {name} is written in the style {style!r}, which is not supported")
    explode = given.get("explode", style == "form") is True
    required = place == "path" or given.get("required") is True
    return _Found(Argument(name, place, name, style, explode, as_json), _described(schema, given), required)


def _content_schema(name: str, content: Any) -> Any:
    media, inside = next(iter(content.items()))
    if kind_of(media) != JSON or not isinstance(inside, Mapping):
        raise Unconvertible(f"the parameter {name} is written as {media}, which is not supported")
    return inside.get("schema", {})


def _described(schema: Any, given: Mapping[str, Any]) -> Any:
    """The schema with the words that stand beside it."""
    words = given.get("description")
    return {**schema, "description": words} if isinstance(schema, Mapping) and isinstance(words, str) else schema


def _body(schemas: Schemas, body: Any) -> tuple[str, list[_Found], bool]:
    """The content type, what to give, and whether a body is sent even when nothing is given."""
    declared = expect(schemas.follow(body) if body is not None else {}, Mapping, "requestBody")
    content = expect(declared.get("content") or {}, Mapping, "requestBody.content")
    if not content:
        return "", [], False
    by_kind = {kind_of(media): media for media in reversed(content)}
    media = next((by_kind[kind] for kind in (JSON, FORM, MULTIPART, TEXT) if kind in by_kind), None)
    if media is None:
        raise Unconvertible(f"no JSON, form or text body, only {', '.join(content)}")
    inside = expect(content[media] or {}, Mapping, f"the body as {media}")
    schema, needed = inside.get("schema", {}), declared.get("required") is True
    fields = None if kind_of(media) == TEXT else schemas.fields(schema)
    if fields is None:
        return media, [_Found(Argument("body", "body", "body"), _described(schema, declared), needed)], False
    return media, _fields(schemas, *fields), needed


def _fields(schemas: Schemas, properties: Mapping[str, Any], required: list[str]) -> list[_Found]:
    """A body's properties; those that it requires are required, even where ``required`` is missing beside the body."""
    declared = {**properties, **{name: {} for name in required if name not in properties}}
    writable = {name: schema for name, schema in declared.items() if not schemas.is_read_only(schema)}
    return [
        _Found(Argument(name, "field", name, as_file=_is_file(schemas.follow(schema))), schema, name in required)
        for name, schema in writable.items()
    ]


def _is_file(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (schema.get("format") == "binary" or schema.get("type") == "file")
