"""Whole documents as people bring them: the vendor's form, a login, a gateway's, and names of one's own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_TEXT = {"type": "string"}


def _json_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _closed(**properties: object) -> dict[str, Any]:
    """Return the schema of an object with just these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


_PROBLEM = _json_of(_closed(error=_closed(code={"type": "integer"}, message=_TEXT)))
LOGIN: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Login", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/login/{tenant}": {
            "parameters": [{"name": "tenant", "in": "path", "required": True, "schema": _TEXT}],
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": _closed(
                                user_id={"type": "string", "minLength": 1, "maxLength": 64},
                                plan={"type": "string", "enum": ["free", "paid"]},
                                device=_closed(kind={"const": "web"}),
                            )
                        }
                    },
                },
                "responses": {
                    "201": {
                        **_json_of(_closed(data=_closed(token=_TEXT, ttl={"type": ["integer", "null"]}))),
                        "headers": {
                            "X-Request-Id": {"required": True, "schema": {"type": "string", "minLength": 1}},
                            "X-Left": {"schema": {"type": "integer"}},
                        },
                    },
                    "400": _PROBLEM,
                    "401": _PROBLEM,
                    "404": _PROBLEM,
                    "429": _PROBLEM,
                    "default": {"description": ""},
                },
            },
        }
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
"""No operationId, another method, a key and a user ID elsewhere, and errors of a documented form."""


def _session_start(name: str, places: list[str]) -> dict[str, Any]:
    """Return a session start as the vendor writes it: an operationId of its own, and no reference."""
    return {
        "operationId": f"V4InteractController_{name}",
        "parameters": [
            {"name": place, "required": True, "in": "path", "schema": {"type": "string"}} for place in places
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {
            "type": "object", "required": ["userID"],
            "properties": {"userID": {"type": "string", "minLength": 1, "maxLength": 256}},
        }}}},
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
            "type": "object", "required": ["sessionKey"], "properties": {"sessionKey": {"type": "string"}},
        }}}}},
        "security": [{"auth": []}],
    }  # fmt: skip


PUBLISHED: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "General-runtime", "version": "1.0.0", "contact": {}},
    "servers": [{"url": "https://runtime.example"}],
    "security": [],
    "paths": {
        "/v4/project/{projectID}/environment/{environmentID}/session": {
            "post": _session_start("sessionStart", ["projectID", "environmentID"])
        },
        "/v4/project/{projectID}/session": {"post": _session_start("trafficSplit", ["projectID"])},
    },
    "components": {"securitySchemes": {"auth": {"type": "apiKey", "in": "header", "name": "authorization"}}},
}
"""The vendor's document, with its two operations."""

GATEWAY: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Gateway", "version": "1"},
    "servers": [{"url": "{scheme}://gw.example/runtime/{version}", "variables": {
        "scheme": {"default": "https"}, "version": {"default": "v1"},
    }}],
    "security": [{"inUrl": []}, {"token": [], "gate": []}],
    "paths": {
        "/v4/project/{projectId}/environment/{alias}/session": {
            "parameters": [
                {"name": "projectId", "in": "path", "required": True, "schema": _TEXT},
                {"name": "alias", "in": "path", "required": True, "schema": {"enum": ["main"]}},
                {"name": "X-Tenant", "in": "header", "required": True, "schema": _TEXT},
            ],
            "post": {
                "parameters": [
                    {"name": "region", "in": "query", "required": True, "schema": _TEXT, "example": "eu/1"},
                    {"name": "ring", "in": "cookie", "required": True, "schema": {"type": "integer"}},
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {
                    "type": "object", "required": ["userID"],
                    "properties": {"userID": {"type": "string", "minLength": 1, "maxLength": 64}},
                }}}},
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {
                        "type": "object", "required": ["sessionKey"], "properties": {"sessionKey": _TEXT},
                    }}}},
                    "4XX": {"description": ""},
                },
            },
        }
    },
    "components": {"securitySchemes": {
        "inUrl": {"type": "apiKey", "in": "query", "name": "key"},
        "token": {"type": "http", "scheme": "bearer"},
        "gate": {"type": "apiKey", "in": "header", "name": "X-Gate"},
    }},
}  # fmt: skip
"""A base path in the first server, two keys, and required parameters of all kinds."""


def _with_errors() -> dict[str, Any]:
    document = deepcopy(PUBLISHED)
    document["openapi"] = "3.1.0"
    retry = {"retry-after": {"required": False, "schema": {"type": ["integer", "string"]}}}
    for item in document["paths"].values():
        item["post"]["responses"] |= {
            **dict.fromkeys(("400", "401", "404"), _PROBLEM),
            "429": {**_PROBLEM, "headers": retry},
        }
    return document


WITH_ERRORS = _with_errors()
"""The vendor's operations in OpenAPI 3.1, their errors described."""

ORGANISATIONS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Organisations", "version": "1"},
    "servers": [{"url": "https://api.example/never/called"}],
    "paths": {
        "/orgs/{org}/regions/{region-name}/sessions": {
            "parameters": [
                {"name": "org", "in": "path", "required": True, "schema": {"pattern": "^[a-z]+$"}},
                {"name": "region-name", "in": "path", "required": True, "schema": _TEXT},
            ],
            "post": {
                "operationId": "begin",
                "security": [{"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": _closed(user=_closed(id={**_TEXT, "minLength": 1, "maxLength": 80}))
                        }
                    },
                },
                "responses": {"200": _json_of(_closed(data=_closed(token=_TEXT))), "401": _PROBLEM},
            },
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}},
}
"""Places of the path, of the user ID and of the key that have names of their own."""
