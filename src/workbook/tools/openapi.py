"""Tools from OpenAPI documents: 3.0 and 3.1, and Swagger 2 by conversion; JSON or YAML, from a path, a URL or a dict.

Real documents are wild. An operation that cannot become a tool is reported with its reason, and the rest goes on; only
a document that is none at all is an error. Leaves out answers' schemas, callbacks, webhooks and references to other
files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from workbook.core.chat import Tool
from workbook.tools.converted import Converted, Failure, Unconvertible, expect
from workbook.tools.documents import DocumentError, Source, is_url, join, read_document
from workbook.tools.openapi_arguments import inputs_of
from workbook.tools.openapi_requests import ONCE, Repeats, Request
from workbook.tools.openapi_schemas import Schemas
from workbook.tools.openapi_security import Credentials, alternatives
from workbook.tools.openapi_terms import terms_of
from workbook.tools.swagger2 import to_openapi3
from workbook.tools.toolbox import BoundTool, Risk, legal_name

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
RISKS: Mapping[str, Risk] = {"get": "read", "head": "read", "options": "read", "trace": "read", "delete": "destructive"}
"""What a method may do, by HTTP's own promises; every other method writes."""
LONGEST_DESCRIPTION = 1024
"""Characters of a tool's description; the limit of OpenAI's API."""
SECONDS = 30.0


@dataclass(frozen=True)
class _Call:
    """What all operations of a document share when they are called."""

    place: str
    secrets: Credentials
    server: str | None
    seconds: float
    repeats: Repeats


@dataclass(frozen=True)
class _Operation:
    path: str
    method: str
    item: Mapping[str, Any]
    content: Any

    @property
    def label(self) -> str:
        own = self.content.get("operationId") if isinstance(self.content, Mapping) else None
        return own if isinstance(own, str) and own.strip() else f"{self.method.upper()} {self.path}"


def from_openapi(
    source: Source,
    *,
    credentials: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    server: str | None = None,
    seconds: float = SECONDS,
    repeats: Repeats = ONCE,
) -> Converted:
    """The operations of a document as tools, and those that cannot be.

    ``credentials`` are secrets by the name of their security scheme (an API key, a token, ``user:password``); what is
    missing there is looked up in ``environment`` as ``WORKBOOK_CREDENTIAL_NAME``. ``server`` takes the place of the
    document's own; ``seconds`` is the time limit of one try, of which ``repeats`` may allow several. Raises
    ``DocumentError`` for what is no such document.
    """
    document, place = read_document(source)
    secrets = Credentials(credentials or {}, environment or {})
    return convert(document, place, secrets, server, seconds, repeats)


def convert(
    document: dict[str, Any],
    place: str,
    secrets: Credentials,
    server: str | None = None,
    seconds: float = SECONDS,
    repeats: Repeats = ONCE,
) -> Converted:
    """The tools of a document that has been read from ``place``."""
    _check(document, place)
    document = to_openapi3(document, place) if "swagger" in document else document
    schemas, done = Schemas(document), Converted()
    names: set[str] = set()
    for operation in _operations(schemas, done):
        try:
            bound = _tool(schemas, operation, _Call(place, secrets, server, seconds, repeats))
        except Unconvertible as error:
            done.failed.append(Failure(operation.label, error.message))
        except RecursionError:
            done.failed.append(Failure(operation.label, "a schema is nested too deeply"))
        else:
            name = legal_name(bound.name, names)
            names.add(name)
            done.tools.append(replace(bound, tool=replace(bound.tool, name=name)))
    return done


def _check(document: Mapping[str, Any], place: str) -> None:
    """Raises :class:`DocumentError` for what is no document of a version that we read."""
    where = place or "the document"
    version = str(document.get("openapi", document.get("swagger", "")))
    if not re.match(r"3\.\d|2\.0$|2$", version):
        said = f"says version {version[:20]!r}" if version else "has neither 'openapi' nor 'swagger'"
        raise DocumentError(f"{where} is no OpenAPI 3 or Swagger 2 document: it {said}", "Check what lies there.")
    if not isinstance(document.get("paths", {}), Mapping | None):
        raise DocumentError(f"{where} is malformed: 'paths' is not an object", "Ask its publisher for a valid one.")


def _operations(schemas: Schemas, done: Converted) -> Iterator[_Operation]:
    """Every operation; a path that cannot be read is noted in ``done``."""
    for path, given in (schemas.document.get("paths") or {}).items():
        if path.startswith("x-"):
            continue
        try:
            item = expect(schemas.follow(given), Mapping, "the path")
        except Unconvertible as error:
            done.failed.append(Failure(path, error.message))
            continue
        for method in METHODS:
            if method in item:
                yield _Operation(path, method, item, item[method])


def _tool(schemas: Schemas, operation: _Operation, call: _Call) -> BoundTool:
    own = expect(operation.content, Mapping, "the operation")
    security = alternatives(schemas, own)
    hidden = {(scheme.kind, scheme.field) for schemes in security for scheme in schemes}
    lists = (operation.item.get("parameters"), own.get("parameters"))
    inputs = inputs_of(schemas, operation.method, operation.path, lists, own.get("requestBody"), hidden)
    server = call.server or _server(schemas.document, operation, call.place)
    request = Request(operation.method.upper(), server, operation.path, inputs,
                      tuple(map(tuple, security)), call.secrets, call.seconds, call.repeats)  # fmt: skip
    origin = f"OpenAPI {_title(schemas.document)}: {request.label}"
    tool = Tool(legal_name(operation.label), _description(operation), inputs.schema)
    terms = terms_of(schemas.document, operation.item, own)
    return BoundTool(tool, request.send, origin, _risk(operation.method, own), terms=terms)


def _risk(method: str, own: Mapping[str, Any]) -> Risk:
    """What the method may do, or more where ``x-risk`` says so; a document cannot talk a risk down."""
    ranks, usual = get_args(Risk), RISKS.get(method, "write")
    declared: Any = own.get("x-risk")
    return max(usual, declared, key=ranks.index) if declared in ranks else usual


def _title(document: Mapping[str, Any]) -> str:
    info = document.get("info")
    return str(info.get("title", "document")) if isinstance(info, Mapping) else "document"


def _description(operation: _Operation) -> str:
    """The summary, then the description, without repeating one in the other; without either the method and path."""
    given = [operation.content.get("summary"), operation.content.get("description")]
    parts = [part.strip() for part in given if isinstance(part, str) and part.strip()]
    if len(parts) == 2 and parts[1].startswith(parts[0].rstrip(".")):
        parts = parts[1:]
    text = "\n\n".join(parts) or f"{operation.method.upper()} {operation.path}"
    return text if len(text) <= LONGEST_DESCRIPTION else text[: LONGEST_DESCRIPTION - 1] + "…"


def _server(document: Mapping[str, Any], operation: _Operation, place: str) -> str:
    """The operation's first server, else the path's, else the document's; ``""`` when none is an address."""
    for owner in (operation.content, operation.item, document):
        servers = owner.get("servers")
        for server in servers if isinstance(servers, list) else []:
            if isinstance(server, Mapping) and isinstance(server.get("url"), str):
                return _address(server["url"], server.get("variables"), place)
    return _address("/", None, place)


def _address(url: str, variables: Any, place: str) -> str:
    """``url`` with each variable at its default, or the first value that it may have."""
    for name, variable in variables.items() if isinstance(variables, Mapping) else ():
        if isinstance(variable, Mapping):
            values = variable.get("enum")
            first = values[0] if isinstance(values, list) and values else ""
            url = url.replace(f"{{{name}}}", str(variable.get("default", first)))
    absolute = join(place if is_url(place) else "", url)
    return absolute if "{" not in absolute else ""
