"""The gateway: every request is known, limited, allowed, checked against the documents, and done once or not at all.

A FastAPI application. Covers the way of a request, and the pages beside it: documents, metrics, and the switch for
faults. Leaves out the stages themselves, which have modules of their own, and the server (``serving``).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.trustedhost import TrustedHostMiddleware

from workbook.core.errors import UsageError
from workbook.gateway import documents, problems
from workbook.gateway.answers import perform_once
from workbook.gateway.catalogue import Department, Operation, departments, operations
from workbook.gateway.checks import LARGEST, Check, Inputs
from workbook.gateway.faults import Draw, Faults, FaultSource
from workbook.gateway.limits import Rate, RateLimit
from workbook.gateway.metrics import MEDIA, Metrics
from workbook.gateway.problems import Problem
from workbook.gateway.tokens import ADMIN, Client, client_of
from workbook.tools.causes import cause_of_status

LOG = logging.getLogger("workbook.gateway")
LOOPBACK = ("127.0.0.1", "::1")
HOSTS = ["127.0.0.1", "localhost"]
"""Names under which it answers; a web page that resolves another name to this machine gets nothing."""


@dataclass(frozen=True)
class Settings:
    """``seconds`` is the time limit of a request; it is cut only before anything has happened."""

    rate: Rate = field(default_factory=Rate)
    faults: Faults = field(default_factory=Faults)
    seconds: float = 10.0


class Gateway:
    """The stages of a request, over one database."""

    def __init__(self, connection: sqlite3.Connection, settings: Settings) -> None:
        self.connection, self.settings = connection, settings
        self.limit, self.source, self.metrics = RateLimit(settings.rate), FaultSource(settings.faults), Metrics()
        # The first check loads the rules for dates and the like, which takes longer than a caller waits.
        self._checks = {one.name: _check(one) for one in itertools.islice(operations().values(), 1)}

    async def answer(self, operation: Operation, request: Request) -> Response:
        """The answer to a request for an operation, whatever happens."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.settings.seconds):
                response = await self._handled(operation, request)
        except Problem as problem:
            response = _refusal(problem)
        except TimeoutError:
            response = _refusal(Problem(504, f"no answer within {self.settings.seconds:g} s; nothing was changed"))
        except Exception:  # a bug of ours is no reason to break the form, or to keep half of an effect
            LOG.exception("%s failed", operation.name)
            response = _refusal(Problem(500, "the gateway failed; nothing was changed"))
        self._count(operation, response, time.perf_counter() - started)
        return response

    def _count(self, operation: Operation, response: Response, seconds: float) -> None:
        department, dropped = operation.kind.department, isinstance(response, Dropped)
        status = "dropped" if dropped else str(response.status_code)
        self.metrics.requests.labels(department, operation.name, status).inc()
        self.metrics.seconds.labels(department).observe(seconds)
        cause = "server" if dropped else cause_of_status(response.status_code)
        if cause:
            self.metrics.errors.labels(department, cause).inc()

    def known(self, request: Request) -> Client:
        """Who asks, within the rate limit; raises a 401 or a 429."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        client = client_of(self.connection, token.strip()) if scheme.lower() == "bearer" else None
        wait = self.limit.wait(client.name if client else "")
        if wait:
            self.metrics.limited.inc()
            raise Problem(429, "too many requests", headers={"Retry-After": str(math.ceil(wait))})
        if client is None:
            detail = "a valid bearer token is needed: Authorization: Bearer TOKEN"
            raise Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
        return client

    async def _handled(self, operation: Operation, request: Request) -> Response:
        client = self.known(request)
        _allow(client, operation.scope)
        draw = self.source.draw()
        for fault in draw.named:
            self.metrics.faults.labels(fault).inc()
        if draw.dropped_before:
            return Dropped()
        await self._hinder(draw)
        inputs = self._checked(operation, request, await _read(request))
        response = self._performed(operation, client, inputs, request.headers.get("idempotency-key"))
        return Dropped() if draw.dropped_after else _torn(response) if draw.malformed else response

    async def _hinder(self, draw: Draw) -> None:
        """The faults that come before any effect."""
        if draw.latency:
            await asyncio.sleep(self.source.faults.latency_seconds)
        if draw.busy:
            raise Problem(429, "the service is busy", headers={"Retry-After": "1"})
        if draw.error:
            raise Problem(503, "the service is not available; nothing was changed")

    def _checked(self, operation: Operation, request: Request, body: bytes) -> Inputs:
        renamed, wanted = self.source.renamed(operation), self.source.demanded(operation)
        body = _in_old_words(body, *renamed) if renamed else body
        body = _without_new(body, wanted) if wanted else body
        media = request.headers.get("content-type", "")
        if operation.name not in self._checks:
            self._checks[operation.name] = _check(operation)
        check = self._checks[operation.name]
        return check.inputs(request.path_params, request.query_params.multi_items(), media, body)

    def _performed(self, operation: Operation, client: Client, inputs: Inputs, key: str | None) -> Response:
        done = perform_once(self.connection, operation, inputs, client.name, key)
        if done.replayed:
            self.metrics.replays.inc()
        headers = {"Idempotency-Replayed": "true"} if done.replayed else {}
        media = "application/json" if done.body else None
        return Response(done.body, done.status, headers, media)


class Dropped(Response):
    """An answer that ends in the middle; the server then closes the connection."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Promise more than is sent."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def create_app(connection: sqlite3.Connection, settings: Settings | None = None) -> FastAPI:
    """The application over a company's database, which it uses alone."""
    gateway = Gateway(connection, settings or Settings())
    app = FastAPI(openapi_url=None)
    app.state.gateway = gateway
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(404, _nothing_there)
    app.add_exception_handler(405, _not_possible)
    _add_pages(app, gateway)
    for department in departments().values():  # mounted, so that no request is compared with 500 routes
        app.mount(f"/{department.name}", _router(gateway, department))
    return app


def _router(gateway: Gateway, department: Department) -> APIRouter:
    """The operations of a department, and its document."""
    router, prefix = APIRouter(), f"/{department.name}"

    @router.get("/openapi.json")
    async def document(request: Request) -> dict[str, Any]:
        server = str(request.base_url).rstrip("/").removesuffix(prefix)
        return documents.served(documents.kept()[department.name], server)

    for operation in department.operations:
        path, methods = operation.path.removeprefix(prefix), [operation.method.upper()]
        router.add_api_route(path, _endpoint(gateway, operation), methods=methods)
    return router


def _check(operation: Operation) -> Check:
    document = documents.kept()[operation.kind.department]
    return Check(document, document["paths"][operation.path][operation.method])


def _endpoint(gateway: Gateway, operation: Operation) -> Callable[..., Any]:
    async def endpoint(request: Request) -> Response:
        return await gateway.answer(operation, request)

    return endpoint


def _add_pages(app: FastAPI, gateway: Gateway) -> None:
    """What stands beside the operations: documents, metrics, and the switch for faults."""

    @app.get("/openapi.json")
    async def whole(request: Request) -> Response:
        return Response(_whole(str(request.base_url).rstrip("/")), media_type="application/json")

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(gateway.metrics.text(), media_type=MEDIA)

    @app.get("/admin/faults")
    async def shown(request: Request) -> dict[str, Any]:
        _allow_switching(gateway, request)
        return vars(gateway.source.faults)

    @app.put("/admin/faults")
    async def switched(request: Request) -> dict[str, Any]:
        _allow_switching(gateway, request)
        gateway.source = FaultSource(_faults(await _read(request)))
        return vars(gateway.source.faults)


@lru_cache(maxsize=8)
def _whole(server: str) -> str:
    """The document of everything, which is too large to be made anew for each reader."""
    return json.dumps(documents.whole(documents.kept(), server))


def _allow(client: Client, scope: str) -> None:
    if scope not in client.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise Problem(403, f"{client.name} lacks the scope {scope}", headers={"WWW-Authenticate": challenge})


def _allow_switching(gateway: Gateway, request: Request) -> None:
    """Only from this machine, and only with the scope for it."""
    if request.client is None or request.client.host not in LOOPBACK:
        raise Problem(403, "faults are switched from the gateway's own machine only")
    _allow(gateway.known(request), ADMIN)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Problem(413, f"a body has at most {LARGEST // 2**10} KiB", headers={"Connection": "close"})
    return bytes(body)


def _faults(body: bytes) -> Faults:
    try:
        given = json.loads(body)
        if not isinstance(given, dict):
            raise ValueError("not an object")
        return Faults.from_dict(given)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"the body is no JSON object: {error}") from None
    except UsageError as error:
        raise Problem(422, str(error)) from None


def _in_old_words(body: bytes, old: str, new: str) -> bytes:
    """A body for the operation as it is now, in the words of its document; raises a 422 for the old name."""
    try:
        sent = json.loads(body)
    except ValueError:
        return body
    if not isinstance(sent, dict):
        return body
    if old in sent:
        detail = f"{old}: unknown; did you mean {new}?"
        raise Problem(422, detail, [detail])
    return json.dumps({old if name == new else name: value for name, value in sent.items()}).encode()


def _without_new(body: bytes, wanted: str) -> bytes:
    """A body for an operation that needs a field of which its document says nothing; raises a 422 without it."""
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return body
    if not isinstance(sent, dict):
        return body
    if wanted not in sent:
        detail = f"{wanted!r} is a required property"
        raise Problem(422, detail, [detail])
    return json.dumps({name: value for name, value in sent.items() if name != wanted}).encode()


def _torn(response: Response) -> Response:
    """The answer with its end cut off, as if it were whole."""
    body = bytes(response.body)
    return Response(body[: len(body) * 2 // 3], response.status_code, media_type=response.media_type)


def _refusal(problem: Problem) -> Response:
    content = json.dumps(problem.document, ensure_ascii=False)
    return Response(content, problem.status, problem.headers, problems.MEDIA)


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _refusal(error)


async def _nothing_there(request: Request, error: Exception) -> Response:
    return _refusal(Problem(404, f"nothing is at {request.url.path[:100]}"))


async def _not_possible(request: Request, error: Exception) -> Response:
    detail = f"{request.method} is not possible here"
    return _refusal(Problem(405, detail, headers=getattr(error, "headers", None)))
