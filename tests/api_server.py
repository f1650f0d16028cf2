"""A real HTTP server for tests: it tells what it was asked, fails when asked to, and serves documents."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class ApiServer:
    """``requests`` are what came in, as dicts; ``documents`` are served as they are, by their path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[dict[str, Any]] = []
        self.documents: dict[str, str] = {}

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Serve on a free port of this machine while the context lasts."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.api = ApiServer(f"http://127.0.0.1:{httpd.server_address[1]}")  # type: ignore[attr-defined]
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield httpd.api  # type: ignore[attr-defined]
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


class _Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        api: ApiServer = self.server.api  # type: ignore[attr-defined]
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        asked = {
            "method": self.command,
            "path": split.path,
            "query": parse_qsl(split.query, keep_blank_values=True),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
        }
        api.requests.append(asked)
        if split.path in api.documents:
            return self.send(200, api.documents[split.path].encode(), "text/plain")
        return self.special(split.path.strip("/").split("/"), asked)

    def special(self, parts: list[str], asked: dict[str, Any]) -> None:  # noqa: C901
        match parts:
            case ["status", code]:
                self.send(int(code), json.dumps({"error": "no such thing", "you": asked["headers"]}).encode())
            case ["slow"]:
                time.sleep(0.6)
                self.send(200, b'"late"')
            case ["big"]:
                self.send(200, b"x" * 2**20, "text/plain")
            case ["image"]:
                self.send(200, b"\x89PNG", "image/png")
            case ["nothing"]:
                self.send(204, b"")
            case ["home"]:
                self.send(307, b"", location="/echo/home")
            case ["round"]:
                self.send(302, b"", location="/round")
            case ["away"]:
                self.send(302, b"", location=f"http://localhost:{self.server.server_address[1]}/echo")
            case ["torn"]:
                self.send(200, b'{"id": 7, "na')
            case ["third_time", _]:
                tries = sum(request["path"] == self.path for request in self.server.api.requests)  # type: ignore[attr-defined]
                self.send(200 if tries >= 3 else 503, b'"done"')
            case ["hang_up"]:
                self.close_connection = True
            case _:
                self.send(200, json.dumps(asked).encode())

    def send(self, code: int, content: bytes, media: str = "application/json", location: str = "") -> None:
        self.send_response(code)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        try:
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""
