"""A real HTTP server for experiments: APIs made from tools, with OpenAPI documents and plugin manifests.

It validates what it is sent by the tools' schemas, which ignore fields that they do not name (a strict server refuses
those too), and remembers what it let through. Leaves out what an operation does: every valid call is answered with
``{"status": "ok"}``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from workbook.core.chat import Tool, ToolCall
from workbook.core.validation import call_errors


class Exchange(NamedTuple):
    """What went over a wire: the request, and the answer."""

    sent: str
    got: str


class ApiServer:
    """APIs on the loopback, one a prefix; a context manager.

    ``served`` holds the calls that each API took, ``log`` what was said over the wire, in order. ``strict``: a field
    that the schema does not name is an error, as under ``additionalProperties: false``.
    """

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict
        self.apis: dict[str, tuple[Tool, ...]] = {}
        self.served: dict[str, list[ToolCall]] = {}
        self.log: list[Exchange] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    def __enter__(self) -> ApiServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """The server's URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def deploy(self, api: str, tools: Sequence[Tool]) -> None:
        """From now on the API has these operations; what it served before is forgotten."""
        self.apis[api], self.served[api] = tuple(tools), []

    def document(self, api: str) -> dict[str, Any]:
        """The API in OpenAPI 3.1, one POST an operation; KeyError for an API that is not deployed."""
        paths = {f"/{api}/{tool.name}": {"post": _operation(tool)} for tool in self.apis[api]}
        info = {"title": api, "version": "1"}
        return {"openapi": "3.1.0", "info": info, "servers": [{"url": self.address}], "paths": paths}

    def manifest(self, api: str) -> dict[str, Any]:
        """The API as a plugin: the manifest that ChatGPT read in 2023, as far as a model needs it."""
        where = {"type": "openapi", "url": f"{self.address}/{api}/openapi.json"}
        told = {"name_for_model": api, "description_for_model": f"The tools of {api}."}
        return {"schema_version": "v1", **told, "auth": {"type": "none"}, "api": where}

    def page(self, path: str) -> tuple[int, Any]:
        """Status and body for what is fetched: an OpenAPI document, or a manifest."""
        api, _, rest = path.strip("/").partition("/")
        pages = {"openapi.json": self.document, ".well-known/ai-plugin.json": self.manifest}
        if api not in self.apis or rest not in pages:
            return 404, {"error": f"nothing at {path}"}
        return 200, pages[rest](api)

    def call(self, api: str, call: ToolCall) -> tuple[int, Any]:
        """Status and body: 200, 404 for an unknown operation, 422 for arguments that its schema refuses."""
        errors = call_errors(call, [closed(tool) if self.strict else tool for tool in self.apis.get(api, ())])
        if not errors:
            self.served[api].append(call)
            return 200, {"status": "ok"}
        return (404 if "unknown tool" in errors[0] else 422), {"error": errors[0]}


def closed(tool: Tool) -> Tool:
    """The tool, whose arguments are none but those that it names."""
    return replace(tool, parameters={**tool.parameters, "additionalProperties": False})


def _operation(tool: Tool) -> dict[str, Any]:
    operation = {"operationId": tool.name, "description": tool.description, "responses": {}}
    if not tool.properties:
        return operation
    content = {"application/json": {"schema": dict(tool.parameters)}}
    return operation | {"requestBody": {"required": True, "content": content}}


def _handler(api_server: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("", *api_server.page(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            api, _, name = self.path.strip("/").rpartition("/")
            try:
                arguments = json.loads(body or "{}")
            except ValueError:
                arguments = None
            if isinstance(arguments, Mapping):
                self._answer(body, *api_server.call(api, ToolCall(name, arguments)))
            else:
                self._answer(body, 400, {"error": "the body is no JSON object"})

        def _answer(self, sent: str, status: int, body: Any) -> None:
            text = json.dumps(body)
            api_server.log.append(Exchange(f"{self.command} {self.path} {sent}".rstrip(), f"{status} {text}"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
