"""Who asks: the security schemes of an API, and the secrets that a person hands over for them.

Secrets are looked up when a request is made; neither a tool, nor a model, nor an error holds one. Leaves out how a
token is obtained: an OAuth access token is handed over like any bearer token.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from workbook.core.errors import WorkbookError
from workbook.tools.converted import Unconvertible, expect
from workbook.tools.openapi_schemas import Schemas

PREFIX = "WORKBOOK_CREDENTIAL_"
"""Variables of an environment without it are never read: a document chooses the names, and might ask for others."""
HIDDEN = "[hidden]"


@dataclass(frozen=True)
class Scheme:
    """One way to say who asks; ``field`` is the header, query parameter or cookie that carries an API key."""

    name: str
    kind: Literal["bearer", "basic", "header", "query", "cookie"]
    field: str = ""


@dataclass(frozen=True)
class Credentials:
    """Values by the name of their security scheme, or in an environment as ``WORKBOOK_CREDENTIAL_NAME``."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str | None:
        """The secret for the scheme of that name, or None."""
        return self.values.get(name) or self.environment.get(variable(name))


@dataclass
class Identity:
    """What a request carries to say who asks, and the texts that nobody may read in an answer."""

    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def hide(self, text: str) -> str:
        """``text`` without the secrets, should a server echo them."""
        for secret in sorted({form for own in self.secrets for form in (own, quote(own, safe=""))}, key=len)[::-1]:
            text = text.replace(secret, HIDDEN)
        return text


def variable(name: str) -> str:
    """The environment variable for a scheme: ``WORKBOOK_CREDENTIAL_API_KEY`` for ``api-key``."""
    return PREFIX + re.sub(r"\W+", "_", name).upper()


def alternatives(schemas: Schemas, operation: Mapping[str, Any]) -> list[list[Scheme]]:
    """The combinations of schemes that the operation takes, any of which will do; empty when it takes everyone.

    Raises :class:`Unconvertible` when there is none that we can speak.
    """
    document = schemas.document
    wanted = expect(operation.get("security", document.get("security")) or [], list, "security")
    found, reasons = [], []
    for combination in wanted:
        try:
            found.append([_scheme(schemas, name) for name in expect(combination, Mapping, "security")])
        except Unconvertible as error:
            reasons.append(error.message)
    if wanted and not found:
        raise Unconvertible("; ".join(dict.fromkeys(reasons)))
    return found


def identify(options: Sequence[Sequence[Scheme]], credentials: Credentials) -> Identity:
    """The first combination whose secrets are all there; raises :class:`WorkbookError` that names those to give."""
    for schemes in sorted(options, key=len, reverse=True):
        values = [(scheme, credentials.get(scheme.name)) for scheme in schemes]
        if all(value for _, value in values):
            identity = Identity()
            for scheme, value in values:
                _add(identity, scheme, value or "")
            return identity
    if not options:
        return Identity()
    names = " and ".join(scheme.name for scheme in options[0])
    variables = " and ".join(variable(scheme.name) for scheme in options[0])
    raise WorkbookError(f"no credentials for {names}", f"Pass them as credentials, or set {variables}.")


def _scheme(schemas: Schemas, name: str) -> Scheme:
    components = schemas.document.get("components") or {}
    known = components.get("securitySchemes") if isinstance(components, Mapping) else None
    declared = schemas.follow((known if isinstance(known, Mapping) else {}).get(name))
    if not isinstance(declared, Mapping):
        raise Unconvertible(f"the security scheme {name} is not declared")
    kind, way = declared.get("type"), str(declared.get("scheme", "")).lower()
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and way == "bearer"):
        return Scheme(name, "bearer")
    if kind == "http" and way == "basic":
        return Scheme(name, "basic")
    place, own = declared.get("in"), declared.get("name")
    if kind == "apiKey" and place in ("header", "query", "cookie") and isinstance(own, str):
        return Scheme(name, place, own)  # type: ignore[arg-type]
    raise Unconvertible(f"the security scheme {name} is of a kind that is not supported: {kind} {way}".rstrip())


def _add(identity: Identity, scheme: Scheme, value: str) -> None:
    identity.secrets.append(value)
    if scheme.kind == "bearer":
        identity.headers["Authorization"] = f"Bearer {value}"
    elif scheme.kind == "basic":
        encoded = base64.b64encode(value.encode()).decode()
        identity.secrets += [encoded, *value.split(":", 1)[1:]]
        identity.headers["Authorization"] = f"Basic {encoded}"
    elif scheme.kind == "header":
        identity.headers[scheme.field] = value
    elif scheme.kind == "query":
        identity.query.append((scheme.field, value))
    else:
        identity.cookies[scheme.field] = value
