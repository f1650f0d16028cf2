"""Swagger 2 documents: each old spelling beside what becomes of it, on the wire too."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from api_server import ApiServer, api_server
from jsonschema import Draft202012Validator

from workbook.tools import BoundTool, Converted, from_openapi
from workbook.tools.documents import DocumentError
from workbook.tools.swagger2 import to_openapi3

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "mother": {"$ref": "#/definitions/Pet"},
        "born": {"type": "string", "format": "date", "x-nullable": True},
    },
}
TAGS = {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1"},
    "schemes": ["http"],
    "basePath": "/echo",
    "definitions": {"Pet": PET},
    "parameters": {
        "Limit": {"name": "limit", "in": "query", "type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "Pet": {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
    },
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "login": {"type": "basic"}},
    "paths": {
        "/pets/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "type": "integer"},
                {"name": "trace", "in": "header", "type": "string"},
            ],
            "get": {"operationId": "getPet", "parameters": [{"$ref": "#/parameters/Limit"}, TAGS]},
            "put": {"operationId": "putPet", "parameters": [{"$ref": "#/parameters/Pet"}], "security": [{"login": []}]},
            "post": {
                "operationId": "renamePet",
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {
                        "name": "name",
                        "in": "formData",
                        "type": "string",
                        "required": True,
                        "description": "the new name",
                    },
                    {"name": "photo", "in": "formData", "type": "string"},
                ],
            },
        },
        "/photos": {
            "post": {
                "operationId": "upload",
                "parameters": [{"name": "photo", "in": "formData", "type": "file", "required": True}],
            }
        },
    },
}


@pytest.fixture(scope="module")
def api() -> Iterator[ApiServer]:
    with api_server() as served:
        yield served


@pytest.fixture
def pets(api: ApiServer) -> dict[str, BoundTool]:
    document = DOCUMENT | {"host": urlsplit(api.url).netloc}
    converted = from_openapi(document, credentials={"login": "me:pass"})
    assert converted.failed == []
    return {bound.name: bound for bound in converted.tools}


def call(bound: BoundTool, **arguments: Any) -> str:
    return asyncio.run(bound.run(arguments))


def one(operation: Any, **more: Any) -> Converted:
    return from_openapi({"swagger": "2.0", "paths": {"/a": {"post": operation}}} | more)


def test_every_operation_becomes_a_tool(pets):
    assert list(pets) == ["getPet", "putPet", "renamePet", "upload"] or set(pets) == {
        "getPet",
        "putPet",
        "renamePet",
        "upload",
    }
    for bound in pets.values():
        Draft202012Validator.check_schema(bound.tool.parameters)


def test_parameters_carry_their_schema(pets, api):
    tool = pets["getPet"].tool
    assert tool.properties == {
        "id": {"type": "integer"},
        "trace": {"type": "string"},
        "limit": {"type": "integer", "exclusiveMinimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    call(pets["getPet"], id=3, limit=2, tags=["a", "b"], trace="t")
    assert (api.last["path"], api.last["query"]) == ("/echo/pets/3", [("limit", "2"), ("tags", "a,b")])
    assert api.last["headers"]["trace"] == "t"


def test_a_body_parameter_becomes_the_body(pets, api):
    parameters = pets["putPet"].tool.parameters
    assert list(parameters["properties"]) == ["id", "trace", "name", "mother", "born"]
    assert (parameters["required"], list(parameters["$defs"])) == (["id", "name"], ["Pet"])
    assert parameters["properties"]["born"]["type"] == ["string", "null"]
    call(pets["putPet"], id=3, name="Rex")
    assert (api.last["method"], json.loads(api.last["body"])) == ("PUT", {"name": "Rex"})
    assert api.last["headers"]["authorization"] == "Basic bWU6cGFzcw=="


def test_form_parameters_become_a_form(pets, api):
    tool = pets["renamePet"].tool
    assert (tool.properties["name"], tool.required) == (
        {"type": "string", "description": "the new name"},
        ("id", "name"),
    )
    call(pets["renamePet"], id=3, name="Rex & co")
    assert parse_qsl(api.last["body"]) == [("name", "Rex & co")]


def test_a_file_is_sent_as_text_in_parts(pets, api):
    assert pets["upload"].tool.properties == {"photo": {"type": "string"}}
    call(pets["upload"], photo="ascii art")
    assert api.last["headers"]["content-type"].startswith("multipart/form-data")
    assert 'name="photo"; filename="photo"' in api.last["body"]
    assert "ascii art" in api.last["body"]


@pytest.mark.parametrize(
    ("style", "sent"),
    [
        ("multi", [("tags", "a"), ("tags", "b")]),
        ("csv", [("tags", "a,b")]),
        ("ssv", [("tags", "a b")]),
        ("pipes", [("tags", "a|b")]),
    ],
)
def test_collection_formats(api, style, sent):
    converted = one(
        {"parameters": [TAGS | {"collectionFormat": style}]}, host=urlsplit(api.url).netloc, schemes=["http"]
    )
    call(converted.tools[0], tags=["a", "b"])
    assert api.last["query"] == sent


def test_tabs_are_reported():
    [failure] = one({"parameters": [TAGS | {"collectionFormat": "tsv"}]}).failed
    assert (failure.operation, "tabDelimited" in failure.reason) == ("POST /a", True)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"host": "x.y", "schemes": ["http", "https"], "basePath": "/v1"}, "https://x.y/v1"),
        ({"host": "x.y", "schemes": ["ws", "http"]}, "http://x.y/"),
        ({"host": "x.y"}, "https://x.y/"),
        ({"basePath": "/v1"}, "/v1"),
    ],
)
def test_servers(given, url):
    assert to_openapi3({"swagger": "2.0", "paths": {}} | given)["servers"] == [{"url": url}]


def test_a_document_without_a_host_is_beside_its_server(api):
    api.documents["/docs/swagger.json"] = json.dumps(DOCUMENT | {"schemes": []})
    [bound] = [bound for bound in from_openapi(f"{api.url}/docs/swagger.json").tools if bound.name == "getPet"]
    call(bound, id=1)
    assert api.last["path"] == "/echo/pets/1"


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ([], "the operation"),
        ({"parameters": {"a": 1}}, "parameters"),
        ({"parameters": [{"$ref": "#/parameters/Gone"}]}, "not there"),
        ({"parameters": [{"$ref": "other.yaml#/X"}]}, "another document"),
        ({"parameters": ["x"]}, "a parameter"),
        ({"parameters": [{"name": "x", "type": "string"}]}, "the parameter x is in None"),
        (
            {"consumes": ["application/xml"], "parameters": [{"name": "b", "in": "body", "schema": {}}]},
            "application/xml",
        ),
    ],
)
def test_what_cannot_be_converted_is_reported(operation, reason):
    [failure] = one(operation).failed
    assert reason in failure.reason


def test_no_damage_is_a_crash():
    chance = random.Random(3)
    seen = 0
    for _ in range(150):
        document = copy.deepcopy(DOCUMENT)
        places: list[tuple[Any, Any]] = []
        pending: list[Any] = [document]
        while pending:
            node = pending.pop()
            keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
            places += [(node, key) for key in keys]
            pending += [node[key] for key in keys]
        node, key = chance.choice(places)
        node[key] = chance.choice([None, 0, "x", [], ["x"], [[]], {}, {"$ref": "#/paths"}, {"x": 1}])
        try:
            converted = from_openapi(document)
        except DocumentError:
            continue
        seen += len(converted.tools)
        for bound in converted.tools:
            Draft202012Validator.check_schema(bound.tool.parameters)
    assert seen > 300
