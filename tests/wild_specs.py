"""OpenAPI documents as they are met in the wild, each with the operations that must survive and those that must not."""

from __future__ import annotations

from typing import Any

OK: dict[str, Any] = {"responses": {"200": {"description": "fine"}}}
HEAD = {"openapi": "3.0.3", "info": {"title": "Wild", "version": "1"}, "servers": [{"url": "http://127.0.0.1:9"}]}


def spec(paths: Any, version: str = "3.0.3", **more: Any) -> dict[str, Any]:
    return HEAD | {"openapi": version, "paths": paths} | more


def body(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}} | OK


def schemas(**named: Any) -> dict[str, Any]:
    return {"schemas": named}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


NODE = {"type": "object", "properties": {"name": {"type": "string"}, "kids": {"type": "array", "items": ref("Node")}}}

# name: (document, names of the tools, what failed and a word of the reason)
WILD: dict[str, tuple[Any, list[str], dict[str, str]]] = {
    "no operationId": (spec({"/a/{x}/b": {"get": OK}}), ["GET_a_x_b"], {}),
    "operationId that is no text": (spec({"/a": {"get": OK | {"operationId": 7}}}), ["GET_a"], {}),
    "duplicate ids": (
        spec({"/a": {"get": OK | {"operationId": "go"}}, "/b": {"get": OK | {"operationId": "go"}}}),
        ["go", "go_2"],
        {},
    ),
    "illegal ids": (spec({"/a": {"get": OK | {"operationId": "users/list all"}}}), ["users_list_all"], {}),
    "very long id": (spec({"/a": {"get": OK | {"operationId": "x" * 200}}}), ["x" * 64], {}),
    "recursive $ref": (spec({"/a": {"post": body(ref("Node"))}}, components=schemas(Node=NODE)), ["POST_a"], {}),
    "$ref that leads to itself": (
        spec({"/a": {"post": body(ref("A"))}, "/b": {"get": OK}}, components=schemas(A=ref("B"), B=ref("A"))),
        ["GET_b"],
        {"POST /a": "leads to itself"},
    ),
    "allOf that leads to itself": (
        spec(
            {"/a": {"post": body({"type": "object", "properties": {"x": ref("A")}})}},
            components=schemas(
                A={"allOf": [ref("B"), {"type": "object"}]}, B={"anyOf": [ref("A"), {"type": "string"}]}
            ),
        ),
        [],
        {"POST /a": "leads to itself"},
    ),
    "external $ref": (
        spec({"/a": {"post": body({"$ref": "models.yaml#/User"})}, "/b": {"get": OK}}),
        ["GET_b"],
        {"POST /a": "another document"},
    ),
    "external path": (spec({"/a": {"$ref": "a.yaml"}, "/b": {"get": OK}}), ["GET_b"], {"/a": "another document"}),
    "dangling $ref": (spec({"/a": {"post": body(ref("Gone"))}}), [], {"POST /a": "not there"}),
    "unknown content type": (
        spec({"/a": {"post": body({"type": "object"}, "application/x-protobuf")}, "/b": {"get": OK}}),
        ["GET_b"],
        {"POST /a": "application/x-protobuf"},
    ),
    "no schema": (
        spec(
            {
                "/a": {
                    "post": {
                        "parameters": [{"name": "q", "in": "query"}],
                        "requestBody": {"content": {"application/json": {}}},
                    }
                }
            }
        ),
        ["POST_a"],
        {},
    ),
    "parameter without name": (
        spec({"/a": {"get": {"parameters": [{"in": "query"}]}, "post": OK}}),
        ["POST_a"],
        {"GET /a": "no name"},
    ),
    "parameter nowhere": (
        spec({"/a": {"get": {"parameters": [{"name": "x", "in": "matrix"}]}}}),
        [],
        {"GET /a": "matrix"},
    ),
    "parameters as an object": (spec({"/a": {"get": {"parameters": {"x": 1}}}}), [], {"GET /a": "parameters"}),
    "path parameter not declared": (spec({"/a/{id}": {"get": OK}}), ["GET_a_id"], {}),
    "path parameter not in the path": (
        spec({"/a": {"get": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}]}}}),
        ["GET_a"],
        {},
    ),
    "3.1 type lists": (
        spec({"/a": {"post": body({"type": "object", "properties": {"x": {"type": ["string", "null"]}}})}}, "3.1.0"),
        ["POST_a"],
        {},
    ),
    "3.1 boolean schemas": (
        spec({"/a": {"post": body({"type": "object", "properties": {"x": True, "y": False}})}}, "3.1.1"),
        ["POST_a"],
        {},
    ),
    "allOf": (
        spec(
            {
                "/a": {
                    "post": body(
                        {"allOf": [ref("Base"), {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]}
                    )
                }
            },
            components=schemas(Base={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        ),
        ["POST_a"],
        {},
    ),
    "discriminator": (
        spec(
            {"/a": {"post": body({"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}})}},
            components=schemas(
                Cat={"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["cat"]}}},
                Dog={"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["dog"]}}},
            ),
        ),
        ["POST_a"],
        {},
    ),
    "operation that is a list": (spec({"/a": {"get": [], "post": OK}}), ["POST_a"], {"GET /a": "the operation"}),
    "path that is text": (spec({"/a": "soon", "/b": {"get": OK}}), ["GET_b"], {"/a": "the path"}),
    "schema that is text": (spec({"/a": {"post": body({"properties": {"x": "string"}})}}), [], {"POST /a": "a schema"}),
    "bounds that are text": (
        spec(
            {
                "/a": {
                    "get": {"parameters": [{"name": "n", "in": "query", "schema": {"type": "integer", "minimum": "0"}}]}
                }
            }
        ),
        [],
        {"GET /a": "not a JSON Schema at properties.n.minimum"},
    ),
    "pattern of another dialect": (
        spec(
            {
                "/a": {
                    "get": {
                        "parameters": [
                            {"name": "n", "in": "query", "schema": {"type": "string", "pattern": r"^\p{L}+$"}}
                        ]
                    }
                }
            }
        ),
        ["GET_a"],
        {},
    ),
    "types that do not exist": (
        spec(
            {
                "/a": {
                    "post": body(
                        {
                            "type": "object",
                            "properties": {"f": {"type": "file"}, "d": {"type": "date"}, "l": {"type": []}},
                        }
                    )
                }
            }
        ),
        ["POST_a"],
        {},
    ),
    "required as in draft 3": (
        spec({"/a": {"post": body({"type": "object", "properties": {"x": {"type": "string", "required": True}}})}}),
        ["POST_a"],
        {},
    ),
    "huge enum": (
        spec(
            {
                "/a": {
                    "get": {
                        "parameters": [
                            {"name": "n", "in": "query", "schema": {"enum": [f"v{i}" for i in range(20_000)]}}
                        ]
                    }
                }
            }
        ),
        ["GET_a"],
        {},
    ),
    "security that is not declared": (
        spec({"/a": {"get": OK | {"security": [{"gone": []}]}}, "/b": {"get": OK}}),
        ["GET_b"],
        {"GET /a": "gone is not declared"},
    ),
    "security of a strange kind": (
        spec(
            {"/a": {"get": OK}}, security=[{"tls": []}], components={"securitySchemes": {"tls": {"type": "mutualTLS"}}}
        ),
        [],
        {"GET /a": "mutualTLS"},
    ),
    "style with semicolons": (
        spec({"/a/{x}": {"get": {"parameters": [{"name": "x", "in": "path", "style": "matrix"}]}}}),
        [],
        {"GET /a/{x}": "matrix"},
    ),
    "items as a list": (
        spec(
            {
                "/a": {
                    "post": body(
                        {"type": "object", "properties": {"x": {"items": [{"type": "string"}, {"type": "integer"}]}}}
                    )
                }
            }
        ),
        ["POST_a"],
        {},
    ),
    "webhooks alone": ({"openapi": "3.1.0", "info": {}, "webhooks": {"x": {"post": OK}}}, [], {}),
    "extensions among paths": (
        spec({"x-owner": "me", "/a": {"get": OK, "x-cache": True, "summary": "A"}}),
        ["GET_a"],
        {},
    ),
    "null everywhere": (
        spec(
            {"/a": {"get": {"parameters": None, "requestBody": None, "security": None, "tags": None}}}, components=None
        ),
        ["GET_a"],
        {},
    ),
}

# A text of a YAML document, with what trips readers of YAML: dates, sexagesimals, Norway, bare codes, aliases, merges.
YAML_TRAPS = """
openapi: 3.0
info: {title: Traps, version: 2024-01-02}
servers: [{url: 'http://127.0.0.1:9'}]
x-common: &common {type: string, default: 2024-01-02}
paths:
  /a:
    get:
      operationId: traps
      parameters:
        - {name: day, in: query, schema: {<<: *common, format: date, example: 2024-01-02}}
        - {name: country, in: query, schema: {type: string, enum: [NO, SE, on, off, 12:30:45, 0o17, 1e3]}}
        - {name: yes, in: query, schema: *common}
      responses:
        200: {description: fine}
        default: {description: not}
"""

NOT_DOCUMENTS: dict[str, tuple[Any, str]] = {
    "empty": ("", "nothing"),
    "a list": ("[]", "a list"),
    "a web page": ("<html><body>Sign in: <a href='x'>here</a> & more</body></html>", "not an object|neither"),
    "broken": ("{openapi: 3.0.0, paths: {", "neither JSON nor YAML"),
    "python tags": ("!!python/object/apply:os.system ['true']", "neither JSON nor YAML"),
    "something else": ('{"name": "package", "version": "1.0"}', "neither 'openapi' nor 'swagger'"),
    "the future": ('{"openapi": "4.0.0", "paths": {}}', "4.0.0"),
    "the past": ('{"swagger": "1.2", "apis": []}', "1.2"),
    "paths as a list": ('{"openapi": "3.0.0", "paths": []}', "'paths' is not an object"),
    "aliases without end": ("openapi: 3.0.0\npaths: &a {b: *a}\n", "nested too deeply"),
    "a billion laughs": (
        "openapi: 3.0.0\na: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{n}: &{n} [{','.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)),
        "holds more than",
    ),
    "nested without end": ("[" * 100_000, "nested too deeply|neither"),
    "a control character": ("openapi: 3.0.0\x00\n", "neither JSON nor YAML"),
}
