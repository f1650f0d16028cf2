"""Plugins: a manifest over HTTP or from a folder, and its auth on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from api_server import ApiServer, api_server

from workbook.core.errors import WorkbookError
from workbook.tools import BoundTool, Plugin, from_plugin
from workbook.tools.documents import DocumentError

API: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "To do", "version": "v1"},
    "paths": {"/todos": {"get": {"operationId": "getTodos", "summary": "The list", "security": [{"own": []}]}}},
}
MANIFEST: dict[str, Any] = {
    "schema_version": "v1",
    "name_for_human": "To do",
    "name_for_model": "todo",
    "description_for_human": "Your list.",
    "description_for_model": "Manage a to-do list.",
    "auth": {"type": "none"},
    "api": {"type": "openapi", "url": "openapi.json"},
    "logo_url": "logo.png",
}


@pytest.fixture(scope="module")
def api() -> Iterator[ApiServer]:
    with api_server() as served:
        yield served


def offer(api: ApiServer, auth: Any = None, document: dict[str, Any] = API, **how: Any) -> Plugin:
    manifest = MANIFEST | ({"auth": auth} if auth else {}) | {"api": {"type": "openapi", "url": "/openapi.json"}}
    api.documents["/.well-known/ai-plugin.json"] = json.dumps(manifest)
    api.documents["/openapi.json"] = json.dumps(document)
    return from_plugin(f"{api.url}/.well-known/ai-plugin.json", **how)


def the_tool(plugin: Plugin) -> BoundTool:
    assert plugin.converted.failed == []
    [bound] = plugin.converted.tools
    return bound


def test_a_manifest_leads_to_its_tools(api):
    plugin = offer(api)
    assert (plugin.name, plugin.description, plugin.auth) == ("todo", "Manage a to-do list.", "none")
    bound = the_tool(plugin)
    assert (bound.name, bound.tool.description) == ("getTodos", "The list")
    assert json.loads(asyncio.run(bound.run({})))["path"] == "/todos"
    assert "authorization" not in api.last["headers"], "the manifest's auth is in the place of the document's"


@pytest.mark.parametrize(
    ("auth", "secret", "sent"),
    [
        (
            {"type": "service_http", "authorization_type": "bearer", "verification_tokens": {"x": "y"}},
            "abc",
            "Bearer abc",
        ),
        ({"type": "user_http", "authorization_type": "bearer"}, "abc", "Bearer abc"),
        ({"type": "user_http", "authorization_type": "basic"}, "me:abc", "Basic bWU6YWJj"),
        ({"type": "oauth", "client_url": "u", "authorization_url": "v", "scope": ""}, "abc", "Bearer abc"),
    ],
)
def test_auth_becomes_a_header(api, auth, secret, sent):
    bound = the_tool(offer(api, auth, credentials={"todo": secret}))
    asyncio.run(bound.run({}))
    assert api.last["headers"]["authorization"] == sent
    bound = the_tool(offer(api, auth, environment={"WORKBOOK_CREDENTIAL_TODO": secret}))
    asyncio.run(bound.run({}))
    assert api.last["headers"]["authorization"] == sent
    with pytest.raises(WorkbookError, match="no credentials for todo"):
        asyncio.run(the_tool(offer(api, auth)).run({}))


def test_swagger_2_behind_a_manifest_is_guarded_too(api):
    document = {"swagger": "2.0", "paths": API["paths"], "schemes": ["http"]}
    bound = the_tool(
        offer(api, {"type": "user_http", "authorization_type": "bearer"}, document, credentials={"todo": "abc"})
    )
    asyncio.run(bound.run({}))
    assert api.last["headers"]["authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    "auth",
    [{"type": "oauth3"}, {"type": "user_http", "authorization_type": "digest"}, {}, {"type": None}, {"type": ["none"]}],
)
def test_auth_that_is_not_supported_is_reported(tmp_path, auth):
    path = tmp_path / "ai-plugin.json"
    path.write_text(json.dumps(MANIFEST | {"auth": auth or "none"}))
    converted = from_plugin(path).converted
    assert (converted.tools, [failure.operation for failure in converted.failed]) == ([], ["auth"])


def test_a_manifest_in_a_folder_finds_the_file_beside_it(tmp_path):
    (tmp_path / "ai-plugin.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "openapi.json").write_text(json.dumps(API))
    plugin = from_plugin(tmp_path / "ai-plugin.json", server="http://127.0.0.1:9")
    assert the_tool(plugin).origin == "OpenAPI To do: GET /todos"


def test_a_manifest_on_the_web_cannot_read_local_files(api, tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(API))
    for address in (f"file://{tmp_path}/openapi.json", "javascript:x"):
        api.documents["/evil.json"] = json.dumps(MANIFEST | {"api": {"type": "openapi", "url": address}})
        with pytest.raises(DocumentError, match="not on the web"):
            from_plugin(f"{api.url}/evil.json")
    api.documents["/evil.json"] = json.dumps(MANIFEST | {"api": {"type": "openapi", "url": f"{tmp_path}/openapi.json"}})
    with pytest.raises(DocumentError, match="openapi"):
        from_plugin(f"{api.url}/evil.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema_version": "v2"}, "schema_version v1"),
        ({"name_for_model": ""}, "name_for_model"),
        ({"name_for_model": 7}, "name_for_model"),
        ({"api": {"type": "graphql", "url": "x"}}, "api of type openapi"),
        ({"api": "openapi.json"}, "api of type openapi"),
        ({"api": {"type": "openapi"}}, "api of type openapi"),
        ({"api": {"type": "openapi", "url": "gone.json"}}, r"gone\.json cannot be read"),
    ],
)
def test_what_is_no_manifest_is_one_clear_error(tmp_path, change, reason):
    path = tmp_path / "ai-plugin.json"
    path.write_text(json.dumps(MANIFEST | change))
    with pytest.raises(DocumentError, match=reason):
        from_plugin(path)
