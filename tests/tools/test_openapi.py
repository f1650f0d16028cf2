"""Tools from OpenAPI documents: what the model is shown, what the server gets, and what wild documents do."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from api_server import ApiServer, api_server
from jsonschema import Draft202012Validator
from wild_specs import NODE, NOT_DOCUMENTS, OK, WILD, YAML_TRAPS, body, ref, schemas, spec

from workbook.core.errors import UsageError, WorkbookError
from workbook.core.validation import schema_errors
from workbook.tools import BoundTool, Converted, ToolError, documents, from_openapi, openapi_schemas
from workbook.tools.documents import DocumentError
from workbook.tools.openapi_requests import Repeats, repeating
from workbook.tools.toolbox import legal_name

SECRET = "s3cr+et/key"


@pytest.fixture(scope="module")
def api() -> Iterator[ApiServer]:
    with api_server() as served:
        yield served


def only(converted: Converted) -> BoundTool:
    assert converted.failed == []
    [bound] = converted.tools
    return bound


def tool_of(api: ApiServer, method: str, path: str, operation: dict[str, Any], **how: Any) -> BoundTool:
    more = how.pop("document", {})
    document = spec({path: {method: operation}}, **more) | {"servers": [{"url": api.url}]}
    return only(from_openapi(document, **how))


def call(bound: BoundTool, **arguments: Any) -> str:
    assert schema_errors(arguments, bound.tool.parameters) == []
    return asyncio.run(bound.run(arguments))


def refusal(bound: BoundTool, **arguments: Any) -> str:
    with pytest.raises(ToolError) as caught:
        call(bound, **arguments)
    return str(caught.value)


def query(name: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}} | more


# What the model is shown


@pytest.mark.parametrize("name", WILD)
def test_wild_documents_give_what_they_can_and_report_the_rest(name):
    document, names, failures = WILD[name]
    converted = from_openapi(document)
    assert [bound.name for bound in converted.tools] == names
    assert [failure.operation for failure in converted.failed] == list(failures)
    for failure in converted.failed:
        assert failures[failure.operation] in failure.reason
    assert_sound(converted)


def assert_sound(converted: Converted) -> None:
    """Every schema is one of 2020-12, of type object, closed, and can judge; every name is legal and unique."""
    for bound in converted.tools:
        parameters = bound.tool.parameters
        Draft202012Validator.check_schema(parameters)
        assert (parameters["type"], parameters["additionalProperties"]) == ("object", False)
        assert schema_errors({"no such parameter": 1}, parameters)
        json.dumps(parameters, allow_nan=False)
        assert legal_name(bound.name) == bound.name
        assert all(legal_name(key) == key for key in parameters["properties"])
    names = [bound.name for bound in converted.tools]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", NOT_DOCUMENTS)
def test_what_is_no_document_is_one_clear_error(name, tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MOST_VALUES", 20_000)
    text, reason = NOT_DOCUMENTS[name]
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=reason):
        from_openapi(path)


def test_a_document_that_is_not_there_or_no_text_says_so(tmp_path, api):
    with pytest.raises(DocumentError, match=r"gone\.json cannot be read"):
        from_openapi(tmp_path / "gone.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="UTF-8"):
        from_openapi(tmp_path / "bytes.json")
    with pytest.raises(DocumentError, match=r"status/404 cannot be fetched.*404"):
        from_openapi(f"{api.url}/status/404")
    with pytest.raises(DocumentError, match="cannot be fetched"):
        from_openapi("http://127.0.0.1:9/openapi.json")


def test_yaml_is_read_as_json_would_be(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text(YAML_TRAPS)
    properties = only(from_openapi(path)).tool.properties
    assert properties["day"] == {"type": "string", "default": "2024-01-02", "format": "date"}
    assert properties["country"]["enum"] == ["NO", "SE", "on", "off", "12:30:45", "0o17", 1000.0]
    assert "yes" in properties


def test_all_places_become_one_object_and_clashes_stay_apart(api):
    given = [
        {"name": "id", "in": place, "schema": {"type": "string"}} for place in ("path", "query", "header", "cookie")
    ]
    operation = {"parameters": given} | body({"type": "object", "properties": {"id": {"type": "string"}}})
    bound = tool_of(api, "put", "/echo/{id}", operation)
    assert list(bound.tool.properties) == ["id", "query_id", "header_id", "cookie_id", "body_id"]
    assert bound.tool.required == ("id",)
    call(bound, id="p", query_id="q", header_id="h", cookie_id="c", body_id="b")
    assert (api.last["path"], api.last["query"], api.last["body"]) == ("/echo/p", [("id", "q")], '{"id": "b"}')
    assert (api.last["headers"]["id"], api.last["headers"]["cookie"]) == ("h", "id=c")


def test_names_that_are_illegal_for_the_model_are_mapped_back(api):
    bound = tool_of(api, "get", "/echo", {"parameters": [query("$filter[a]"), query("größe"), query("filter_a")]})
    assert list(bound.tool.properties) == ["filter_a", "gr_e", "query_filter_a"]
    call(bound, filter_a="1", gr_e="2", query_filter_a="3")
    assert api.last["query"] == [("$filter[a]", "1"), ("größe", "2"), ("filter_a", "3")]


def test_the_operations_parameters_win_over_the_paths(api):
    item = {
        "parameters": [query("n", {"type": "string"}), query("m")],
        "get": {"parameters": [query("n", {"type": "integer"})]},
    }
    bound = only(from_openapi(spec({"/a": item})))
    assert bound.tool.properties == {"n": {"type": "integer"}, "m": {"type": "string"}}


def test_keywords_of_3_0_become_those_of_2020_12():
    raw = {
        "low": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        "maybe": {"type": "string", "nullable": True, "enum": ["a", "b"]},
        "either": {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        "linked": {"$ref": "#/components/schemas/Name", "nullable": True, "description": "whose"},
        "noted": {"type": "string", "example": "x", "xml": {"name": "n"}, "externalDocs": {"url": "u"}, "x-y": 1},
    }
    document = spec(
        {"/a": {"post": body({"properties": raw})}}, components=schemas(Name={"type": "string", "maxLength": 9})
    )
    assert only(from_openapi(document)).tool.properties == {
        "low": {"type": "integer", "exclusiveMinimum": 1, "maximum": 9},
        "maybe": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "either": {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "null"}]},
        "linked": {"type": ["string", "null"], "maxLength": 9, "description": "whose"},
        "noted": {"type": "string"},
    }


def test_what_only_the_server_writes_is_left_out_and_not_required():
    user = {
        "type": "object",
        "required": ["id", "name", "team"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "made": ref("Stamp"),
            "name": {"type": "string"},
            "team": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"readOnly": True}, "title": {"type": "string"}},
            },
        },
    }
    document = spec({"/a": {"post": body(ref("User"))}}, components=schemas(User=user, Stamp={"readOnly": True}))
    tool = only(from_openapi(document)).tool
    assert tool.properties["team"] == {"type": "object", "properties": {"title": {"type": "string"}}}
    assert (list(tool.properties), tool.required) == (["name", "team"], ("name", "team"))


def test_a_read_only_schema_still_serves_as_a_path_parameter(api):
    given = {"name": "id", "in": "path", "schema": {"type": "string", "readOnly": True}}
    assert tool_of(api, "get", "/echo/{id}", {"parameters": [given]}).tool.required == ("id",)


def test_references_are_put_in_place_and_recursive_ones_kept():
    parts = schemas(
        Node=NODE, Pair={"type": "object", "properties": {"a": ref("Name"), "b": ref("Node")}}, Name={"type": "string"}
    )
    parameters = only(from_openapi(spec({"/a": {"post": body(ref("Pair"))}}, components=parts))).tool.parameters
    assert parameters["properties"] == {"a": {"type": "string"}, "b": {"$ref": "#/$defs/Node"}}
    assert list(parameters["$defs"]) == ["Node"]
    assert schema_errors({"b": {"name": "x", "kids": [{"name": "y"}]}}, parameters) == []
    assert schema_errors({"b": {"name": "x", "kids": [{"name": 1}]}}, parameters)


def test_references_that_would_explode_stay_references():
    doubling = {
        f"L{n}": {"type": "object", "properties": {"a": ref(f"L{n + 1}"), "b": ref(f"L{n + 1}")}} for n in range(40)
    }
    parts = schemas(**doubling, L40={"type": "string"})
    parameters = only(from_openapi(spec({"/a": {"post": body(ref("L0"))}}, components=parts))).tool.parameters
    assert len(json.dumps(parameters)) < 10_000
    assert schema_errors({"a": {"a": {"b": 3}}}, parameters)
    assert schema_errors({"a": {"a": {"b": {}}}}, parameters) == []


def web(size: int, links: int) -> dict[str, Any]:
    """Schemas that all lead to each other, as those of large APIs do."""
    numbers = range(size)
    linked = {
        n: {f"r{k}": {"anyOf": [ref(f"S{(n * 7 + k + 1) % size}"), {"type": "null"}]} for k in range(links)}
        for n in numbers
    }
    return {f"S{n}": {"type": "object", "properties": {"name": {"type": "string"}} | linked[n]} for n in numbers}


def test_hundreds_of_schemas_that_lead_to_each_other(monkeypatch):
    paths = {"/a": {"post": body(ref("S0"))}, "/b": {"get": OK}}
    parameters = only_named("POST_a", from_openapi(spec(paths, components=schemas(**web(250, 2))))).tool.parameters
    assert len(parameters["$defs"]) == 250
    assert schema_errors({"r0": {"r1": {"name": 1}}}, parameters)
    monkeypatch.setattr(openapi_schemas, "MOST_IN_PLACE", 100)
    monkeypatch.setattr(openapi_schemas, "MOST", 500)
    converted = from_openapi(spec(paths, components=schemas(**web(100, 2))))
    assert [bound.name for bound in converted.tools] == ["GET_b"]
    assert "more than 500 parts" in converted.failed[0].reason


def only_named(name: str, converted: Converted) -> BoundTool:
    [bound] = [bound for bound in converted.tools if bound.name == name]
    return bound


def test_a_chain_of_hundreds_of_references():
    chain = {f"C{n}": {"type": "object", "properties": {"next": ref(f"C{n + 1}")}} for n in range(500)}
    parts = schemas(**chain, C500={"type": "string"})
    parameters = only(from_openapi(spec({"/a": {"post": body(ref("C0"))}}, components=parts))).tool.parameters
    assert schema_errors({"next": {"next": 3}}, parameters)


def test_pointers_with_escapes_are_followed():
    parts = schemas(**{"a/b~c d": {"type": "integer"}})
    given = query("n", {"$ref": "#/components/schemas/a~1b~0c%20d"})
    assert only(from_openapi(spec({"/a": {"get": {"parameters": [given]}}}, components=parts))).tool.properties == {
        "n": {"type": "integer"}
    }


@pytest.mark.parametrize(
    ("method", "risk"),
    [
        ("get", "read"),
        ("head", "read"),
        ("post", "write"),
        ("put", "write"),
        ("patch", "write"),
        ("delete", "destructive"),
    ],
)
def test_the_method_says_the_risk(api, method, risk):
    bound = tool_of(api, method, "/echo", OK | {"summary": "Do it.", "description": "Do it. Slowly."})
    assert (bound.risk, bound.tool.description) == (risk, "Do it. Slowly.")
    assert tool_of(api, method, "/echo", OK).tool.description == f"{method.upper()} /echo"
    assert bound.origin == f"OpenAPI Wild: {method.upper()} /echo"


@pytest.mark.parametrize(
    ("method", "declared", "risk"),
    [
        ("post", "destructive", "destructive"),
        ("get", "write", "write"),
        ("delete", "read", "destructive"),
        ("post", "read", "write"),
        ("post", "none", "write"),
        ("post", ["destructive"], "write"),
    ],
)
def test_a_document_may_declare_more_risk_and_never_less(method, declared, risk):
    (bound,) = from_openapi(spec({"/a": {method: {"operationId": "a", "x-risk": declared, **OK}}})).tools
    assert bound.risk == risk


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"oneOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object"},
    ],
)
def test_a_body_that_is_no_plain_object_is_one_argument(api, schema):
    bound = tool_of(api, "post", "/echo", body(schema))
    assert (list(bound.tool.properties), bound.tool.required) == (["body"], ("body",))


# What the server gets


@pytest.mark.parametrize(
    ("parameter", "value", "sent"),
    [
        ({}, "a b&c", [("p", "a b&c")]),
        ({}, True, [("p", "true")]),
        ({}, 1.5, [("p", "1.5")]),
        ({}, None, [("p", "")]),
        ({}, ["a", "b"], [("p", "a"), ("p", "b")]),
        ({"explode": False}, ["a", "b"], [("p", "a,b")]),
        ({"style": "pipeDelimited", "explode": False}, ["a", "b"], [("p", "a|b")]),
        ({"style": "spaceDelimited", "explode": False}, ["a", "b"], [("p", "a b")]),
        ({"style": "deepObject", "explode": True}, {"a": 1, "b": "x"}, [("p[a]", "1"), ("p[b]", "x")]),
        ({}, {"a": 1, "b": "x"}, [("a", "1"), ("b", "x")]),
        ({"explode": False}, {"a": 1, "b": "x"}, [("p", "a,1,b,x")]),
        ({"content": {"application/json": {}}}, {"a": [1]}, [("p", '{"a": [1]}')]),
    ],
)
def test_query_parameters_are_written_in_their_style(api, parameter, value, sent):
    call(
        tool_of(api, "get", "/echo", {"parameters": [{"name": "p", "in": "query", "schema": {}} | parameter]}), p=value
    )
    assert api.last["query"] == sent


def test_path_and_header_values_are_written_as_one(api):
    given = [
        {"name": "ids", "in": "path", "schema": {"type": "array", "items": {"type": "integer"}}},
        {"name": "X-Map", "in": "header", "explode": True, "schema": {"type": "object"}},
        {"name": "Accept", "in": "header", "schema": {"type": "string"}},
    ]
    bound = tool_of(api, "get", "/echo/{ids}", {"parameters": given})
    assert list(bound.tool.properties) == ["ids", "X-Map"], "headers that the request sets itself are not shown"
    call(bound, **{"ids": [1, 2], "X-Map": {"a": 1, "b": "ü"}})
    assert (api.last["path"], api.last["headers"]["x-map"].encode("latin-1").decode()) == ("/echo/1%2C2", "a=1,b=ü")


def test_a_path_value_stays_in_its_place(api):
    bound = tool_of(api, "get", "/echo/{id}/secret", OK)
    call(bound, id="../../admin?x=1#y")
    assert api.last["path"] == "/echo/..%2F..%2Fadmin%3Fx%3D1%23y/secret"
    asked = len(api.requests)
    assert "lead to another operation" in refusal(bound, id="..")
    assert "must not be empty" in refusal(bound, id="")
    assert len(api.requests) == asked


def test_a_header_cannot_bring_another(api):
    bound = tool_of(
        api, "get", "/echo", {"parameters": [{"name": "X-A", "in": "header", "schema": {"type": "string"}}]}
    )
    assert "one line" in refusal(bound, **{"X-A": "1\r\nX-Admin: yes"})


USER = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "tags": {"type": "array"}}}


def test_json_bodies(api):
    call(tool_of(api, "post", "/echo", body(USER, "application/vnd.api+json; charset=utf-8")), name="Zoë", tags=[1])
    assert json.loads(api.last["body"]) == {"name": "Zoë", "tags": [1]}
    assert api.last["headers"]["content-type"] == "application/vnd.api+json; charset=utf-8"


def test_form_bodies(api):
    call(tool_of(api, "post", "/echo", body(USER, "application/x-www-form-urlencoded")), name="a&b", tags=[1, "x"])
    assert parse_qsl(api.last["body"]) == [("name", "a&b"), ("tags", "1"), ("tags", "x")]
    call(tool_of(api, "post", "/echo", body(USER, "multipart/form-data")), name="Zoë")
    assert 'name="name"' in api.last["body"]
    assert "Zoë" in api.last["body"]
    assert api.last["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert "must be an object" in refusal(tool_of(api, "post", "/echo", body({}, "multipart/form-data")), body="x")


def test_text_bodies_and_no_body(api):
    call(tool_of(api, "post", "/echo", body({"type": "string"}, "text/plain")), body="hello")
    assert (api.last["body"], api.last["headers"]["content-type"]) == ("hello", "text/plain")
    call(
        tool_of(
            api,
            "post",
            "/echo",
            {"requestBody": {"content": {"application/json": {"schema": {"properties": {"a": {}}}}}}},
        )
    )
    assert api.last["body"] == ""
    call(tool_of(api, "post", "/echo", body({"properties": {"a": {}}})))
    assert api.last["body"] == "{}"


def test_json_is_chosen_among_content_types(api):
    content = {
        "application/xml": {},
        "multipart/form-data": {},
        "application/json": {"schema": {"properties": {"a": {}}}},
    }
    bound = tool_of(api, "post", "/echo", {"requestBody": {"content": content}})
    call(bound, a=1)
    assert api.last["body"] == '{"a": 1}'


# Where the server is


def test_servers_with_variables_and_beside_the_document(api):
    variables = {"port": {"default": api.url.rsplit(":", 1)[1]}, "base": {"enum": ["echo", "other"]}}
    servers = [{"url": "http://127.0.0.1:{port}/{base}/", "variables": variables}]
    call(only(from_openapi(spec({"/x": {"get": OK}}) | {"servers": servers})))
    assert api.last["path"] == "/echo/x"
    relative = spec({"/x": {"get": OK, "servers": [{"url": "../v2"}]}})
    api.documents["/docs/openapi.json"] = json.dumps(relative)
    call(only(from_openapi(f"{api.url}/docs/openapi.json")))
    assert api.last["path"] == "/v2/x"
    call(only(from_openapi(relative, server=f"{api.url}/echo/v3")))
    assert api.last["path"] == "/echo/v3/x"


@pytest.mark.parametrize(
    "servers",
    [
        [],
        [{"url": "/v1"}],
        [{"url": "http://{gone}/"}],
        [{"url": "ftp://x"}],
        [{"url": "http://["}],
        [{"url": "http:///x"}],
        ["x"],
        "x",
    ],
)
def test_without_a_server_a_person_has_to_act(servers):
    bound = only(from_openapi(spec({"/x": {"get": OK}}) | {"servers": servers}))
    with pytest.raises(WorkbookError, match="does not say where the server is") as caught:
        call(bound)
    assert not isinstance(caught.value, ToolError)


# What comes back


def test_answers_become_text(api):
    assert json.loads(call(tool_of(api, "get", "/echo", OK)))["method"] == "GET"
    assert call(tool_of(api, "get", "/image", OK)) == "[image/png, 4 bytes]"
    assert call(tool_of(api, "delete", "/nothing", OK)) == "204 No Content"


@pytest.mark.parametrize("code", [400, 403, 404, 422])
def test_a_refusal_is_short(api, code):
    said = refusal(tool_of(api, "get", f"/status/{code}", OK))
    assert f"GET /status/{code} was refused with {code}" in said
    assert "no such thing" in said
    assert "Try again later" not in said
    assert len(said) < 400


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_failure_may_pass(api, code):
    assert refusal(tool_of(api, "get", f"/status/{code}", OK)).endswith("Try again later.")


def test_the_whole_of_a_call_has_a_limit(api):
    assert refusal(tool_of(api, "get", "/slow", OK, seconds=0.2)) == "GET /slow took more than 0.2 s. Try again later."


def test_a_server_that_is_not_there_or_hangs_up(api):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gone = only(from_openapi(spec({"/x": {"get": OK}}), server=f"http://127.0.0.1:{port}"))
    assert "GET /x got no answer (ConnectError). Try again later." in refusal(gone)
    assert "got no answer" in refusal(tool_of(api, "get", "/hang_up", OK))


def test_an_answer_that_says_it_is_json_and_is_not_is_no_answer(api):
    assert "JSON that ends too early" in refusal(tool_of(api, "get", "/torn", OK))


def keys_of(api, path):
    return [one["headers"].get("idempotency-key") for one in api.requests if one["path"] == path]


def test_a_failure_that_may_pass_is_tried_again_under_one_key(api):
    repeats = Repeats(2, pause=0.001)
    assert call(tool_of(api, "post", "/third_time/keyed", OK, repeats=repeats)) == '"done"'
    first, *others = keys_of(api, "/third_time/keyed")
    assert first
    assert others == [first, first]
    call(tool_of(api, "get", "/echo", OK, repeats=repeats))
    assert keys_of(api, "/echo")[-1:] == [None]


def test_without_repeats_or_without_a_key(api):
    assert "503" in refusal(tool_of(api, "post", "/third_time/bare", OK))
    assert call(tool_of(api, "post", "/third_time/bare", OK, repeats=Repeats(2, keyed=False, pause=0.001))) == '"done"'
    assert set(keys_of(api, "/third_time/bare")) == {None}


def test_the_repeats_of_a_tool_can_be_changed(api):
    once = tool_of(api, "post", "/third_time/changed", OK)
    assert call(repeating(once, Repeats(2, pause=0.001))) == '"done"'
    with pytest.raises(UsageError, match="sends no request"):
        repeating(replace(once, run=no_request), Repeats(2))


async def no_request(arguments):
    return ""


def test_what_will_not_pass_is_tried_once(api):
    assert "409" in refusal(tool_of(api, "post", "/status/409", OK, repeats=Repeats(3, pause=0.001)))
    assert len(keys_of(api, "/status/409")) == 1


def test_answers_have_a_limit(api):
    assert "larger than 256 KiB" in refusal(tool_of(api, "get", "/big", OK))


def test_redirects_stay_on_the_server(api):
    assert json.loads(call(tool_of(api, "get", "/home", OK)))["path"] == "/echo/home"
    asked = len(api.requests)
    assert "another server, localhost, which is not followed" in refusal(tool_of(api, "get", "/away", OK))
    assert len(api.requests) == asked + 1
    assert "more than 5 times" in refusal(tool_of(api, "get", "/round", OK))


# Who asks

SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "url_key": {"type": "apiKey", "in": "query", "name": "key"},
    "jar": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "token": {"type": "http", "scheme": "Bearer"},
    "login": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
}


def guarded(api: ApiServer, *names: str, path: str = "/echo", **how: Any) -> BoundTool:
    """A tool that takes any one of these schemes; ``a+b`` needs both."""
    security = [{key: [] for key in filter(None, name.split("+"))} for name in names]
    shown = [{"name": "X-Key", "in": "header", "schema": {"type": "string"}}, query("key"), query("q")]
    document = {"components": {"securitySchemes": SCHEMES}, "security": security}
    return tool_of(api, "get", path, {"parameters": shown}, document=document, **how)


@pytest.mark.parametrize(
    ("scheme", "where", "value"),
    [
        ("key", "x-key", SECRET),
        ("jar", "cookie", f"sid={SECRET}"),
        ("token", "authorization", f"Bearer {SECRET}"),
        ("oauth", "authorization", f"Bearer {SECRET}"),
        ("login", "authorization", "Basic czNjcitldC9rZXk="),
    ],
)
def test_credentials_travel_by_their_scheme(api, scheme, where, value):
    call(guarded(api, scheme, credentials={scheme: SECRET}))
    assert api.last["headers"][where] == value


def test_the_model_never_sees_a_credential(api):
    both = guarded(api, "key+url_key", credentials={"key": SECRET, "url_key": "other secret"})
    assert list(both.tool.properties) == ["q"], "the places of credentials are not shown"
    text = call(both, q="1")
    assert api.last["query"] == [("q", "1"), ("key", "other secret")]
    assert "hidden" in text, "the server echoed them"
    for secret in (SECRET, "other secret", "other%20secret"):
        assert secret not in text + repr(both) + both.origin
    said = refusal(guarded(api, "login", path="/status/400", credentials={"login": f"me:{SECRET}"}), q="1")
    assert SECRET not in said
    assert "bWU6" not in said
    said = refusal(guarded(api, "url_key", path="/slow", credentials={"url_key": SECRET}, seconds=0.1))
    assert SECRET not in said


def test_an_environment_is_read_under_its_prefix_only(api):
    environment = {"WORKBOOK_CREDENTIAL_KEY": SECRET, "key": "x", "KEY": "y", "token": "z", "TOKEN": "z"}
    call(guarded(api, "key", environment=environment))
    assert api.last["headers"]["x-key"] == SECRET
    with pytest.raises(WorkbookError, match="WORKBOOK_CREDENTIAL_TOKEN"):
        call(guarded(api, "token", environment=environment))


def test_any_combination_that_is_complete_will_do(api):
    call(guarded(api, "key+jar", "token", credentials={"key": "a", "token": "b"}))
    assert api.last["headers"]["authorization"] == "Bearer b"
    assert "x-key" not in api.last["headers"]
    call(guarded(api, "", "token", credentials={"token": "b"}))
    assert api.last["headers"]["authorization"] == "Bearer b"
    call(guarded(api, "", "token"))
    assert "authorization" not in api.last["headers"]
    with pytest.raises(WorkbookError, match="no credentials for key and jar") as caught:
        call(guarded(api, "key+jar", credentials={"key": "a"}))
    assert not isinstance(caught.value, ToolError)


# Damage


def damaged(document: Any, chance: random.Random) -> Any:
    """A copy in which one value, anywhere, is something else."""
    copied = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            places.append((node, key))
            walk(node[key])

    walk(copied)
    for node, key in chance.sample(places, chance.choice((1, 1, 2, 4))):
        node[key] = chance.choice(
            [None, True, 0, -1.5, "", "x", "#/paths", [], [[]], [None], {}, {"$ref": 1}, {"$ref": "#"}, {"x": []}]
        )
    return copied


def whole() -> dict[str, Any]:
    """A document that has a bit of everything."""
    operation = {
        "operationId": "all",
        "summary": "s",
        "servers": [{"url": "http://{h}/", "variables": {"h": {"default": "x"}}}],
        "security": [{"key": []}, {"token": [], "jar": []}],
        "parameters": [
            query("q", {"type": "array", "items": ref("Name"), "nullable": True}, style="form", explode=True),
            {"$ref": "#/components/parameters/P"},
            query("c") | {"content": {"application/json": {"schema": {}}}},
        ],
    } | body({"allOf": [ref("User"), {"properties": {"n": ref("Node")}, "required": ["n"]}]})
    parts = schemas(
        Name={"type": "string", "pattern": "a+", "enum": ["a"], "default": "a"},
        Node=NODE,
        User=USER
        | {
            "properties": {
                "a": {"oneOf": [ref("Name"), ref("Node")]},
                "b": {"not": {"minimum": 1, "exclusiveMinimum": True}},
            }
        },
    )
    parts |= {
        "securitySchemes": SCHEMES,
        "parameters": {"P": {"name": "id", "in": "path", "schema": {"type": "integer"}}},
    }
    return spec({"/a/{id}": {"post": operation, "get": OK, "parameters": [query("shared")]}}, components=parts)


def test_no_damage_is_a_crash():
    chance = random.Random(7)
    document, reasons, made = whole(), 0, 0
    assert len(from_openapi(document).tools) == 2
    for _ in range(200):
        try:
            converted = from_openapi(damaged(document, chance))
        except DocumentError:
            reasons += 1
            continue
        assert_sound(converted)
        reasons, made = reasons + len(converted.failed), made + len(converted.tools)
    assert reasons > 30
    assert made > 200
