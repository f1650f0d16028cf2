"""Sending one request to an API, and its answer as text.

A request has a time limit for the whole of it, follows redirects on its own server only, and reads a limited answer.
What the model may repair is a :class:`ToolError`. Where asked to, a failure that may pass is tried again, under one
idempotency key. Leaves out what is asked (``openapi_arguments``) and who asks (``openapi_security``).
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from workbook.core.errors import UsageError, WorkbookError
from workbook.tools.causes import Cause, cause_of_status
from workbook.tools.openapi_arguments import Inputs
from workbook.tools.openapi_security import Credentials, Identity, Scheme, identify
from workbook.tools.openapi_writing import written
from workbook.tools.toolbox import BoundTool, ToolError

if TYPE_CHECKING:
    import httpx2

LARGEST = 256 * 2**10
"""Bytes of an answer; no model reads more with profit."""
LONGEST_REASON = 300
"""Characters of an error's body that the model sees."""
REDIRECTS = 5
LATER = "Try again later."
PASSING: tuple[Cause, ...] = ("rate", "time-out", "server")
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Repeats:
    """How often a failure that may pass is tried again, ``pause`` seconds later, and twice as long each time.

    ``keyed``: what changes something carries one ``Idempotency-Key`` over all its tries. Only a server that knows the
    header does such a call once; with any other, leave ``times`` at 0.
    """

    times: int = 0
    keyed: bool = True
    pause: float = 0.05


ONCE = Repeats()


@dataclass(frozen=True)
class Request:
    """An operation, ready to be sent with arguments: ``security`` lists the combinations of schemes that it takes."""

    method: str
    server: str
    path: str
    inputs: Inputs
    security: tuple[tuple[Scheme, ...], ...]
    credentials: Credentials
    seconds: float
    repeats: Repeats = ONCE

    @property
    def label(self) -> str:
        """``GET /users/{id}``, for messages; never with values."""
        return f"{self.method} {self.path}"

    async def send(self, arguments: Mapping[str, Any]) -> str:
        """The answer as text.

        Raises :class:`ToolError` for a refusal (4xx) or a failure that may pass, and :class:`WorkbookError` when a
        person has to act: no server, no credentials.
        """
        if not self.server:
            remedy = "Give its address as server=."
            raise WorkbookError(f"{self.label}: the document does not say where the server is", remedy)
        identity = identify(self.security, self.credentials)
        try:
            return await self._until_passed(arguments, identity)
        except ToolError as error:
            raise ToolError(identity.hide(error.message), error.remedy, error.cause) from None

    async def _until_passed(self, arguments: Mapping[str, Any], identity: Identity) -> str:
        """Try, and try again where that may help; the last failure is raised."""
        keyed = self.repeats.times > 0 and self.repeats.keyed and self.method not in SAFE
        key = uuid.uuid4().hex if keyed else ""
        for attempt in range(self.repeats.times):
            try:
                return await self._send(arguments, identity, key)
            except ToolError as error:
                if error.cause not in PASSING:
                    raise
            await asyncio.sleep(self.repeats.pause * 2**attempt)
        return await self._send(arguments, identity, key)

    async def _send(self, arguments: Mapping[str, Any], identity: Identity, key: str) -> str:
        import httpx2

        try:
            client = httpx2.AsyncClient(timeout=self.seconds, verify=_trusted())
            async with asyncio.timeout(self.seconds), client:
                request = client.build_request(
                    self.method, **written(self.server, self.path, self.inputs, arguments, identity)
                )
                request.headers.update({"Idempotency-Key": key} if key else {})
                response, content = await _exchange(client, request, self.label)
        except (TimeoutError, httpx2.TimeoutException):
            raise ToolError(f"{self.label} took more than {self.seconds:g} s", LATER, "time-out") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise ToolError(f"{self.label} got no answer ({type(error).__name__})", LATER, "server") from None
        return _result(self.label, response, identity.hide(_text(response, content)))


def repeating(bound: BoundTool, repeats: Repeats) -> BoundTool:
    """The tool of an operation, with other repeats; raises ``UsageError`` for a tool that sends no request."""
    request = getattr(bound.run, "__self__", None)
    if not isinstance(request, Request):
        raise UsageError(f"{bound.name} sends no request of ours", "Give a tool of an OpenAPI document.")
    return replace(bound, run=replace(request, repeats=repeats).send)


@cache
def _trusted() -> SSLContext:
    """The usual authorities, read once: that takes longer than a call on this machine."""
    import httpx2

    return httpx2.create_ssl_context()


async def _exchange(client: httpx2.AsyncClient, request: httpx2.Request, label: str) -> tuple[httpx2.Response, bytes]:
    """The last answer and its body, behind redirects on the same server."""
    for _ in range(REDIRECTS + 1):
        response = await client.send(request, stream=True)
        try:
            if response.next_request is None:
                return response, await _read(response, label)
            onward = response.next_request
        finally:
            await response.aclose()
        if _origin(onward.url) != _origin(request.url):
            raise ToolError(
                f"{label} was redirected to another server, {onward.url.host}, which is not followed", cause="server"
            )
        request = onward
    raise ToolError(f"{label} was redirected more than {REDIRECTS} times", cause="server")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(response: httpx2.Response, label: str) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > LARGEST:
            raise ToolError(
                f"the answer of {label} is larger than {LARGEST // 2**10} KiB", "Ask for less.", "bad arguments"
            )
    return bytes(content)


def _text(response: httpx2.Response, content: bytes) -> str:
    """The body as it is, where it is text; else its type and size."""
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if not content:
        return ""
    if (
        media
        and not media.startswith("text/")
        and not any(part in media for part in ("json", "xml", "yaml", "urlencoded"))
    ):
        return f"[{media}, {len(content)} bytes]"
    try:
        return content.decode(response.charset_encoding or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _result(label: str, response: httpx2.Response, text: str) -> str:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    short = " ".join(text.split())
    reason = f": {short[:LONGEST_REASON]}" if short else ""
    cause = cause_of_status(response.status_code)
    if cause is None:
        if _is_torn(response, text):
            raise ToolError(f"{label} answered with JSON that ends too early, or is none", LATER, "server")
        return text or status
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise ToolError(f"{label} failed with {status}{reason}", LATER, cause)
    raise ToolError(f"{label} was refused with {status}{reason}", cause=cause)


def _is_torn(response: httpx2.Response, text: str) -> bool:
    """Whether an answer says that it is JSON, and is not."""
    if not text or response.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False
