"""Whether a request fits its operation's document: the parameters of the path and the query, and the body.

Queries are text on the wire and are read by the type that the document states. Leaves out what only the data can tell,
such as whether an employee exists (``effects``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.core.settings import nearest
from workbook.core.validation import LONGEST, validator_of
from workbook.gateway.problems import Problem

LARGEST = 64 * 2**10
"""Bytes of a body."""
LARGEST_NUMBER = 2**53
SURROGATE = re.compile("[\ud800-\udfff]")
ASCII_INTEGER = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True)
class Inputs:
    """What a request says, as JSON values."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Mapping[str, Any]


class Check:
    """What one operation of a document takes. Raises :class:`Problem` for what it does not."""

    def __init__(self, document: Mapping[str, Any], operation: Mapping[str, Any]) -> None:
        parameters = [_followed(document, one) for one in operation.get("parameters", [])]
        self._path = _object([one for one in parameters if one["in"] == "path"])
        self._query = _object([one for one in parameters if one["in"] == "query"])
        content = operation.get("requestBody", {}).get("content", {})
        self._body = content.get("application/json", {}).get("schema")
        self._needs_body = bool(operation.get("requestBody", {}).get("required"))
        self._validators = {
            "path": validator_of(self._path, formats=True),
            "query": validator_of(self._query, formats=True),
            "body": validator_of(self._body or {}, formats=True),
        }

    def inputs(self, path: Mapping[str, str], query: Iterable[tuple[str, str]], media: str, body: bytes) -> Inputs:
        """The request as values; raises a 415 or 422 that lists all that is wrong with it."""
        found = Inputs(dict(path), self._asked(query), self._sent(media, body))
        errors = [*self._errors("path", found.path), *self._errors("query", found.query)]
        if self._body is not None and (found.body or self._needs_body):
            errors += self._errors("body", found.body)
        if errors:
            raise Problem(422, "; ".join(errors), errors)
        return found

    def _asked(self, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        for name, text in query:
            if name in asked:
                raise Problem(422, f"{name} is given twice", [f"{name}: given twice"])
            asked[name] = _read(text, self._query["properties"].get(name, {}))
        return asked

    def _sent(self, media: str, body: bytes) -> Mapping[str, Any]:
        if not body:
            return {}
        if self._body is None:
            raise Problem(422, "this operation takes no body")
        if media.split(";")[0].strip().lower() != "application/json":
            raise Problem(415, "the body must be application/json")
        try:
            sent = json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Problem(400, f"the body is not JSON: {error}"[:LONGEST]) from None
        if not isinstance(sent, dict):
            raise Problem(422, "the body must be an object")
        return sent

    def _errors(self, part: str, value: Mapping[str, Any]) -> list[str]:
        known = (self._body or {}).get("properties", {}) if part == "body" else getattr(self, f"_{part}")["properties"]
        strangers = [name for name in value if name not in known]
        errors = [_stranger(name, known) for name in strangers]
        found = self._validators[part].iter_errors({name: one for name, one in value.items() if name in known})
        errors += [f"{name}: not a value that can be kept" for name, one in value.items() if not _keepable(one)]
        return errors + sorted(_told(error) for error in found)


def _followed(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = parameter.get("$ref")
    return document["components"]["parameters"][reference.rsplit("/", 1)[1]] if reference else parameter


def _object(parameters: list[Mapping[str, Any]]) -> dict[str, Any]:
    properties = {one["name"]: one["schema"] for one in parameters}
    required = [one["name"] for one in parameters if one.get("required")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    """The text by its type; what does not fit stays text, which the schema then refuses."""
    kind = schema.get("type")
    if kind == "integer" and ASCII_INTEGER.fullmatch(text):
        return int(text)
    if kind == "number":
        try:
            return json.loads(text, parse_constant=_refuse)
        except ValueError:
            return text
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


def _keepable(value: Any) -> bool:
    """Whether the database takes it: numbers within 2**53, and text without half a character."""
    if isinstance(value, int | float):
        return abs(value) <= LARGEST_NUMBER
    return not isinstance(value, str) or not SURROGATE.search(value)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _stranger(name: str, known: Mapping[str, Any]) -> str:
    close = nearest(name, known)
    return f"{name[:60]}: unknown" + (f"; did you mean {close}?" if close else "")


def _told(error: Any) -> str:
    path = ".".join(map(str, error.absolute_path))
    return (f"{path}: {error.message}" if path else error.message)[:LONGEST]
