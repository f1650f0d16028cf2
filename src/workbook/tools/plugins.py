"""Plugins as ChatGPT had them in 2023: a manifest (``ai-plugin.json``) that points to an OpenAPI document.

The manifest's ``auth`` decides for the whole document; the secret is handed over under the plugin's name. Leaves out
the OAuth dance: its access token is handed over too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbook.tools.converted import Converted, Failure, Unconvertible, expect
from workbook.tools.documents import DocumentError, Source, beside, read_document
from workbook.tools.openapi import SECONDS, convert
from workbook.tools.openapi_security import Credentials

HTTP_AUTH = ("service_http", "user_http")
SCHEMES = ("bearer", "basic")


@dataclass(frozen=True)
class Plugin:
    """A plugin: ``name`` and ``description`` are what the manifest tells the model, ``auth`` is its type."""

    name: str
    description: str
    auth: str
    converted: Converted


def from_plugin(
    source: Source,
    *,
    credentials: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    server: str | None = None,
    seconds: float = SECONDS,
) -> Plugin:
    """The plugin whose manifest lies at ``source``, a path or a URL.

    ``credentials`` hold its secret under ``name_for_model``; see ``from_openapi`` for the rest. Raises
    ``DocumentError`` for what is no manifest of version v1, and what ``from_openapi`` raises.
    """
    manifest, place = read_document(source)
    name, address = _checked(manifest, place)
    auth = manifest.get("auth") or {"type": "none"}
    description = str(manifest.get("description_for_model") or "")
    kind = str(auth.get("type")) if isinstance(auth, Mapping) else str(auth)
    try:
        scheme = _scheme(auth)
    except Unconvertible as error:
        return Plugin(name, description, kind, Converted([], [Failure("auth", error.message)]))
    document, where = read_document(beside(place, address))
    secrets = Credentials(credentials or {}, environment or {})
    return Plugin(name, description, kind, convert(_guarded(document, name, scheme), where, secrets, server, seconds))


def _checked(manifest: Mapping[str, Any], place: str) -> tuple[str, str]:
    """The plugin's name, and where its API is described."""
    where, api, name = place or "the manifest", manifest.get("api"), manifest.get("name_for_model")
    if manifest.get("schema_version") != "v1":
        raise DocumentError(
            f"{where} is no plugin manifest of schema_version v1", "Give the path of an ai-plugin.json."
        )
    if not isinstance(name, str) or not name:
        raise DocumentError(f"{where} has no name_for_model", "Ask its publisher for a valid manifest.")
    if not isinstance(api, Mapping) or api.get("type") != "openapi" or not isinstance(api.get("url"), str):
        raise DocumentError(f"{where} has no api of type openapi with a url", "Give the OpenAPI document instead.")
    return name, api["url"]


def _scheme(auth: Any) -> dict[str, str] | None:
    """The manifest's auth as a security scheme of OpenAPI, None for no auth."""
    kind = expect(auth, Mapping, "auth").get("type")
    if kind == "none":
        return None
    if kind == "oauth":
        return {"type": "http", "scheme": "bearer"}
    way = auth.get("authorization_type", "bearer")
    if kind not in HTTP_AUTH or way not in SCHEMES:
        raise Unconvertible(f"auth of type {kind!r} with {way!r} is not supported")
    return {"type": "http", "scheme": way}


def _guarded(document: dict[str, Any], name: str, scheme: dict[str, str] | None) -> dict[str, Any]:
    """The document with the manifest's auth in the place of its own, for every operation."""
    declared = {name: scheme} if scheme else {}
    wanted: list[Any] = [{name: []}] if scheme else []
    paths = document.get("paths")
    freed = {path: _freed(item) for path, item in paths.items()} if isinstance(paths, Mapping) else paths
    guarded = document | {"paths": freed, "security": wanted}
    if "swagger" in document:
        return guarded | {"securityDefinitions": declared}
    components = document.get("components")
    own = components if isinstance(components, Mapping) else {}
    return guarded | {"components": {**own, "securitySchemes": declared}}


def _freed(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {
        key: {part: value[part] for part in value if part != "security"} if isinstance(value, Mapping) else value
        for key, value in item.items()
    }
